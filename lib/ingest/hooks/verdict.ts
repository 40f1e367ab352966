import type { DirectiveStatus, Mode } from "@/lib/core/base/vocabulary";
import { IDENTICAL_CALLS, type Streak } from "@/lib/core/agents/breaker";
import type { BudgetAnswer } from "@/lib/response/budgets/book";
import type { HookEvent } from "./dialects";

/** The directive in force, as far as a hook can enforce it. */
export interface InForce {
  version: number;
  hash: string;
  status: DirectiveStatus;
  revokedTools: readonly string[];
  reason: string;
  incidentId: string | null;
}

/** Whoever asks: what is known of it in memory at this moment. */
export interface Subject {
  /** Null: its agent is not known yet. */
  agentId: string | null;
  directive: InForce | null;
  mode: Mode;
  globalStop: boolean;
  /** Identical calls in a row, this one included. */
  streak: Streak | null;
  /** What budgets say to one more call. */
  budget: BudgetAnswer;
}

export type Verdict =
  | { kind: "allow" }
  /** `by`: whether a directive forbids it, which a refusal proves, or a budget or breaker, which no directive confirms. */
  | { kind: "deny"; by: "directive" | "budget" | "breaker"; why: string; incidentId: string | null };

const ALLOW: Verdict = { kind: "allow" };
const ASKS = new Set<HookEvent["kind"]>(["before_tool", "before_prompt", "before_subagent"]);

/** What is asked about. */
export type Asked = Pick<HookEvent, "kind" | "tool">;

/**
 * Whether what a hook or the gateway asks about may go on: the one place where it is decided. The standing directive comes first, then
 * budgets; then the breaker, which acts only where Sentinel may act at all.
 */
export function verdictFor(event: Asked, subject: Subject): Verdict {
  if (!ASKS.has(event.kind)) return ALLOW;
  return byDirective(event, subject.directive) ?? byBudget(subject.budget) ?? byBreaker(event, subject) ?? ALLOW;
}

const byBudget = (budget: BudgetAnswer): Verdict | null =>
  budget.kind === "go" ? null : { kind: "deny", by: "budget", why: budget.reason, incidentId: budget.incidentId };

function byDirective(event: Asked, directive: InForce | null): Verdict | null {
  if (directive === null) return null;
  const { status, reason, incidentId } = directive;
  const deny = (why: string): Verdict => ({ kind: "deny", by: "directive", why, incidentId });
  if (status !== "run") return deny(reason);
  if (event.kind === "before_tool" && event.tool !== null && directive.revokedTools.includes(event.tool))
    return deny(`the tool ${event.tool} is revoked`);
  return null;
}

function byBreaker(event: Asked, { mode, globalStop, streak }: Subject): Verdict | null {
  if (event.kind !== "before_tool" || mode !== "act" || globalStop) return null;
  if (streak === null || streak.calls < IDENTICAL_CALLS) return null;
  return { kind: "deny", by: "breaker", why: `${streak.calls} identical calls in a row`, incidentId: null };
}

/** Characters of a reason that a person reads in a terminal. */
const WHY_CHARS = 300;

/** The refusal as a person reads it. `base`: where the console is. */
export function reasonFor(verdict: Verdict & { kind: "deny" }, agentId: string | null, base: string): string {
  const path = verdict.incidentId
    ? `/incidents/${verdict.incidentId}`
    : agentId
      ? `/agents/${encodeURIComponent(agentId)}`
      : "/agents";
  return `Held by Sentinel: ${verdict.why.slice(0, WHY_CHARS)}. Decide at ${base}${path}`;
}
