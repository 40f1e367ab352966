import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { SentinelHold } from "./hold.js";
import type { Place, Trees, Used } from "./trees.js";
import { plusUsd } from "./usd.js";
import type { AgentEvent } from "./wire.js";

/** The run that the current code works for; tools that start other agents hand it on as the parent. */
export interface RunIds {
  runId: string;
  rootRunId: string;
}
const here = new AsyncLocalStorage<RunIds>();
export const currentRun = () => here.getStore() ?? null;
export const insideRun = <T>(run: RunIds, work: () => T) =>
  here.run({ runId: run.runId, rootRunId: run.rootRunId }, work);

/** How a run ended. `stopped` by a directive, `limited` by reduced autonomy, `abandoned` without a word. */
export type RunOutcome = "success" | "error" | "cancelled" | "interrupted" | "stopped" | "limited" | "abandoned";

/** One run's totals so far. Sums are undefined until the first known value: unknown is not 0. */
export interface Run extends RunIds, Used {
  parentRunId: string | undefined;
  taskId: string | undefined;
  /** The conversation that it belongs to, where the host has such. */
  threadId: string | undefined;
  /** In its tree. */
  place: Place;
  /** ms spent waiting at the gate: not the agent's own time. */
  waitedMs: number;
  lastSeenAt: number;
  inFlight: number;
  refusedToolCalls: number;
  /** Failures in a row: of the model, and of each tool. The next attempt reports them as its retries. */
  modelFailures: number;
  toolFailures: Map<string, number>;
  /** Calls that have not ended. */
  openCalls: Set<{ finish(error: unknown): void; abandon(): void }>;
  /** Calls made by action; finished ones with another result start the count again. */
  identical: Map<string, number>;
  results: Map<string, string>;
  /** Actions whose loop the model was told of. */
  toldOf: Set<string>;
  /** Set when something other than the agent decided how this run ends. */
  outcome: RunOutcome | undefined;
  errorType: string | undefined;
  /** Why it must not go on, even if the gate has opened again meanwhile. */
  condemned: SentinelHold | undefined;
  /** How it will end, unless it goes on. */
  ending: { outcome: RunOutcome; timer: ReturnType<typeof setTimeout> } | undefined;
  /** The graph step at which LangGraph will end it, where that is known. */
  lastStep: number | undefined;
}

export interface RunStart {
  runId?: string;
  parentRunId?: string | undefined;
  rootRunId?: string | undefined;
  taskId?: string | undefined;
  /** The conversation that it belongs to: a tool call that was cut off is not made again in it. Default: the task, else the root run. */
  threadId?: string | undefined;
}

/** Runs kept open at most; a host that never ends its runs loses the totals of the oldest. */
const MAX_OPEN_RUNS = 1000;

/** The open runs of one agent instance, with their places in the trees that it shares with others. `now` is monotonic ms. */
export function createRuns(now: () => number, trees: Trees) {
  const open = new Map<string, Run>();
  return {
    start({ runId: given, parentRunId, rootRunId, taskId, threadId }: RunStart): Run {
      // An empty ID is none: otherwise all runs that have it would be one.
      const runId = given || randomUUID();
      const at = now();
      const place = trees.join({ runId, parentRunId, rootRunId }, at);
      const run: Run = {
        runId, parentRunId, rootRunId: place.tree.rootRunId, place, taskId, threadId,
        startedAt: at, lastSeenAt: at, waitedMs: 0, inFlight: 0,
        modelCalls: 0, toolCalls: 0, refusedToolCalls: 0,
        inputTokens: undefined, outputTokens: undefined, cost: undefined,
        modelFailures: 0, toolFailures: new Map(),
        openCalls: new Set(), identical: new Map(), results: new Map(), toldOf: new Set(),
        outcome: undefined, errorType: undefined, condemned: undefined, ending: undefined,
        lastStep: undefined,
      }; // prettier-ignore
      open.set(runId, run);
      for (const oldest of open.keys()) {
        if (open.size <= MAX_OPEN_RUNS) break;
        open.delete(oldest);
      }
      return run;
    },
    get: (runId: string) => open.get(runId),
    end: (run: Run) => open.delete(run.runId),
    /** Runs with nothing in flight that nobody has touched for `ms`. */
    idle: (ms: number) => [...open.values()].filter((r) => r.inFlight === 0 && now() - r.lastSeenAt > ms),
    all: () => [...open.values()],
  };
}

/** Adds what is known to a sum that may not be. */
const plus = (sum: number | undefined, x: number | undefined) => (x === undefined ? sum : (sum ?? 0) + x);

/** What a host gives that is no amount (NaN, negative) is unknown: one such call must not keep a budget from being reached. */
const amount = (x: number | undefined) => (x !== undefined && Number.isFinite(x) && x >= 0 ? x : undefined);

/** Counts what a call used for its run and the run's tree. */
export function use(run: Run, more: Partial<Omit<Used, "startedAt">>): void {
  for (const sum of [run, run.place.tree]) {
    sum.modelCalls += more.modelCalls ?? 0;
    sum.toolCalls += more.toolCalls ?? 0;
    sum.inputTokens = plus(sum.inputTokens, amount(more.inputTokens));
    sum.outputTokens = plus(sum.outputTokens, amount(more.outputTokens));
    sum.cost = plusUsd(sum.cost, amount(more.cost));
  }
}

/** A run's totals as its last event. Success is said only of runs that ended by themselves. */
export function runEnd(run: Run, outcome: RunOutcome, now: number): Omit<AgentEvent, "agent_id"> {
  const tokens =
    run.inputTokens === undefined || run.outputTokens === undefined ? undefined : run.inputTokens + run.outputTokens;
  return {
    kind: "run_end",
    outcome,
    success: outcome === "success" ? true : outcome === "error" ? false : undefined,
    error_type: outcome === "error" ? run.errorType : undefined,
    latency_ms: Math.max(0, now - run.startedAt - run.waitedMs),
    input_tokens: run.inputTokens,
    output_tokens: run.outputTokens,
    token_count: tokens,
    cost: run.cost,
    tool_calls: run.toolCalls,
    attributes: { model_calls: run.modelCalls, refused_tool_calls: run.refusedToolCalls },
  };
}
