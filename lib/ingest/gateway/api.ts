import type { Amounts } from "../otlp/aliases";

/** JSON from a client or an upstream: nothing of it is believed before it was looked at. */
export type Json = Readonly<Record<string, unknown>>;

/** A tool call that a model asks for. */
export interface ToolCall {
  tool: string;
  /** The vendor's id; null where there is none. */
  id: string | null;
  /** The arguments: JSON text, or what it holds. */
  input: unknown;
}

/** What an answer says of itself, as far as it was read. */
export interface Told {
  model?: string | undefined;
  finish?: string | undefined;
  /** `input` holds cached and cache-writing tokens too. */
  tokens: Pick<Amounts, "input" | "output" | "cached" | "cacheWrite" | "reasoning">;
  /** The vendor's word for an error that came inside of a stream. */
  error?: string;
}

/** What one message of a stream says. */
export interface Heard {
  /** Tools of calls that begin here: a revoked one is cut off before its arguments come. */
  begun?: string[];
  /** Calls that are complete from here on: the client runs them once it has this message. */
  ended?: ToolCall[];
  /** Part of the answer itself. */
  output?: true;
  /** Not for the client, which did not ask for it. */
  drop?: true;
}

/** Reads one stream as it passes. `take` throws `Garbled` for what it cannot read. */
export interface Reading {
  readonly told: Told;
  /** Whether the answer is whole. */
  readonly done: boolean;
  take(data: string): Heard;
  /** How the vendor says within this stream that something went wrong. */
  errorFrame(problem: Problem): string;
}

/** What went wrong, in words that both vendors have. */
export interface Problem {
  kind:
    | "authentication_error"
    | "permission_error"
    | "not_found_error"
    | "invalid_request_error"
    | "request_too_large"
    | "rate_limit_error"
    | "api_error";
  message: string;
  /** For programs; OpenAI's `code`. */
  code: string;
}

/** One API of a vendor: how its requests and answers are read and changed. Pure. */
export interface Api {
  vendor: "openai" | "anthropic";
  /** Below the vendor's base URL. */
  path: string;
  /** The request without tools that are revoked; the same object where it offers none of them. */
  withoutTools(body: Json, revoked: ReadonlySet<string>): Json;
  /** The request with what has to be asked for to be told what was used; the same object where nothing has. */
  asking(body: Json): Json;
  /** What a whole answer says, and the calls in it. */
  read(answer: Json): { told: Told; calls: ToolCall[] };
  /** The answer with a reason in place of each call that is refused. `refused`: by the place among `read`'s calls. */
  replaced(answer: Json, refused: ReadonlyMap<number, string>): Json;
  /** `asked`: what the client sent. */
  reading(asked: Json): Reading;
  problem(problem: Problem): Json;
}

export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const jsonIn = (value: unknown): Json => (isJson(value) ? value : {});
export const listIn = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
export const textIn = (value: unknown): string | undefined => (typeof value === "string" && value ? value : undefined);
/** Beyond this a number of tokens is a mistake. */
const TOKENS_MAX = 1e9;
/** A number of tokens, if it is one. */
export const tokensIn = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && value <= TOKENS_MAX ? Math.floor(value) : undefined;

/** Only what is known: an amount that nobody told is unknown, never 0. */
export const known = (tokens: { [K in keyof Told["tokens"]]: number | undefined }): Told["tokens"] =>
  Object.fromEntries(Object.entries(tokens).filter(([, n]) => n !== undefined));

/** Sum of those that are known; undefined where none is. */
export const sum = (...amounts: (number | undefined)[]): number | undefined =>
  amounts.some((n) => n !== undefined) ? amounts.reduce<number>((a, b) => a + (b ?? 0), 0) : undefined;

/**
 * The fields of a request without the tools for which `isRevoked` holds. A choice that names one of them, or leaves none, is dropped
 * with it, since vendors refuse a choice without tools.
 */
export function keepTools(
  body: Json,
  isRevoked: (tool: Json) => boolean,
  chosen: (choice: Json) => Json | null,
): Json | null {
  const offered = listIn(body["tools"]);
  const tools = offered.filter((tool) => !isRevoked(tool));
  const choice = body["tool_choice"];
  const names = isJson(choice) ? chosen(choice) : null;
  const isLost = names !== null && isRevoked(names);
  if (tools.length === offered.length && !isLost) return null;
  const { tools: _, tool_choice, parallel_tool_calls, ...rest } = body;
  if (tools.length === 0) return rest;
  return {
    ...rest,
    tools,
    ...(tool_choice === undefined || isLost ? {} : { tool_choice }),
    ...(parallel_tool_calls === undefined ? {} : { parallel_tool_calls }),
  };
}
