import { AIMessage } from "@langchain/core/messages";
import { createMiddleware } from "langchain";
import { z } from "zod";
import { createGuard } from "../guard.js";
import { notice, SentinelHold } from "../hold.js";
import type { GuardOptions } from "../options.js";
import { quietly } from "../quietly.js";
import { currentRun, type Run } from "../runs.js";
import { callModel } from "./model-call.js";
import { noteLastStep } from "./step-limit.js";
import { callTool } from "./tool-call.js";

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
const ended = (hold: SentinelHold) =>
  new AIMessage({
    content: notice(hold),
    response_metadata: { sentinel: { stopped: true, reason: hold.reason } },
  });

/**
 * LangChain middleware that watches an agent and obeys Sentinel's directives. Put it last: it then sees each attempt and
 * the prompt as it is really sent. There is no `beforeModel` hook: a jump from there would skip every `afterAgent`,
 * while an answer without tool calls ends the run in the ordinary way.
 */
export function sentinel(options: SentinelOptions) {
  const guard = createGuard(options);

  /** The run this state belongs to; one that another process began is taken up as it is. */
  function runOf(state: { _sentinelRun?: string | undefined }, configurable: Configurable): Run {
    const id = state._sentinelRun;
    return (
      (id && guard.getRun(id)) ||
      guard.beginRun({ ...(id && { runId: id }), threadId: given(configurable, "thread_id") })
    );
  }

  const middleware = createMiddleware({
    name: "Sentinel",
    stateSchema: State,
    beforeAgent: {
      canJumpTo: ["end"],
      hook: async (_state, runtime) => {
        try {
          await guard.passGate({ signal: runtime.signal, taskId: given(runtime.configurable, "task_id") });
        } catch (hold) {
          if (!(hold instanceof SentinelHold)) throw hold;
          guard.refusedRun();
          return { jumpTo: "end" as const, messages: [ended(hold)], _sentinelRun: "" };
        }
        const begin = () => {
          const run = guard.beginRun(startOf(runtime.configurable));
          noteLastStep(run);
          return run.runId;
        };
        return { _sentinelRun: quietly(begin, "") };
      },
    },
    wrapModelCall: async (request, handler) => {
      const run = runOf(request.state, request.runtime.configurable);
      try {
        return await callModel(guard, run, request as never, handler as never);
      } catch (hold) {
        if (!(hold instanceof SentinelHold)) throw hold;
        return ended(hold);
      }
    },
    wrapToolCall: async (request, handler) =>
      callTool(guard, options, runOf(request.state, request.runtime.configurable), request as never, handler as never),
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

/** Where a run belongs: under the run whose tool started it, or where the host says through `configurable`. */
function startOf(configurable: Configurable) {
  const outer = currentRun();
  return {
    parentRunId: given(configurable, "parent_run_id") ?? outer?.runId,
    rootRunId: given(configurable, "root_run_id") ?? outer?.rootRunId,
    taskId: given(configurable, "task_id"),
    threadId: given(configurable, "thread_id"),
  };
}

type Configurable = Record<string, unknown> | undefined;
const given = (configurable: Configurable, key: string) =>
  typeof configurable?.[key] === "string" ? configurable[key] : undefined;

export type SentinelMiddleware = ReturnType<typeof sentinel>;
