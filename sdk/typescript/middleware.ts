import { AIMessage } from "@langchain/core/messages";
import { createMiddleware } from "langchain";
import { z } from "zod";
import { createGuard } from "./guard";
import { callModel } from "./model-call";
import type { GuardOptions } from "./options";
import { quietly } from "./quietly";
import { currentRun, type Run } from "./runs";
import { noteLastStep } from "./step-limit";
import { callTool, refusal } from "./tool-call";

export type SentinelOptions = GuardOptions & {
  /**
   * What becomes of an error that a tool throws. `createAgent` shows it to the model, but only while no middleware wraps
   * tool calls; "answer" (the default) keeps that behaviour. "throw" passes it on, for a host that handles errors in a
   * middleware before this one.
   */
  toolErrors?: "answer" | "throw";
};

/** The run id travels in the graph's private state, so that an interrupted run is known again when it resumes. */
const State = z.object({ _sentinelRun: z.string().optional() });

/** Says to the host and in the thread that the run ended here; `response_metadata.sentinel` tells it from a model's answer. */
const notice = (reason: string) =>
  new AIMessage({
    content: `Stopped by Sentinel: ${reason}.`,
    response_metadata: { sentinel: { stopped: true, reason } },
  });

/**
 * LangChain middleware that watches an agent and obeys Sentinel's directives. Put it last: it then sees each attempt and
 * the prompt as it is really sent. There is no `beforeModel` hook: a jump from there would skip every `afterAgent`,
 * while an answer without tool calls ends the run in the ordinary way.
 */
export function sentinel(options: SentinelOptions) {
  const guard = createGuard(options);

  /** The run this state belongs to; one that another process began is taken up as it is. */
  function runOf(state: { _sentinelRun?: string | undefined }): Run {
    const id = state._sentinelRun;
    return (id && guard.getRun(id)) || guard.startRun(id ? { runId: id } : {});
  }

  const middleware = createMiddleware({
    name: "Sentinel",
    stateSchema: State,
    beforeAgent: {
      canJumpTo: ["end"],
      hook: async (_state, runtime) => {
        await guard.ready();
        const gate = await guard.pass(runtime.signal);
        if (!gate.open) {
          guard.refusedRun();
          return { jumpTo: "end" as const, messages: [notice(gate.reason)], _sentinelRun: "" };
        }
        const begin = () => {
          const run = guard.startRun(startOf(runtime.configurable));
          noteLastStep(run);
          return run.runId;
        };
        return { _sentinelRun: quietly(begin, "") };
      },
    },
    wrapModelCall: async (request, handler) => {
      const run = runOf(request.state);
      const gate = await guard.pass(request.runtime.signal, run, "model");
      if (!gate.open) return ended(run, gate.budget ? "limited" : "stopped", gate.reason);
      const { maxModelCalls } = guard.restrictions();
      if (maxModelCalls !== null && run.modelCalls >= maxModelCalls)
        return ended(run, "limited", `this agent may make ${maxModelCalls} model calls per run`);
      return callModel(guard, options, run, request as never, handler as never);
    },
    wrapToolCall: async (request, handler) => {
      const run = runOf(request.state);
      const { name } = request.toolCall;
      const gate = await guard.pass(request.runtime.signal, run, "tool");
      if (!gate.open) return refusal(request as never, run, `Not run: ${gate.reason}. It may be tried again later.`);
      const { revokedTools, maxToolCalls } = guard.restrictions();
      if (revokedTools.has(name))
        return refusal(request as never, run, `Not run: the tool ${name} has been revoked. Work without it.`);
      if (maxToolCalls !== null && run.toolCalls >= maxToolCalls) {
        run.outcome = "limited";
        const why = `this run has used up its ${maxToolCalls} tool calls. Answer with what you have.`;
        return refusal(request as never, run, `Not run: ${why}`);
      }
      return callTool(guard, options, run, request as never, handler as never);
    },
    afterAgent: (state) => {
      quietly(() => {
        const run = state._sentinelRun ? guard.getRun(state._sentinelRun) : undefined;
        if (run) guard.endRun(run, "success");
      });
      return undefined;
    },
  });
  return Object.assign(middleware, { guard });
}

function ended(run: Run, outcome: "stopped" | "limited", reason: string): AIMessage {
  run.outcome = outcome;
  return notice(reason);
}

/** Where a run belongs: under the run whose tool started it, or where the host says through `configurable`. */
function startOf(configurable: Record<string, unknown> | undefined) {
  const given = (key: string) => (typeof configurable?.[key] === "string" ? configurable[key] : undefined);
  const outer = currentRun();
  return {
    parentRunId: given("parent_run_id") ?? outer?.runId,
    rootRunId: given("root_run_id") ?? outer?.rootRunId,
    taskId: given("task_id"),
  };
}

export type SentinelMiddleware = ReturnType<typeof sentinel>;
