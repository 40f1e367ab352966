import { type Budget, whyNot } from "@/lib/core/budgets/budget";
import { budgetText } from "@/lib/core/budgets/words";
import { isZone } from "@/lib/core/base/time-zone";
import type { Db } from "@/lib/db/client";
import { type BudgetRow, deleteBudget, findBudget, listBudgets, saveBudget } from "@/lib/db/queries/budgets";
import { SentinelError } from "@/lib/errors";
import { wake } from "@/lib/wake";
import type { Actor } from "../actor";
import { commitOrConflict } from "../commit-or-conflict";

/** Budgets there may be: every event is held against those that apply to it. */
const MAX_BUDGETS = 500;

const refuse = (field: string, reason: string) =>
  new SentinelError("invalid", { detail: `${field}: ${reason}`, fields: [{ field, reason }] });

/** Sets a budget, new or not. What was used so far counts: a limit below it is reached at the next look. Throws `invalid`, `conflict`. */
export async function setBudget(db: Db, budget: Budget, by: Actor, now: number): Promise<BudgetRow> {
  const why = whyNot(budget);
  if (why) throw refuse(...why);
  if (!isZone(budget.zone)) throw refuse("zone", "must be an IANA time zone, such as Europe/Berlin");
  const saved = await commitOrConflict(db, async (plan) => {
    const before = await findBudget(db, budget.id);
    const others = (await listBudgets(db)).filter(({ id }) => id !== budget.id);
    if (!before && others.length >= MAX_BUDGETS)
      throw refuse("id", `there are already ${MAX_BUDGETS} budgets, the maximum`);
    const twin = others.find((other) => SAME.every((field) => other[field] === budget[field]));
    if (twin) throw refuse("subject", `${twin.id} is already a budget for the same subject, window and measure`);
    const row: BudgetRow = {
      ...budget,
      createdAt: before?.createdAt ?? now,
      updatedAt: Math.max(now, (before?.updatedAt ?? 0) + 1),
      updatedBy: by.name,
    };
    plan.claim(saveBudget(db, row, before)).tell({
      at: now,
      type: "budget.set",
      text: before
        ? `${by.name} changed a budget: ${budgetText(before)} is now ${budgetText(budget)}`
        : `${by.name} set a budget: ${budgetText(budget)}`,
      data: { budget: budget.id, before: before && shown(before), after: shown(row), by: by.id },
    });
    return row;
  });
  wake("agents");
  return saved;
}

const SAME = ["scope", "subject", "window", "measure"] as const;

/** Takes a budget away; whom it held goes on. Throws `not_found`, `conflict`. */
export async function removeBudget(db: Db, id: string, by: Actor, now: number): Promise<void> {
  await commitOrConflict(db, async (plan) => {
    const before = await findBudget(db, id);
    if (!before) throw new SentinelError("not_found", { detail: "No budget has this ID" });
    plan.claim(deleteBudget(db, before)).tell({
      at: now,
      type: "budget.deleted",
      text: `${by.name} removed a budget: ${budgetText(before)}`,
      data: { budget: id, before: shown(before), by: by.id },
    });
  });
  wake("agents");
}

/** What of a budget its history keeps. */
const shown = ({ createdAt: _c, updatedAt: _u, updatedBy: _b, ...budget }: BudgetRow): Budget => budget;
