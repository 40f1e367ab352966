import { asc, count, eq, sql } from "drizzle-orm";
import type { Db, Statement } from "../client";
import { budgets, budgetStates, incidents } from "../schema";

export type BudgetRow = typeof budgets.$inferSelect;
export type BudgetState = typeof budgetStates.$inferSelect;

export const listBudgets = (db: Db): Promise<BudgetRow[]> => db.select().from(budgets).orderBy(asc(budgets.id));

export async function findBudget(db: Db, id: string): Promise<BudgetRow | null> {
  return (await db.query.budgets.findFirst({ where: eq(budgets.id, id) })) ?? null;
}

/** A claim on a budget as it was read (null: there was none): lost if somebody changed it since. */
export function saveBudget(db: Db, row: BudgetRow, before: BudgetRow | null): Statement {
  if (before === null) return db.insert(budgets).values(row).onConflictDoNothing();
  const { id, ...set } = row;
  return db
    .update(budgets)
    .set(set)
    .where(sql`${budgets.id} = ${id} AND ${budgets.updatedAt} = ${before.updatedAt}`);
}

/** A claim. */
export const deleteBudget = (db: Db, before: BudgetRow): Statement =>
  db.delete(budgets).where(sql`${budgets.id} = ${before.id} AND ${budgets.updatedAt} = ${before.updatedAt}`);

const HELD = sql`${budgetStates.standing} IN ('asking', 'stopped', 'recorded')`;

/** Budgets that are used up, with what is done about it. Few. */
export const listHeldStates = (db: Db): Promise<BudgetState[]> => db.select().from(budgetStates).where(HELD);

/** Budgets that are used up and about which a person has to decide, in windows that have not ended. */
export async function countAsking(db: Db, now: number): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(budgetStates)
    .where(sql`${budgetStates.standing} = 'asking' AND ${budgetStates.end} > ${now}`);
  return row?.n ?? 0;
}

/** How far these budgets got: keys are [budget, subject, start]. */
export async function listStates(db: Db, keys: readonly [string, string, number][]): Promise<BudgetState[]> {
  if (keys.length === 0) return [];
  return db
    .select()
    .from(budgetStates)
    .where(
      sql`(${budgetStates.budgetId}, ${budgetStates.subject}, ${budgetStates.start}) IN
          (SELECT value->>0, value->>1, value->>2 FROM json_each(${JSON.stringify(keys)}))`,
    );
}

/** Whose question a person dismissed: it holds nobody any more. */
const WAIVED = sql`(${budgetStates.standing} = 'ended' AND ${incidents.state} = 'dismissed')`;

/** What was granted on top of budgets of runs and trees, for directives, and which were waived by a dismissal; the newest last. */
export const listRunGrants = (db: Db, budgetIds: readonly string[]) =>
  db
    .select({
      budgetId: budgetStates.budgetId,
      subject: budgetStates.subject,
      granted: budgetStates.granted,
      waived: sql`coalesce(${WAIVED}, 0)`.mapWith(Boolean),
    })
    .from(budgetStates)
    .leftJoin(incidents, eq(incidents.id, budgetStates.incidentId))
    .where(
      sql`${budgetStates.budgetId} IN (SELECT value FROM json_each(${JSON.stringify(budgetIds)})) AND (${budgetStates.granted} > 0 OR ${WAIVED})`,
    )
    .orderBy(sql`coalesce(${budgetStates.decidedAt}, ${budgetStates.updatedAt})`, asc(budgetStates.subject));

/** A claim on how a budget stood when it was read (null: nothing was written of it yet): lost if it has moved since. */
export function saveState(db: Db, row: BudgetState, before: BudgetState | null): Statement {
  if (before === null) return db.insert(budgetStates).values(row).onConflictDoNothing();
  const { budgetId, subject, start, ...set } = row;
  return db
    .update(budgetStates)
    .set(set)
    .where(
      sql`${budgetStates.budgetId} = ${budgetId} AND ${budgetStates.subject} = ${subject} AND ${budgetStates.start} = ${start}
          AND ${budgetStates.version} = ${before.version}`,
    );
}
