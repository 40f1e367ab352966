import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { AIMessage } from "@langchain/core/messages";
import { SystemMessage } from "@langchain/core/messages";
import { toJsonSchema } from "@langchain/core/utils/json_schema";
import { getConfig, isGraphBubbleUp } from "@langchain/langgraph";
import type { WrapModelCallHook } from "langchain";
import type { Guard } from "./guard";
import { hashText, hashTools } from "./hash";
import type { GuardOptions } from "./options";
import { costOf } from "./prices";
import { quietly } from "./quietly";
import { atTemperature, readAnswer, readError, readModel, wasCancelled } from "./reading";
import { plus, type Run } from "./runs";
import { expectLimit } from "./step-limit";
import type { AgentEvent } from "./wire";

export type ModelRequest = Parameters<WrapModelCallHook>[0];

/** A call as it is about to be made, and what is known of it beforehand. */
interface Prepared {
  request: ModelRequest;
  about: Pick<AgentEvent, "model" | "provider" | "prompt_hash" | "prompt_version" | "tools_hash">;
}

const declared = (value: string | (() => string | undefined) | undefined) =>
  typeof value === "function" ? value() : value;
const nameOf = (tool: object) => ("name" in tool && typeof tool.name === "string" ? tool.name : "");

const toolHashes = new WeakMap<object, string>();

/** Cached by the array, which LangChain hands on unchanged from call to call. */
function hashOfTools(tools: ModelRequest["tools"]): string {
  const known = toolHashes.get(tools);
  if (known !== undefined) return known;
  const parts = tools.map((tool) => {
    const { description, schema } = tool as { description?: string; schema?: Parameters<typeof toJsonSchema>[0] };
    return { name: nameOf(tool), ...(description && { description }), ...(schema && { schema: toJsonSchema(schema) }) };
  });
  const hash = hashTools(parts);
  toolHashes.set(tools, hash);
  return hash;
}

/** Applies the prompt and temperature that the directive asks for, and notes the identity of what is really sent. */
function prepare(guard: Guard, o: GuardOptions, request: ModelRequest): Prepared {
  const { model, provider } = readModel(request.model);
  const own = request.systemMessage;
  const template = declared(o.promptTemplate) ?? own.text;
  let prompt = template === "" ? undefined : { hash: hashText(template), version: declared(o.promptVersion) };
  if (prompt) guard.sawPrompt(prompt.hash, prompt.version, own);

  const { prompt: wanted, temperature } = guard.restrictions();
  let prepared = request;
  if (wanted && wanted.hash !== prompt?.hash) {
    const held = wanted.prompt;
    // Only `systemMessage` changes: LangChain refuses a request in which `systemPrompt` changes with it.
    prepared = {
      ...prepared,
      systemMessage: typeof held === "string" ? new SystemMessage(held) : (held as SystemMessage),
    };
    prompt = { hash: wanted.hash, version: wanted.version };
  }
  if (temperature !== null) prepared = { ...prepared, model: atTemperature(request.model, temperature) };

  const about = {
    ...(model && { model }),
    ...((o.provider ?? provider) && { provider: o.provider ?? provider }),
    ...(prompt && { prompt_hash: prompt.hash }),
    ...(prompt?.version && { prompt_version: prompt.version }),
    ...(request.tools.length > 0 && { tools_hash: hashOfTools(request.tools) }),
  };
  const { tools_hash: _, ...described } = about;
  guard.describe({
    ...described,
    tools: request.tools
      .map(nameOf)
      .filter((n) => n !== "")
      .slice(0, 200),
  });
  return { request: prepared, about };
}

/** Notes when the first token streams in. Tells nothing where nobody streams. Returns how to stop listening. */
function watchFirstToken(seen: () => void): () => void {
  const callbacks: unknown = getConfig()?.callbacks;
  if (typeof callbacks !== "object" || callbacks === null || !("addHandler" in callbacks)) return () => {};
  const manager = callbacks as {
    addHandler(h: BaseCallbackHandler, inherit: boolean): void;
    removeHandler(h: BaseCallbackHandler): void;
  };
  const handler = BaseCallbackHandler.fromMethods({ handleLLMNewToken: seen });
  manager.addHandler(handler, true);
  return () => manager.removeHandler(handler);
}

/** Makes one model call under the directive and reports it. What the model throws is thrown on; nothing else is. */
export async function callModel(
  guard: Guard,
  o: GuardOptions,
  run: Run,
  original: ModelRequest,
  handler: (request: ModelRequest) => AIMessage | Promise<AIMessage>,
): Promise<AIMessage> {
  const { request, about } = quietly(() => prepare(guard, o, original), { request: original, about: {} });
  const began = performance.now();
  let ttft: number | undefined;
  const stopWatching = quietly(
    () => watchFirstToken(() => (ttft ??= performance.now() - began)),
    () => {},
  );
  const retries = run.modelFailures;
  run.modelCalls++;
  const ticket = guard.enter(run);
  const base = () => ({
    kind: "model_call" as const,
    ...about,
    retries,
    latency_ms: performance.now() - began,
    ttft_ms: ttft,
  });
  try {
    const answer = await handler(request);
    quietly(() => reportAnswer(guard, o, run, answer, base()));
    return answer;
  } catch (error) {
    quietly(() => {
      if (isGraphBubbleUp(error)) return;
      const cancelled = wasCancelled(error, original.runtime.signal);
      const { errorType, httpStatus } = readError(error);
      if (!cancelled) {
        run.modelFailures++;
        guard.report({ ...base(), success: false, error_type: errorType, http_status: httpStatus }, run);
      }
      guard.endRunUnlessItGoesOn(run, cancelled ? "cancelled" : "error", errorType);
    });
    throw error;
  } finally {
    quietly(stopWatching);
    ticket.end();
    expectLimit(guard, run);
  }
}

function reportAnswer(guard: Guard, o: GuardOptions, run: Run, answer: AIMessage, base: Omit<AgentEvent, "agent_id">) {
  const r = readAnswer(answer);
  const price = o.prices?.[r.responseModel ?? ""] ?? o.prices?.[base.model ?? ""];
  const cost = costOf(price, r);
  run.modelFailures = 0;
  run.inputTokens = plus(run.inputTokens, r.inputTokens);
  run.outputTokens = plus(run.outputTokens, r.outputTokens);
  run.cost = plus(run.cost, cost);
  const tokens =
    r.inputTokens === undefined || r.outputTokens === undefined ? undefined : r.inputTokens + r.outputTokens;
  const event = {
    ...base,
    success: true,
    response_model: r.responseModel,
    finish_reason: r.finishReason,
    input_tokens: r.inputTokens,
    output_tokens: r.outputTokens,
    cached_input_tokens: r.cachedInputTokens,
    cache_write_tokens: r.cacheWriteTokens,
    reasoning_tokens: r.reasoningTokens,
    token_count: tokens,
    cost,
    tool_calls: answer.tool_calls?.length,
  };
  guard.report(event, run);
}
