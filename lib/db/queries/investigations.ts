import { and, asc, desc, eq, lte } from "drizzle-orm";
import { type Db, type Statement, write } from "../client";
import { causes, investigations, trajectory } from "../schema";

export type InvestigationRow = typeof investigations.$inferSelect;
export type TrajectoryStep = typeof trajectory.$inferSelect;
export type CauseRow = typeof causes.$inferSelect;

/** Running ones whose lease ran out: their process is gone. */
export const listAbandoned = (db: Db, now: number): Promise<InvestigationRow[]> =>
  db
    .select()
    .from(investigations)
    .where(and(eq(investigations.state, "running"), lte(investigations.leaseUntil, now)));

export const listTrajectory = (db: Db, investigationId: string): Promise<TrajectoryStep[]> =>
  db.select().from(trajectory).where(eq(trajectory.investigationId, investigationId)).orderBy(asc(trajectory.seq));

/** The latest investigation of an incident, running or not. */
export async function findInvestigation(db: Db, incidentId: string): Promise<InvestigationRow | null> {
  const [row] = await db
    .select()
    .from(investigations)
    .where(eq(investigations.incidentId, incidentId))
    .orderBy(desc(investigations.startedAt), desc(investigations.id))
    .limit(1);
  return row ?? null;
}

export const listCauses = (db: Db, incidentId: string): Promise<CauseRow[]> =>
  db.select().from(causes).where(eq(causes.incidentId, incidentId)).orderBy(asc(causes.rank));

/** A claim on a running investigation by whoever holds its lease, or takes it over as it was read. */
export const investigationClaim = (
  db: Db,
  row: Pick<InvestigationRow, "id" | "attempt" | "owner">,
  set: Partial<InvestigationRow>,
): Statement =>
  db
    .update(investigations)
    .set(set)
    .where(
      and(
        eq(investigations.id, row.id),
        eq(investigations.attempt, row.attempt),
        eq(investigations.owner, row.owner),
        eq(investigations.state, "running"),
      ),
    );

/** One thing that a specialist did, as it ended. */
export interface StepToStore extends Pick<
  TrajectoryStep,
  "node" | "tool" | "author" | "startedAt" | "ms" | "tokens" | "usd" | "ok"
> {
  args: unknown;
  digest: string | null;
  preview: string;
  result?: unknown;
}

/** One step, as it ends. */
export async function storeStep(
  db: Db,
  row: Pick<InvestigationRow, "id" | "incidentId">,
  step: StepToStore,
): Promise<void> {
  await write(db, [
    db.insert(trajectory).values({
      investigationId: row.id,
      incidentId: row.incidentId,
      node: step.node,
      tool: step.tool,
      args: step.args,
      resultDigest: step.digest,
      preview: step.preview,
      result: step.result ?? null,
      author: step.author,
      startedAt: step.startedAt,
      ms: step.ms,
      tokens: step.tokens,
      usd: step.usd,
      ok: step.ok,
    }),
  ]);
}
