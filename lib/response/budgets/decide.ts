import { judgeBudget, partsOf } from "@/lib/core/budgets/budget";
import { NANO } from "@/lib/core/budgets/spend";
import { measureText, subjectText } from "@/lib/core/budgets/words";
import { canMoveIncident } from "@/lib/core/base/lifecycle";
import type { Db } from "@/lib/db/client";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { findAgent, findDirective } from "@/lib/db/queries/agents";
import { type BudgetRow, type BudgetState, findBudget, listStates, saveState } from "@/lib/db/queries/budgets";
import { findIncident, incidentClaim } from "@/lib/db/queries/incidents";
import { listWindows } from "@/lib/db/queries/spend";
import { directives } from "@/lib/db/schema";
import type { Plan } from "@/lib/db/plan";
import { invalidField, SentinelError } from "@/lib/errors";
import { wake } from "@/lib/wake";
import type { Actor } from "../actor";
import { nextDirective } from "../agents/directives";
import { commitOrConflict, conflict } from "../commit-or-conflict";
import { closeIfLast } from "./settle";
import { agentOf, tallyOf } from "./standing";

/** What a person decides about a budget that is used up, as they saw it. */
export interface BudgetDecision {
  subject: string;
  /** Of its window, epoch ms; 0 of a run or a tree. */
  start: number;
  /** Of what they saw. */
  version: number;
  decision: "more" | "stop";
  /** Of `more`, in units of the measure: on top of what was allowed before. */
  amount?: number | undefined;
  comment?: string | undefined;
}

/**
 * More budget for this run or this window, or the end of it. More lets go whom it held, by the loop, at once. Throws `conflict` when
 * somebody decided before or it has moved since, and `invalid` for an amount that is used up already.
 */
export async function decideBudget(db: Db, id: string, d: BudgetDecision, by: Actor, now: number): Promise<void> {
  await commitOrConflict(db, async (plan) => {
    const budget = await findBudget(db, id);
    if (!budget) throw new SentinelError("not_found", { detail: "No budget has this ID" });
    const [state] = await listStates(db, [[id, d.subject, d.start]]);
    if (!state) throw new SentinelError("not_found", { detail: "This subject has not used up the budget" });
    if (state.version !== d.version) throw conflict("It has changed since you saw it, or somebody has already decided");
    if (state.level !== "reached" || state.standing === "open" || state.standing === "ended")
      throw conflict(`There is nothing to decide: it is ${state.standing}`);
    if (d.decision === "more") await grant(plan, db, { budget, state, d, by }, now);
    else await stop(plan, db, { budget, state, d, by }, now);
  });
  wake("agents");
}

interface Deciding {
  budget: BudgetRow;
  state: BudgetState;
  d: BudgetDecision;
  by: Actor;
}

const FOR: Record<BudgetRow["window"], string> = {
  run: "for this run",
  hour: "for this hour",
  day: "for today",
  month: "for this month",
};

async function grant(plan: Plan, db: Db, { budget, state, d, by }: Deciding, now: number): Promise<void> {
  const { measure, scope, window } = budget;
  const amount = d.amount ?? 0;
  const refuse = (reason: string) => invalidField("amount", reason);
  if (!(amount > 0)) throw refuse("must be more than 0");
  const zone = window === "run" ? "" : budget.zone;
  const [row] = await listWindows(db, [{ scope, window, zone, start: state.start, subject: state.subject }]);
  const granted = state.granted + amount;
  if (row) {
    const verdict = judgeBudget(budget, tallyOf(row), granted);
    const beyond = Math.round((verdict.used - (verdict.limit - amount)) * NANO) / NANO;
    if (verdict.level === "reached")
      throw refuse(`must be more than ${measureText(measure, beyond)}: the amount already used beyond the limit`);
  }
  const text = `${by.name} allowed ${measureText(measure, amount)} more ${FOR[window]} to ${subjectText(scope, state.subject)}`;
  plan
    .claim(
      saveState(
        db,
        {
          ...state,
          granted,
          level: "warn",
          standing: "open",
          decidedBy: by.name,
          decidedAt: now,
          version: state.version + 1,
          updatedAt: now,
        },
        state,
      ),
    ) // prettier-ignore
    .tell({
      at: now,
      type: "budget.granted",
      agentId: agentOf(budget, state.subject),
      incidentId: state.incidentId,
      text: d.comment ? `${text}: ${d.comment}` : text,
      data: { budget: budget.id, subject: state.subject, amount, by: by.id },
    });
  await closeIfLast(plan, db, state, text, now);
  if (scope === "run") await tellGuard(plan, db, state, text, by, now);
}

/** A guard that holds the run itself hears of it at once with a new directive; of one that is paused the loop issues it. */
async function tellGuard(
  plan: Plan,
  db: Db,
  state: BudgetState,
  reason: string,
  by: Actor,
  now: number,
): Promise<void> {
  const agent = await findAgent(db, partsOf(state.subject)[0]);
  if (!agent || agent.paused) return;
  const current = await findDirective(db, agent.id, agent.directiveVersion);
  const directive = nextDirective(agent, current, {}, { reason, by: by.id, incidentId: state.incidentId }, now);
  plan.claim(agentClaim(agent, { directive }, now)).write(db.insert(directives).values(directive));
}

async function stop(plan: Plan, db: Db, { budget, state, d, by }: Deciding, now: number): Promise<void> {
  if (state.standing === "stopped") throw conflict("It is already stopped");
  const text = `${by.name} stopped ${subjectText(budget.scope, state.subject)}: its budget is used up`;
  plan
    .claim(
      saveState(
        db,
        {
          ...state,
          standing: "stopped",
          decidedBy: by.name,
          decidedAt: now,
          version: state.version + 1,
          updatedAt: now,
        },
        state,
      ),
    ) // prettier-ignore
    .tell({
      at: now,
      type: "budget.stopped",
      agentId: agentOf(budget, state.subject),
      incidentId: state.incidentId,
      text: d.comment ? `${text}. ${d.comment}` : text,
      data: { budget: budget.id, subject: state.subject, by: by.id },
    });
  const incident = state.incidentId ? await findIncident(db, state.incidentId) : null;
  if (incident && incident.closedAt === null && canMoveIncident(incident.state, "escalated"))
    plan.claim(incidentClaim(db, incident, { state: "escalated" }));
}
