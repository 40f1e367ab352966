import { ToolMessage } from "@langchain/core/messages";
import { type Command, isGraphBubbleUp } from "@langchain/langgraph";
import { ToolInvocationError, type ToolCallRequest } from "langchain";
import type { ToolCall } from "../calls.js";
import { CUT_OFF, refusal, SentinelHold } from "../hold.js";
import { quietly } from "../quietly.js";
import { readError, wasCancelled } from "../reading.js";
import { insideRun, type Run } from "../runs.js";
import type { Guard } from "../seat.js";
import type { SentinelOptions } from "./index.js";
import { expectLimit } from "./step-limit.js";

type ToolAnswer = ToolMessage | Command;
type Handler = (request: ToolCallRequest) => ToolAnswer | Promise<ToolAnswer>;

/** An open tool call closed with an error, so that the thread stays whole and can be resumed. */
function refused(request: ToolCallRequest, hold: SentinelHold): ToolMessage {
  const { id, name } = request.toolCall;
  return new ToolMessage({
    content: refusal(hold),
    tool_call_id: id ?? "",
    name,
    status: "error",
    artifact: { sentinel: { refused: true } },
  });
}

/** The same tool, whose calls also end when `signal` aborts. Everything else is the tool's own. */
function interruptible(tool: ToolCallRequest["tool"], signal: AbortSignal): ToolCallRequest["tool"] {
  if (typeof tool !== "object" || !("invoke" in tool)) return tool;
  const own = tool as { invoke(input: unknown, config: object): unknown };
  const invoke = (input: unknown, config?: { signal?: AbortSignal }) =>
    own.invoke(input, { ...config, signal: config?.signal ? AbortSignal.any([config.signal, signal]) : signal });
  return new Proxy(tool, {
    get: (target, property) => (property === "invoke" ? invoke : (Reflect.get(target, property, target) as unknown)),
  });
}

/** Makes one tool call under the directive and reports it. */
export async function callTool(
  guard: Guard,
  o: SentinelOptions,
  run: Run,
  original: ToolCallRequest,
  handler: Handler,
): Promise<ToolAnswer> {
  const { name, args, id } = original.toolCall;
  const { signal } = original.runtime;
  quietly(() => noteUnknownOutcomes(guard, run, original.state));
  let call: ToolCall;
  try {
    call = await guard.beforeTool(name, args, { run, signal });
  } catch (hold) {
    if (hold instanceof SentinelHold) return refused(original, hold);
    throw hold;
  }
  const request = quietly(() => ({ ...original, tool: interruptible(original.tool, call.signal) }), original);
  try {
    const answer = await insideRun(run, () => handler(request));
    quietly(() => record(call, answer));
    call.finish();
    return answer;
  } catch (error) {
    if (isGraphBubbleUp(error)) {
      call.abandon();
      quietly(() => guard.endRunUnlessItGoesOn(run, "interrupted"));
      throw error;
    }
    const heldBack = call.signal.aborted;
    if (wasCancelled(error, signal) && !heldBack) {
      call.abandon();
      quietly(() => guard.endRunUnlessItGoesOn(run, "cancelled", readError(error).errorType));
      throw error;
    }
    call.finish(error);
    // Bad arguments are answered by LangChain itself, whatever wraps the call.
    if (!heldBack && (o.toolErrors === "throw" || ToolInvocationError.isInstance(error))) throw error;
    const { action, idempotencyKey, outcomeUnknown } = call;
    const content = outcomeUnknown
      ? CUT_OFF
      : heldBack
        ? "Ended: the run was stopped while this tool was running."
        : `${String(error)}\n Please fix your mistakes.`;
    const artifact = outcomeUnknown ? { sentinel: { outcome: "unknown", action, idempotencyKey } } : undefined;
    return new ToolMessage({ content, tool_call_id: id ?? "", name, status: "error", artifact });
  } finally {
    expectLimit(guard, run);
  }
}

function record(call: ToolCall, answer: ToolAnswer) {
  if (!ToolMessage.isInstance(answer)) return;
  call.result(answer.content);
  if (answer.status === "error") call.failed();
}

/** Calls of this thread that were cut off are known from its messages, whichever process made them. */
function noteUnknownOutcomes(guard: Guard, run: Run, state: unknown) {
  const { messages } = state as { messages?: unknown[] };
  for (const message of messages ?? []) {
    if (!ToolMessage.isInstance(message)) continue;
    const { sentinel } = (message.artifact ?? {}) as { sentinel?: Record<string, unknown> };
    const { outcome, action, idempotencyKey: key } = sentinel ?? {};
    if (outcome === "unknown" && typeof action === "string")
      guard.noteUnknownOutcome(run, action, typeof key === "string" ? key : undefined);
  }
}
