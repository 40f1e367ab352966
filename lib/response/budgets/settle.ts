import { isOf, judgeBudget } from "@/lib/core/budgets/budget";
import { subjectText } from "@/lib/core/budgets/words";
import { canMoveIncident } from "@/lib/core/base/lifecycle";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { countHeldFor, countHeldIn, lastSigns, listIdleBudgetIncidents } from "@/lib/db/queries/budget-holds";
import { type BudgetRow, type BudgetState, saveState } from "@/lib/db/queries/budgets";
import { findIncident, listOpen } from "@/lib/db/queries/incidents";
import { listWindows, type WindowKey, type WindowRow } from "@/lib/db/queries/spend";
import { Plan } from "@/lib/db/plan";
import type { SweepContext } from "../agents/context";
import { close } from "../close";
import { agentOf, RUN_LIVE_MS, tallyOf } from "./standing";

/** Ends what no longer holds: its window or its run is over, the budget is gone or was raised, a person closed the incident. Gives the rest. */
export async function settleHeld(
  ctx: SweepContext,
  states: readonly BudgetState[],
): Promise<{ state: BudgetState; budget: BudgetRow }[]> {
  const { db, budgets } = ctx;
  if (states.length === 0) return [];
  const byId = new Map(budgets.map((budget) => [budget.id, budget]));
  const rows = await listWindows(
    db,
    states.flatMap((state) => {
      const budget = byId.get(state.budgetId);
      return budget ? [windowKeyOf(budget, state)] : [];
    }),
  );
  const held: { state: BudgetState; budget: BudgetRow }[] = [];
  const subjects = (scope: "run" | "tree") =>
    states.flatMap((state) => (byId.get(state.budgetId)?.scope === scope ? [state.subject] : []));
  const signs = { run: await lastSigns(db, "run", subjects("run")), tree: await lastSigns(db, "tree", subjects("tree")) }; // prettier-ignore
  const open = new Set(
    (await listOpen(db, [...new Set(states.flatMap(({ incidentId }) => incidentId ?? []))])).map(({ id }) => id),
  );
  const at = new Map(rows.map((row) => [rowKey(row), row]));
  for (const state of states) {
    const budget = byId.get(state.budgetId);
    const why = endOf(ctx, state, budget, { signs, open, at });
    if (why === null) {
      if (budget) held.push({ state, budget });
      continue;
    }
    const raised = why === RAISED;
    const plan = new Plan()
      .claim(
        saveState(
          db,
          {
            ...state,
            standing: raised ? "open" : "ended",
            level: raised ? "warn" : state.level,
            version: state.version + 1,
            updatedAt: ctx.now,
          },
          state,
        ),
      ) // prettier-ignore
      .tell({
        at: ctx.now,
        type: "budget.ended",
        agentId: budget ? agentOf(budget, state.subject) : null,
        incidentId: state.incidentId,
        text: `${budget ? subjectText(budget.scope, state.subject) : state.subject}: ${why}`,
        data: { budget: state.budgetId, subject: state.subject },
      });
    await closeIfLast(plan, db, state, why, ctx.now);
    await commit(db, plan);
  }
  return held;
}

const windowKeyOf = (budget: BudgetRow, { subject, start }: BudgetState) =>
  ({
    scope: budget.scope,
    window: budget.window,
    zone: budget.window === "run" ? "" : budget.zone,
    start,
    subject,
  }) as const;

const RAISED = "the budget was raised";

const rowKey = ({ scope, window, zone, start, subject }: WindowKey): string =>
  `${scope}\n${window}\n${zone}\n${start}\n${subject}`;

interface Read {
  /** When runs and trees in progress last reported. */
  signs: Record<"run" | "tree", ReadonlyMap<string, number>>;
  /** Incidents that are open. */
  open: ReadonlySet<string>;
  at: ReadonlyMap<string, WindowRow>;
}

/** Why a budget holds no more; null while it does. */
function endOf(
  { now, budgets, config }: SweepContext,
  state: BudgetState,
  budget: BudgetRow | undefined,
  { signs, open, at }: Read,
): string | null {
  if (!budget || !isOf(budgets, budget, state.subject)) return "the budget was removed";
  if (now >= state.end) return `a new ${budget.window} has begun`;
  if (state.incidentId && !open.has(state.incidentId)) return "a person let it continue";
  if (budget.scope === "run" || budget.scope === "tree") {
    const heard = signs[budget.scope].get(state.subject);
    if (heard === undefined) return "the run has ended";
    // A held run is silent: it counts as ended only if nobody decided about it in time.
    if (now - heard > RUN_LIVE_MS && now - (state.reachedAt ?? now) > config.approvalTtlMs) return "the run has ended";
  }
  const row = at.get(rowKey(windowKeyOf(budget, state)));
  return row && isCounted(budget) && judgeBudget(budget, tallyOf(row), state.granted).level !== "reached"
    ? RAISED
    : null;
}

/** Time goes on by itself: only what is counted can be less than a raised limit. */
const isCounted = ({ measure }: BudgetRow): boolean => measure !== "wall_seconds" && measure !== "idle_seconds";

/** Closes incidents of budgets that hold nothing any more, such as those whose last agent a person has released. */
export async function closeEnded({ db, now }: SweepContext): Promise<void> {
  for (const incident of await listIdleBudgetIncidents(db)) {
    const plan = new Plan();
    const outcome = "no budget is used up and no agent is held any longer";
    await close(plan, db, incident, { state: "resolved", outcome, healed: false, text: `Closed: ${outcome}` }, now);
    await commit(db, plan);
  }
}

/** Plans the end of an incident with the last of its budgets, unless agents are still quarantined for it: those a person releases. */
export async function closeIfLast(plan: Plan, db: Db, state: BudgetState, outcome: string, now: number): Promise<void> {
  if (state.incidentId === null || (await countHeldIn(db, state.incidentId)) > 1) return;
  const incident = await findIncident(db, state.incidentId);
  if (!incident || incident.closedAt !== null || !canMoveIncident(incident.state, "resolved")) return;
  if ((await countHeldFor(db, incident.id)) > 0) return;
  await close(plan, db, incident, { state: "resolved", outcome, healed: false, text: `Closed: ${outcome}` }, now);
}
