import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { AIMessage } from "@langchain/core/messages";
import { SystemMessage } from "@langchain/core/messages";
import { toJsonSchema } from "@langchain/core/utils/json_schema";
import { getConfig, isGraphBubbleUp } from "@langchain/langgraph";
import type { WrapModelCallHook } from "langchain";
import type { ModelCall } from "../calls.js";
import { hashText, hashTools } from "../hash.js";
import { quietly } from "../quietly.js";
import { readError, wasCancelled } from "../reading.js";
import type { Run } from "../runs.js";
import type { Guard, ModelAbout } from "../seat.js";
import { atTemperature, readAnswer, readModel } from "./reading.js";
import { expectLimit } from "./step-limit.js";

export type ModelRequest = Parameters<WrapModelCallHook>[0];

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

/** What is known of a call beforehand. */
function about(request: ModelRequest): ModelAbout {
  const { model, provider } = readModel(request.model);
  const { temperature } = request.model as { temperature?: unknown };
  const own = request.systemMessage;
  return {
    ...(model && { model }),
    ...(provider && { provider }),
    ...(own.text !== "" && { prompt_hash: hashText(own.text) }),
    prompt: own,
    temperature: typeof temperature === "number" ? temperature : undefined,
    ...(request.tools.length > 0 && { tools_hash: hashOfTools(request.tools) }),
    tools: request.tools
      .map(nameOf)
      .filter((n) => n !== "")
      .slice(0, 200),
  };
}

/** The request with the prompt and temperature that the directive asks for. */
function restricted(call: ModelCall, request: ModelRequest): ModelRequest {
  let sent = request;
  if (call.rolledBack) {
    const held = call.prompt;
    // Only `systemMessage` changes: LangChain refuses a request in which `systemPrompt` changes with it.
    sent = { ...sent, systemMessage: typeof held === "string" ? new SystemMessage(held) : (held as SystemMessage) };
  }
  if (call.lowered && call.temperature !== undefined)
    sent = { ...sent, model: atTemperature(request.model, call.temperature) };
  return sent;
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

/** Makes one model call under the directive and reports it. Throws SentinelHold where it may not be made, and what the model throws; nothing else. */
export async function callModel(
  guard: Guard,
  run: Run,
  original: ModelRequest,
  handler: (request: ModelRequest) => AIMessage | Promise<AIMessage>,
): Promise<AIMessage> {
  const { signal } = original.runtime;
  const known = quietly(() => about(original), {});
  const call = await guard.beforeModel({ ...known, run, signal });
  const request = quietly(() => restricted(call, original), original);
  const began = performance.now();
  const stopWatching = quietly(
    () => {
      let seen = false;
      return watchFirstToken(() => {
        if (!seen) call.record({ ttft_ms: performance.now() - began });
        seen = true;
      });
    },
    () => {},
  );
  try {
    const answer = await handler(request);
    quietly(() => record(call, answer));
    guard.afterModel(call);
    return answer;
  } catch (error) {
    quietly(() => {
      if (isGraphBubbleUp(error)) return call.abandon();
      const cancelled = wasCancelled(error, signal);
      if (cancelled) call.abandon();
      else guard.afterModel(call, { error });
      guard.endRunUnlessItGoesOn(run, cancelled ? "cancelled" : "error", readError(error).errorType);
    });
    throw error;
  } finally {
    quietly(stopWatching);
    expectLimit(guard, run);
  }
}

function record(call: ModelCall, answer: AIMessage) {
  const r = readAnswer(answer);
  call.record({
    response_model: r.responseModel,
    finish_reason: r.finishReason,
    input_tokens: r.inputTokens,
    output_tokens: r.outputTokens,
    cached_input_tokens: r.cachedInputTokens,
    cache_write_tokens: r.cacheWriteTokens,
    reasoning_tokens: r.reasoningTokens,
    tool_calls: answer.tool_calls?.length,
  });
}
