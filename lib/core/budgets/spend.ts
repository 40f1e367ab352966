import type { EventKind } from "../base/vocabulary";

/**
 * What was spent. Money is in billionths of a dollar, a whole number, so that a sum does not depend on the order. `unpriced`: model
 * calls whose cost nobody knows, and `uncounted`: those whose tokens nobody knows; neither is ever taken for 0.
 */
export interface Spend {
  nanoUsd: number;
  unpriced: number;
  tokens: number;
  uncounted: number;
  modelCalls: number;
  toolCalls: number;
}

export const NANO = 1e9;
export const nothing = (): Spend => ({
  nanoUsd: 0,
  unpriced: 0,
  tokens: 0,
  uncounted: 0,
  modelCalls: 0,
  toolCalls: 0,
});

/** What an event says that it used; null and undefined are unknown. */
export interface Used {
  kind: EventKind;
  /** Whether it belongs to a run, whose steps are reported one by one. */
  inRun: boolean;
  /** USD. */
  cost?: number | null | undefined;
  tokens?: number | null | undefined;
  success?: boolean | null | undefined;
  /** Calls that a counter tells of, or the tool calls of a run that is told as a whole. */
  modelCalls?: number | undefined;
  toolCalls?: number | undefined;
}

/**
 * What an event adds to what was spent; null: nothing. The end of a run that was told step by step carries totals, which are no
 * spending of their own. A failed call of which nothing is known is not held to have cost something.
 */
export function spendOf(used: Used): Spend | null {
  switch (used.kind) {
    case "model_call":
      return spent(used, 1, 0);
    case "tool_call":
      return { ...nothing(), nanoUsd: nanoOf(used.cost), toolCalls: 1 };
    case "usage":
      return spent(used, used.modelCalls ?? 0, used.toolCalls ?? 0);
    case "run_end":
      return used.inRun ? null : spent(used, 1, used.toolCalls ?? 0);
    case "run_start":
    case "heartbeat":
    case "outcome":
    case "queued_task":
      return null;
  }
}

const nanoOf = (cost: number | null | undefined): number => Math.round((cost ?? 0) * NANO);

function spent({ cost, tokens, success }: Used, modelCalls: number, toolCalls: number): Spend {
  const failedSilently = success === false && cost == null && tokens == null;
  return {
    nanoUsd: nanoOf(cost),
    unpriced: cost == null && !failedSilently ? modelCalls : 0,
    tokens: Math.round(tokens ?? 0),
    uncounted: tokens == null && !failedSilently ? modelCalls : 0,
    modelCalls,
    toolCalls,
  };
}

/** Adds in place. */
export function addSpend(to: Spend, more: Spend): Spend {
  to.nanoUsd += more.nanoUsd;
  to.unpriced += more.unpriced;
  to.tokens += more.tokens;
  to.uncounted += more.uncounted;
  to.modelCalls += more.modelCalls;
  to.toolCalls += more.toolCalls;
  return to;
}
