import type { AtLimit, BudgetMeasure, BudgetScope, BudgetWindow } from "../base/vocabulary";
import { NANO, type Spend } from "./spend";

/** Every subject of a scope, each with a budget of its own. */
export const EACH = "*";

export interface Budget {
  id: string;
  scope: BudgetScope;
  /** A name, or `*`: each. Of runs: the agent whose runs they are. Of trees and the fleet always `*`. */
  subject: string;
  window: BudgetWindow;
  /** IANA. */
  zone: string;
  measure: BudgetMeasure;
  /** In units of the measure; above 0. */
  limit: number;
  /** Share of the limit at which it warns, above 0 and below 1. */
  warnShare: number;
  atLimit: AtLimit;
}

export const DEFAULT_WARN_SHARE = 0.8;

/** Who works, as far as it is known: what an event, a hook or a request says of its agent. */
export interface Who {
  agentId: string;
  /** The ingest key of its host: trees of different keys never meet, whatever their runs are called. */
  keyId: string | null;
  user?: string | null | undefined;
  team?: string | null | undefined;
  repository?: string | null | undefined;
  runId?: string | null | undefined;
  rootRunId?: string | null | undefined;
}

/** Whose budget of this scope it is; null: nobody's. Names hold no control characters, so that pairs stay apart. */
export function subjectOf(scope: BudgetScope, who: Who): string | null {
  switch (scope) {
    case "run":
      return who.runId ? `${who.agentId}\n${who.runId}` : null;
    case "tree": {
      const root = who.rootRunId ?? who.runId;
      return root ? `${who.keyId ?? ""}\n${root}` : null;
    }
    case "agent":
      return who.agentId;
    case "user":
    case "team":
    case "repository":
      return who[scope] || null;
    case "fleet":
      return EACH;
  }
}

/** The two parts of the subject of a run (agent, run) or a tree (key, root run). */
export function partsOf(subject: string): [string, string] {
  const at = subject.indexOf("\n");
  return at < 0 ? ["", subject] : [subject.slice(0, at), subject.slice(at + 1)];
}

/** The name that a budget may ask for: of a run it is its agent's. */
const nameOf = (scope: BudgetScope, subject: string): string =>
  scope === "run" ? partsOf(subject)[0] : scope === "tree" ? EACH : subject;

/** A budget of one subject. */
export interface Applied<B extends Budget = Budget> {
  budget: B;
  subject: string;
}

/**
 * The budgets that work of this kind counts towards. One that names a subject takes the place of one for each of the same scope,
 * window and measure: exceptions need no arithmetic.
 */
export function budgetsOf<B extends Budget>(budgets: readonly B[], who: Who): Applied<B>[] {
  const found = budgets.flatMap((budget): Applied<B>[] => {
    const subject = subjectOf(budget.scope, who);
    if (subject === null) return [];
    const named = budget.subject === nameOf(budget.scope, subject);
    return named || budget.subject === EACH ? [{ budget, subject }] : [];
  });
  const named = new Set(found.flatMap(({ budget }) => (isNamed(budget) ? [kindOf(budget)] : [])));
  return found.filter(({ budget }) => isNamed(budget) || !named.has(kindOf(budget)));
}

/** Whether a budget is this subject's, among all that there are. */
export function isOf<B extends Budget>(budgets: readonly B[], budget: B, subject: string): boolean {
  const name = nameOf(budget.scope, subject);
  if (isNamed(budget)) return budget.subject === name;
  return !budgets.some((other) => isNamed(other) && other.subject === name && kindOf(other) === kindOf(budget));
}

const isNamed = (budget: Budget): boolean => budget.subject !== EACH;
const kindOf = ({ scope, window, measure }: Budget): string => `${scope} ${window} ${measure}`;

/** What a window holds besides sums. Null: not known, or not of this scope. */
export interface Tally extends Spend {
  depth: number;
  descendants: number;
  wallMs: number | null;
  idleMs: number | null;
}

/** How much of a measure was used; null: it cannot be told. */
export function usedOf(measure: BudgetMeasure, tally: Tally): number | null {
  switch (measure) {
    case "usd":
      return tally.nanoUsd / NANO;
    case "tokens":
      return tally.tokens;
    case "model_calls":
      return tally.modelCalls;
    case "tool_calls":
      return tally.toolCalls;
    case "depth":
      return tally.depth;
    case "descendants":
      return tally.descendants;
    case "wall_seconds":
      return tally.wallMs === null ? null : tally.wallMs / 1_000;
    case "idle_seconds":
      return tally.idleMs === null ? null : tally.idleMs / 1_000;
  }
}

/** Calls that a budget cannot count, since their cost or their tokens are unknown. */
export function unknownOf(measure: BudgetMeasure, tally: Spend): number {
  return measure === "usd" ? tally.unpriced : measure === "tokens" ? tally.uncounted : 0;
}

const SUMMED = ["usd", "tokens", "model_calls", "tool_calls", "wall_seconds"] as const satisfies BudgetMeasure[];
/** What a guard can hold inside its host, before each call. Idle time it cannot: a call ends it. */
export const GUARD_MEASURES = {
  run: SUMMED,
  tree: [...SUMMED, "depth", "descendants"] as const satisfies BudgetMeasure[],
} as const;

export type BudgetLevel = "ok" | "warn" | "reached";

export interface BudgetVerdict {
  level: BudgetLevel;
  used: number;
  /** With what was granted on top. */
  limit: number;
  /** Of the limit; above 1 once it is exceeded. */
  share: number;
  /** Calls that are not in `used`, because nobody knows what they cost: the truth may be higher. */
  unknown: number;
}

/**
 * An amount of a measure in the whole units that sums are kept in: of money billionths of a dollar. Fractions of a dollar are no exact
 * binary numbers ($0.10 and $0.20 are more than $0.30), their billionths are.
 */
const unitsOf = (measure: BudgetMeasure, amount: number): number =>
  measure === "usd" ? Math.round(amount * NANO) : amount;

/** Shares are compared in millionths, for the same reason: 7 % of 1,000 is more than 70. */
const SHARE_UNITS = 1e6;

/** How much may be used of a budget to which nothing was granted, in its measure, before it can warn: a lower bound, for queries. */
export const warnsFrom = ({ measure, limit, warnShare }: Pick<Budget, "measure" | "limit" | "warnShare">): number =>
  Math.floor((unitsOf(measure, limit) * Math.round(warnShare * SHARE_UNITS)) / SHARE_UNITS) /
  (measure === "usd" ? NANO : 1);

/**
 * How a budget stands. `granted`: what people allowed on top of it for this window. `reached` from the limit itself on: nothing is left
 * for the next call. Of depth and descendants beyond it: the last one that is allowed may work.
 */
export function judgeBudget(budget: Budget, tally: Tally, granted: number): BudgetVerdict {
  const { measure, warnShare } = budget;
  const used = usedOf(measure, tally) ?? 0;
  // A limit below the smallest unit is one unit, not none.
  const limit = Math.max(unitsOf(measure, budget.limit) + unitsOf(measure, granted), measure === "usd" ? 1 : 0);
  const units = unitsOf(measure, used);
  const warns = units * SHARE_UNITS >= limit * Math.round(warnShare * SHARE_UNITS);
  const isShape = measure === "depth" || measure === "descendants";
  const level = units > limit || (units === limit && !isShape) ? "reached" : warns ? "warn" : "ok";
  const whole = measure === "usd" ? limit / NANO : limit;
  return { level, used, limit: whole, share: used / whole, unknown: unknownOf(measure, tally) };
}

/** Why a budget cannot be set so; null when it can. The field comes first. */
export function whyNot(budget: Pick<Budget, "scope" | "subject" | "window" | "measure">): [string, string] | null {
  const { scope, subject, window, measure } = budget;
  const ofRun = scope === "run" || scope === "tree";
  if (ofRun !== (window === "run"))
    return ["window", ofRun ? `must be run for the scope ${scope}` : "can be run only for the scopes run and tree"];
  if (scope !== "tree" && (measure === "depth" || measure === "descendants"))
    return ["measure", `${measure} requires the scope tree`];
  if (!ofRun && (measure === "wall_seconds" || measure === "idle_seconds"))
    return ["measure", `${measure} requires the scope run or tree`];
  if ((scope === "tree" || scope === "fleet") && subject !== EACH)
    return ["subject", `must be * for the scope ${scope}`];
  return null;
}
