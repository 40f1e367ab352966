import { SentinelHold } from "./hold.js";
import type { Restrictions } from "./enforcement.js";
import type { Run } from "./runs.js";
import { reachedUsd } from "./usd.js";

/** Limits of one run that hold inside the process, whether Sentinel can be reached or not. Null is no limit. */
export interface Limits {
  /**
   * The same tool with the same arguments and the same result, in one run. 8 is more than any sound retry policy makes and few enough to stop
   * a loop early. A result that differs (a job that is polled and moves on) starts the count again.
   */
  identicalCalls: number | null;
  modelCalls: number | null;
  toolCalls: number | null;
  /** Checked before each model call, so that one call may go beyond it. Likewise `cost`, in USD. */
  tokens: number | null;
  cost: number | null;
}

const DEFAULTS: Limits = { identicalCalls: 8, modelCalls: null, toolCalls: null, tokens: null, cost: null };

/** Throws RangeError for a limit that is not above 0. */
export function limitsOf(given: Partial<Limits> | undefined): Limits {
  const limits = { ...DEFAULTS, ...given };
  for (const [name, value] of Object.entries(limits) as [string, unknown][])
    if (value !== null && !(typeof value === "number" && value > 0))
      throw new RangeError(`limits.${name} must be a number above 0, or null for no limit`);
  return limits;
}

const lower = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b));
const tokensOf = (run: Run) => (run.inputTokens ?? 0) + (run.outputTokens ?? 0);

/** Why this run may make no further model call; null if it may. Where the directive caps calls too, the lower number holds. */
export function modelHold(limits: Limits, restrictions: Restrictions, run: Run): SentinelHold | null {
  const calls = lower(limits.modelCalls, restrictions.maxModelCalls);
  if (calls !== null && run.modelCalls >= calls)
    return new SentinelHold("capped", `this agent may make ${calls} model calls per run`);
  if (limits.tokens !== null && tokensOf(run) >= limits.tokens)
    return new SentinelHold("capped", `this run has used up its ${limits.tokens} tokens`);
  if (limits.cost !== null && reachedUsd(run.cost ?? 0, limits.cost))
    return new SentinelHold("capped", `this run has used up its ${limits.cost} USD`);
  return null;
}

/** Why this run may not make this tool call; null if it may. The model is told first; one that asks for a call in a loop once more ends its run. */
export function toolHold(
  limits: Limits,
  restrictions: Restrictions,
  run: Run,
  tool: string,
  action: string,
): SentinelHold | null {
  if (restrictions.revokedTools.has(tool))
    return new SentinelHold("revoked", `the tool ${tool} has been revoked. Work without it.`, false);
  const calls = lower(limits.toolCalls, restrictions.maxToolCalls);
  if (calls !== null && run.toolCalls >= calls)
    return new SentinelHold(
      "capped",
      `this run has used up its ${calls} tool calls. Answer with what you have.`,
      false,
    );
  if (limits.identicalCalls === null || (run.identical.get(action) ?? 0) < limits.identicalCalls) return null;
  const what = `${limits.identicalCalls} identical calls of ${tool}`;
  if (run.toldOf.has(action)) return new SentinelHold("loop", `${what} in this run, and it was requested again`);
  run.toldOf.add(action);
  const why = `${what} in this run gave the same result. Do something else, or answer with what you have.`;
  return new SentinelHold("loop", why, false);
}
