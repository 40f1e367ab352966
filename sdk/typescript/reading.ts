import type { AIMessage } from "@langchain/core/messages";
import { cleanName } from "./wire";

/** What an answer says of itself. Everything may be unknown: providers differ. */
export interface AnswerReading {
  responseModel: string | undefined;
  finishReason: string | undefined;
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  cachedInputTokens: number | undefined;
  cacheWriteTokens: number | undefined;
  reasoningTokens: number | undefined;
}

const text = (...candidates: unknown[]) => {
  const found = candidates.find((c) => typeof c === "string" && c !== "");
  return typeof found === "string" ? cleanName(found) : undefined;
};
const number = (x: unknown) => (typeof x === "number" && Number.isFinite(x) && x >= 0 ? x : undefined);

/** Reads LangChain's `usage_metadata` and the fields of `response_metadata` that the providers use for model and finish. */
export function readAnswer(message: AIMessage): AnswerReading {
  const meta = message.response_metadata as Record<string, unknown>;
  const usage = message.usage_metadata;
  return {
    responseModel: text(meta["model_name"], meta["model"]),
    finishReason: text(meta["finish_reason"], meta["stop_reason"], meta["finishReason"], meta["done_reason"]),
    inputTokens: number(usage?.input_tokens),
    outputTokens: number(usage?.output_tokens),
    cachedInputTokens: number(usage?.input_token_details?.cache_read),
    cacheWriteTokens: number(usage?.input_token_details?.cache_creation),
    reasoningTokens: number(usage?.output_token_details?.reasoning),
  };
}

/** The model that a call asks for and who serves it, from a LangChain chat model. */
export function readModel(model: unknown): { model: string | undefined; provider: string | undefined } {
  if (typeof model !== "object" || model === null) return { model: undefined, provider: undefined };
  const m = model as Record<string, unknown> & { getLsParams?: (options: object) => { ls_provider?: string } };
  let provider: string | undefined;
  try {
    provider = m.getLsParams?.({}).ls_provider;
  } catch {
    provider = undefined;
  }
  return { model: text(m["model"], m["modelName"], m["model_name"]), provider: text(provider) };
}

/** An error as its kind and HTTP status. Never its message, which may quote the conversation. */
export function readError(error: unknown): { errorType: string; httpStatus: number | undefined } {
  const e = (typeof error === "object" && error !== null ? error : {}) as Record<string, unknown>;
  const inner = (e["response"] ?? {}) as Record<string, unknown>;
  const status = [e["status"], e["statusCode"], inner["status"]].find(
    (s) => Number.isInteger(s) && Number(s) >= 100 && Number(s) < 600,
  );
  const kind = text(
    e["code"],
    e["name"] === "Error" ? undefined : e["name"],
    (error as Error | undefined)?.constructor?.name,
  );
  return { errorType: kind ?? "unknown", httpStatus: typeof status === "number" ? status : undefined };
}

export const wasCancelled = (error: unknown, signal: AbortSignal | undefined) =>
  signal?.aborted === true || (error instanceof Error && error.name === "AbortError");

const cooler = new WeakMap<object, Map<number, object>>();

/**
 * The same model at another temperature, made from the arguments it was constructed with (LangChain keeps them for
 * serialisation). Only where the host itself set a temperature: that shows the model accepts one. Otherwise the model as it is.
 */
export function atTemperature<M>(model: M, temperature: number): M {
  if (typeof model !== "object" || model === null) return model;
  const m = model as {
    temperature?: unknown;
    lc_kwargs?: object;
    constructor: new (fields: object) => { temperature?: unknown };
  };
  if (typeof m.temperature !== "number" || m.temperature === temperature || !m.lc_kwargs) return model;
  const made = cooler.get(model) ?? new Map<number, object>();
  cooler.set(model, made);
  const known = made.get(temperature);
  if (known) return known as M;
  try {
    const copy = new m.constructor({ ...m.lc_kwargs, temperature });
    const result = copy.temperature === temperature ? copy : model;
    made.set(temperature, result);
    return result as M;
  } catch {
    made.set(temperature, model);
    return model;
  }
}
