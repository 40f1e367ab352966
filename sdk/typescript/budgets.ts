import type { Run } from "./runs.js";
import type { Budget } from "./wire.js";

/** A budget that a run has used up. */
export interface UsedUp {
  budget: Budget;
  /** In words, for the host and the model. */
  reason: string;
  /** Whether nothing else of this run may go on either: where tool calls are spent, the model may still answer. */
  endsRun: boolean;
}

/** What a run has used of each measure; undefined is unknown, and never 0. `now` is monotonic ms. */
function usedOf(measure: Budget["measure"], run: Run, now: number): number | undefined {
  switch (measure) {
    case "usd":
      return run.cost;
    case "tokens":
      return run.inputTokens === undefined && run.outputTokens === undefined
        ? undefined
        : (run.inputTokens ?? 0) + (run.outputTokens ?? 0);
    case "model_calls":
      return run.modelCalls;
    case "tool_calls":
      return run.toolCalls;
    case "wall_seconds":
      return (now - run.startedAt) / 1000;
  }
}

const WORDS: Record<Budget["measure"], (n: number) => string> = {
  usd: (n) => `$${n.toFixed(2)}`,
  tokens: (n) => `${n} tokens`,
  model_calls: (n) => `${n} model calls`,
  tool_calls: (n) => `${n} tool calls`,
  wall_seconds: (n) => `${n} s`,
};

/** The budget that stops the next call of a run, if one does. A limit on calls of one kind lets the other kind go on. */
export function usedUp(budgets: readonly Budget[], run: Run, next: "model" | "tool", now: number): UsedUp | null {
  for (const budget of budgets) {
    if ((budget.measure === "model_calls" && next !== "model") || (budget.measure === "tool_calls" && next !== "tool"))
      continue;
    const limit = budget.limit + (budget.more[run.runId] ?? 0);
    const used = usedOf(budget.measure, run, now);
    if (used === undefined || used < limit) continue;
    const reason = `this run has used up its budget of ${WORDS[budget.measure](limit)}`;
    return { budget, reason, endsRun: budget.measure !== "tool_calls" };
  }
  return null;
}
