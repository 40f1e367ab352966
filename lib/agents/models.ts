import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import type { Env } from "@/lib/env";
import { boundedFetch } from "./bounded-fetch";
import { UNTRACED } from "./untraced";

export const MODEL_ROLES = ["triage", "analysis", "judge"] as const;
export type ModelRole = (typeof MODEL_ROLES)[number];

export const PROVIDERS = ["openai", "groq", "anthropic", "azure", "ollama", "openai-compatible"] as const;
export type Provider = (typeof PROVIDERS)[number];

/** What model calls need to know; `modelSettings` reads it from the environment. */
export interface ModelSettings {
  /** For each role `provider/model`, comma-separated: the first is asked, the next ones when it fails. */
  roles: Partial<Record<ModelRole, string>>;
  /** Where a provider is and with which key; absent: not configured. */
  endpoints: Partial<Record<Provider, { baseURL: string; apiKey: string }>>;
  /** USD per million tokens, by `provider/model`. */
  prices: Record<string, Price>;
}

/** USD per million tokens. */
export interface Price {
  input: number;
  output: number;
}

/**
 * What a model is counted at whose price nobody set: about the dearest that is commonly sold, so that a limit in money
 * holds although it is then reached early.
 */
const CAUTIOUS_PRICE: Price = { input: 15, output: 75 };
const FREE: Price = { input: 0, output: 0 };

/** Bytes an answer may have: more than any `maxTokens` asked for here fills, envelope included. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** Providers that need no key still want the header. */
const NO_KEY = "none";

/** A function offered to a model, in the form of OpenAI's API. */
export interface ToolSpec {
  type: "function";
  function: { name: string; description: string; parameters: Record<string, unknown> };
}

export interface CallLimits {
  maxTokens: number;
  /** Further attempts after 429 and 5xx. */
  retries: number;
  /** For everything: connecting, waiting, reading, the retries. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** What a model said. All of it is untrusted. */
export interface Reply {
  text: string;
  calls: { id: string; name: string; args: Record<string, unknown> }[];
  /** Calls whose arguments are not a JSON object. */
  broken: { name: string; why: string }[];
  /** As the provider reports them; null when it reports none, or what is not a count. */
  tokens: { input: number; output: number } | null;
}

/** One model that can be asked. `ask` throws what the client threw. */
export interface Chat {
  /** `provider/model`, as configured. */
  name: string;
  price: Price;
  ask(messages: BaseMessage[], tools: ToolSpec[], limits: CallLimits): Promise<Reply>;
}

/** A role's models in the order they are asked, and those that cannot be asked for want of a key or an address. */
export interface Chain {
  chats: Chat[];
  missing: string[];
}

/** The chain of a role. Without one of its own, triage goes to the analysis model; the judge is never another role's model. */
export function chainOf(role: ModelRole, settings: ModelSettings): Chain {
  const names = settings.roles[role] ?? (role === "triage" ? settings.roles.analysis : undefined) ?? "";
  const chain: Chain = { chats: [], missing: [] };
  for (const name of names.split(",").flatMap((part) => part.trim() || [])) {
    const chat = chatOf(name, settings);
    if (chat === null) chain.missing.push(name);
    else chain.chats.push(chat);
  }
  return chain;
}

/** The one place where a chat model is built. Null when its provider is unknown or not configured. */
function chatOf(name: string, settings: ModelSettings): Chat | null {
  const cut = name.indexOf("/");
  const provider = PROVIDERS.find((known) => known === name.slice(0, cut));
  const endpoint = provider && settings.endpoints[provider];
  if (provider === undefined || endpoint === undefined || cut === name.length - 1) return null;
  const fetcher = boundedFetch(MAX_ANSWER_BYTES);
  return {
    name,
    price: settings.prices[name] ?? (provider === "ollama" ? FREE : CAUTIOUS_PRICE),
    async ask(messages, tools, { maxTokens, timeoutMs, retries, signal }) {
      const model = new ChatOpenAI({
        model: name.slice(cut + 1),
        apiKey: endpoint.apiKey,
        maxTokens,
        maxRetries: retries,
        timeout: timeoutMs,
        onFailedAttempt: retryOnlyWhatPasses,
        streaming: false,
        configuration: { baseURL: endpoint.baseURL, fetch: fetcher },
      });
      const deadline = AbortSignal.timeout(timeoutMs);
      const message = await model.invoke(messages, {
        tools,
        callbacks: UNTRACED,
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      });
      return replyOf(message);
    },
  };
}

function replyOf(message: unknown): Reply {
  if (!AIMessage.isInstance(message)) throw new TypeError("the model's answer is not a message");
  const usage = message.usage_metadata;
  const counts = usage === undefined ? [] : [usage.input_tokens, usage.output_tokens];
  const [input, output] = counts.filter((n) => Number.isSafeInteger(n) && n >= 0);
  return wellFormed({
    text: message.text,
    calls: (message.tool_calls ?? []).map(({ id, name, args }, i) => ({
      id: id ?? `call_${i}`,
      name: String(name),
      args: (args ?? {}) as Record<string, unknown>,
    })),
    broken: (message.invalid_tool_calls ?? []).map(({ name, error }) => ({
      name: name ?? "",
      why: (error ?? "its arguments are not JSON").slice(0, 200),
    })),
    tokens: input === undefined || output === undefined ? null : { input, output },
  });
}

/** Overload and errors of the server may pass; everything else would be the same again. Throwing ends the retries. */
function retryOnlyWhatPasses(error: unknown): void {
  const status = (error as { status?: unknown } | null)?.status;
  if (status !== 429 && !(typeof status === "number" && status >= 500)) throw error;
}

/** A value with every text made valid Unicode: lone surrogates cannot be stored, hashed or sent on. */
function wellFormed<T>(value: T): T {
  return typeof value === "string"
    ? (value.toWellFormed() as T)
    : Array.isArray(value)
      ? (value.map(wellFormed) as T)
      : value !== null && typeof value === "object"
        ? (Object.fromEntries(Object.entries(value).map(([key, part]) => [key.toWellFormed(), wellFormed(part)])) as T)
        : value;
}

type ModelEnv = Pick<
  Env,
  | "SENTINEL_TRIAGE_MODEL"
  | "SENTINEL_ANALYSIS_MODEL"
  | "SENTINEL_JUDGE_MODEL"
  | "SENTINEL_MODEL_PRICES"
  | "OPENAI_API_KEY"
  | "GROQ_API_KEY"
  | "ANTHROPIC_API_KEY"
  | "AZURE_OPENAI_ENDPOINT"
  | "AZURE_OPENAI_API_KEY"
  | "OPENAI_COMPATIBLE_URL"
  | "OPENAI_COMPATIBLE_KEY"
  | "OLLAMA_URL"
>;

/** The environment as settings: every provider by its OpenAI-compatible address. */
export function modelSettings(env: ModelEnv): ModelSettings {
  const keyed = (baseURL: string | undefined, apiKey: string | undefined) =>
    baseURL === undefined || apiKey === undefined ? undefined : { baseURL, apiKey };
  const azure = env.AZURE_OPENAI_ENDPOINT;
  return {
    roles: {
      triage: env.SENTINEL_TRIAGE_MODEL,
      analysis: env.SENTINEL_ANALYSIS_MODEL,
      judge: env.SENTINEL_JUDGE_MODEL,
    },
    endpoints: {
      openai: keyed("https://api.openai.com/v1", env.OPENAI_API_KEY),
      groq: keyed("https://api.groq.com/openai/v1", env.GROQ_API_KEY),
      anthropic: keyed("https://api.anthropic.com/v1", env.ANTHROPIC_API_KEY),
      azure: keyed(azure && `${azure}/openai/v1`, env.AZURE_OPENAI_API_KEY),
      ollama: keyed(`${env.OLLAMA_URL}/v1`, NO_KEY),
      "openai-compatible": keyed(env.OPENAI_COMPATIBLE_URL, env.OPENAI_COMPATIBLE_KEY ?? NO_KEY),
    },
    prices: pricesOf(env.SENTINEL_MODEL_PRICES ?? ""),
  };
}

/** `provider/model=input:output`, comma-separated. The environment's schema has checked the form. */
function pricesOf(text: string): Record<string, Price> {
  const entries = text.split(",").flatMap((part) => {
    const [, name, input, output] = /^\s*([^\s=]+)\s*=\s*([\d.]+):([\d.]+)\s*$/.exec(part) ?? [];
    return name === undefined ? [] : [[name, { input: Number(input), output: Number(output) }] as const];
  });
  return Object.fromEntries(entries);
}
