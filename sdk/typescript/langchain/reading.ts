import type { AIMessage } from "@langchain/core/messages";
import { count, text } from "../reading.js";

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

/** Reads LangChain's `usage_metadata` and the fields of `response_metadata` that the providers use for model and finish. */
export function readAnswer(message: AIMessage): AnswerReading {
  const meta = message.response_metadata as Record<string, unknown>;
  const usage = message.usage_metadata;
  return {
    responseModel: text(meta["model_name"], meta["model"]),
    finishReason: text(meta["finish_reason"], meta["stop_reason"], meta["finishReason"], meta["done_reason"]),
    inputTokens: count(usage?.input_tokens),
    outputTokens: count(usage?.output_tokens),
    cachedInputTokens: count(usage?.input_token_details?.cache_read),
    cacheWriteTokens: count(usage?.input_token_details?.cache_creation),
    reasoningTokens: count(usage?.output_token_details?.reasoning),
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
