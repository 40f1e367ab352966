import { measure as number } from "../base/amounts";
import { durationText } from "../base/durations";
import type { BudgetMeasure, BudgetScope } from "../base/vocabulary";
import { type Budget, type BudgetVerdict, EACH, partsOf } from "./budget";

const dollars = new Intl.NumberFormat("en", {
  style: "currency",
  currency: "USD",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
/** Below it an amount in cents would say nothing. */
const CENT = 0.01;

export const usdText = (usd: number): string =>
  usd !== 0 && Math.abs(usd) < CENT ? `$${number(usd)}` : dollars.format(usd);

const many = (n: number, one: string, more = `${one}s`): string => `${number(n)} ${n === 1 ? one : more}`;

/** An amount of a measure as people say it: `$12.50`, `1.2M tokens`, `50 model calls`, `2 h`. */
export function measureText(measure: BudgetMeasure, value: number): string {
  switch (measure) {
    case "usd":
      return usdText(value);
    case "tokens":
      return many(value, "token");
    case "model_calls":
      return many(value, "model call");
    case "tool_calls":
      return many(value, "tool call");
    case "depth":
      return many(value, "level");
    case "descendants":
      return many(value, "descendant");
    case "wall_seconds":
    case "idle_seconds":
      return durationText(value * 1_000);
  }
}

const IN: Record<Budget["window"], string> = { run: "", hour: " an hour", day: " a day", month: " a month" };
const KIND: Record<BudgetScope, string> = {
  run: "run",
  tree: "run with all its descendants",
  agent: "agent",
  user: "user",
  team: "team",
  repository: "repository",
  fleet: "fleet",
};

/** Whose budget: `team ml`, `run r-1 of billing-helper`, `the fleet`, `each user`. */
export function subjectText(scope: BudgetScope, subject: string): string {
  const [first, second] = partsOf(subject);
  if (scope === "fleet") return "the fleet";
  if (scope === "run") {
    if (subject === EACH) return "each run";
    return subject.includes("\n") ? `run ${second} of ${first}` : `each run of ${subject}`;
  }
  if (subject === EACH) return `each ${KIND[scope]}`;
  return scope === "tree" ? `run ${second} with all its descendants` : `${KIND[scope]} ${subject}`;
}

/** `$50.00 a day for each team`. */
export const budgetText = (budget: Budget): string =>
  `${limitOf(budget.measure, budget.limit)}${IN[budget.window]} for ${subjectText(budget.scope, budget.subject)}`;

const limitOf = (measure: BudgetMeasure, limit: number): string =>
  measure === "idle_seconds" ? `${measureText(measure, limit)} without activity` : measureText(measure, limit);

/** How it stands, in a sentence without an end: `team ml used $41.20 of $50.00 a day (82 %); 3 calls could not be priced`. */
export function verdictText(budget: Budget, subject: string, verdict: BudgetVerdict): string {
  const { measure, window } = budget;
  const share = `${Math.floor(verdict.share * 100)} %`;
  const of = `${measureText(measure, verdict.used)} of ${measureText(measure, verdict.limit)}${IN[window]} (${share})`;
  return `${subjectText(budget.scope, subject)} ${measure === "idle_seconds" ? "was idle for" : "used"} ${of}${unknownText(measure, verdict.unknown)}`;
}

/** What a sum leaves out; empty where it leaves out nothing. */
export function unknownText(measure: BudgetMeasure, unknown: number): string {
  if (unknown === 0) return "";
  const calls = unknown === 1 ? "1 call" : `${number(unknown)} calls`;
  return measure === "usd" ? `; ${calls} could not be priced` : `; ${calls} reported no tokens`;
}
