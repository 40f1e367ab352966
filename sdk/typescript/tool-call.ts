import { ToolMessage } from "@langchain/core/messages";
import { type Command, isGraphBubbleUp } from "@langchain/langgraph";
import { ToolInvocationError, type ToolCallRequest } from "langchain";
import type { Guard } from "./guard";
import { hashAction, hashText } from "./hash";
import type { SentinelOptions } from "./middleware";
import { quietly } from "./quietly";
import { readError, wasCancelled } from "./reading";
import { insideRun, type Run } from "./runs";
import { expectLimit } from "./step-limit";
import type { AgentEvent } from "./wire";

type ToolAnswer = ToolMessage | Command;
type Handler = (request: ToolCallRequest) => ToolAnswer | Promise<ToolAnswer>;

/** An open tool call closed with an error, so that the thread stays whole and can be resumed. */
export function refusal(request: ToolCallRequest, run: Run, why: string): ToolMessage {
  run.refusedToolCalls++;
  const { id, name } = request.toolCall;
  return new ToolMessage({
    content: why,
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

/** Makes one tool call and reports it. */
export async function callTool(
  guard: Guard,
  o: SentinelOptions,
  run: Run,
  original: ToolCallRequest,
  handler: Handler,
): Promise<ToolAnswer> {
  const { name, args, id } = original.toolCall;
  const began = performance.now();
  run.toolCalls++;
  const ticket = guard.enter(run, name);
  const request = quietly(() => ({ ...original, tool: interruptible(original.tool, ticket.signal) }), original);
  const retries = run.toolFailures.get(name) ?? 0;
  const report = (end: Partial<AgentEvent>) =>
    quietly(() => {
      run.toolFailures.set(name, end.success ? 0 : retries + 1);
      const side = o.sideEffects?.[name];
      const action = { tool: name, action_hash: hashAction(name, args), ...(side && { side_effect: side }) };
      guard.report({ kind: "tool_call", ...action, retries, latency_ms: performance.now() - began, ...end }, run);
    });
  try {
    const answer = await insideRun(run, () => handler(request));
    report(ToolMessage.isInstance(answer) ? readResult(answer) : { success: true });
    return answer;
  } catch (error) {
    if (isGraphBubbleUp(error)) {
      quietly(() => guard.endRunUnlessItGoesOn(run, "interrupted"));
      throw error;
    }
    const { errorType, httpStatus } = quietly(() => readError(error), { errorType: "unknown", httpStatus: undefined });
    const heldBack = ticket.signal.aborted;
    if (wasCancelled(error, original.runtime.signal) && !heldBack) {
      quietly(() => guard.endRunUnlessItGoesOn(run, "cancelled", errorType));
      throw error;
    }
    report({ success: false, error_type: errorType, http_status: httpStatus });
    // Bad arguments are answered by LangChain itself, whatever wraps the call.
    if (!heldBack && (o.toolErrors === "throw" || ToolInvocationError.isInstance(error))) throw error;
    const content = heldBack
      ? "Ended: the run was stopped while this tool was running."
      : `${String(error)}\n Please fix your mistakes.`;
    return new ToolMessage({ content, tool_call_id: id ?? "", name, status: "error" });
  } finally {
    ticket.end();
    expectLimit(guard, run);
  }
}

function readResult(message: ToolMessage): Partial<AgentEvent> {
  const content = typeof message.content === "string" ? message.content : JSON.stringify(message.content);
  const failed = message.status === "error";
  return {
    success: !failed,
    result_hash: hashText(content),
    result_bytes: Buffer.byteLength(content),
    ...(failed && { error_type: "tool_error" }),
  };
}
