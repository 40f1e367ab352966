import type { Run } from "./runs.js";
import type { Place, Used } from "./trees.js";
import { reachedUsd } from "./usd.js";
import type { Budget, TreeBudget } from "./wire.js";

/** Of each run, and of each tree: a run with all its descendants. */
export interface Budgets {
  runs: readonly Budget[];
  trees: readonly TreeBudget[];
}

/** A budget that a run, or its tree, has used up. */
export interface UsedUp {
  budget: Budget | TreeBudget;
  /** In words, for the host and the model. */
  reason: string;
  /** Whether nothing else of this run may go on either: where tool calls are spent, the model may still answer. */
  endsRun: boolean;
}

type Summed = Budget["measure"];

/** Whether so much of a measure was used; what is unknown is not 0, and reaches nothing. `now` is monotonic ms. */
function reaches(measure: Summed, used: Used, limit: number, more: number, now: number): boolean {
  switch (measure) {
    case "usd":
      return used.cost !== undefined && reachedUsd(used.cost, limit, more);
    case "tokens":
      return (
        (used.inputTokens !== undefined || used.outputTokens !== undefined) &&
        (used.inputTokens ?? 0) + (used.outputTokens ?? 0) >= limit + more
      );
    case "model_calls":
      return used.modelCalls >= limit + more;
    case "tool_calls":
      return used.toolCalls >= limit + more;
    case "wall_seconds":
      return (now - used.startedAt) / 1000 >= limit + more;
  }
}

const WORDS: Record<TreeBudget["measure"], (n: number) => string> = {
  usd: (n) => `$${n.toFixed(2)}`,
  tokens: (n) => `${n} tokens`,
  model_calls: (n) => `${n} model calls`,
  tool_calls: (n) => `${n} tool calls`,
  wall_seconds: (n) => `${n} s`,
  depth: (n) => `${n} levels`,
  descendants: (n) => `${n} descendants`,
};

/** A limit on calls of one kind lets the other kind go on. */
const concerns = (measure: TreeBudget["measure"], next: "model" | "tool") =>
  next === "model" ? measure !== "tool_calls" : measure !== "model_calls";

/** What was granted to one run or tree: its ID may be any text, such as `constructor`. */
const granted = ({ more }: Budget | TreeBudget, id: string) => (Object.hasOwn(more, id) ? more[id]! : 0);

/** The budget that stops the next call of a run, if one does: its own first, then its tree's. */
export function usedUp(budgets: Budgets, run: Run, next: "model" | "tool", now: number): UsedUp | null {
  for (const budget of budgets.runs) {
    const more = granted(budget, run.runId);
    if (!concerns(budget.measure, next) || !reaches(budget.measure, run, budget.limit, more, now)) continue;
    return told(budget, "this run", budget.limit + more);
  }
  for (const budget of budgets.trees) {
    const { tree } = run.place;
    const more = granted(budget, tree.rootRunId);
    const { measure, limit } = budget;
    const over =
      measure === "depth" || measure === "descendants"
        ? isBeyond(measure, run.place, limit + more)
        : concerns(measure, next) && reaches(measure, tree, limit, more, now);
    if (over) return told(budget, wholeTree(run.place), limit + more);
  }
  return null;
}

/** The budget that a run in this place goes beyond before it has made a call, if it does: too deep in its tree, or one too many. */
export function tooMany(budgets: Budgets, place: Place): UsedUp | null {
  for (const budget of budgets.trees) {
    const limit = budget.limit + granted(budget, place.tree.rootRunId);
    const { measure } = budget;
    if ((measure === "depth" || measure === "descendants") && isBeyond(measure, place, limit))
      return told(budget, wholeTree(place), limit);
  }
  return null;
}

const isBeyond = (measure: "depth" | "descendants", { depth, ordinal }: Place, limit: number) =>
  (measure === "depth" ? depth : ordinal) > limit;

const wholeTree = ({ tree }: Place) => `run ${tree.rootRunId} with all its descendants`;

const told = (budget: UsedUp["budget"], whose: string, limit: number): UsedUp => ({
  budget,
  reason: `${whose} has used up its budget of ${WORDS[budget.measure](limit)}`,
  endsRun: budget.measure !== "tool_calls",
});
