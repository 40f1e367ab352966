import { and, asc, desc, eq, isNotNull, isNull, lte, sql } from "drizzle-orm";
import { type CauseKind, DIAGNOSES, type Diagnosis } from "@/lib/core/base/vocabulary";
import type { JudgedCause } from "@/lib/core/causes/confidence";
import { type Db, type Statement, write } from "../client";
import { causes, investigations, postmortems, trajectory } from "../schema";

export type InvestigationRow = typeof investigations.$inferSelect;
export type TrajectoryStep = typeof trajectory.$inferSelect;
export type Cause = typeof causes.$inferSelect;
/** A possible cause of a service's trouble. */
export type CauseRow = Cause & { kind: CauseKind | "no_fault" | "unknown" };
/** A possible cause of what an agent did. */
export type DiagnosisRow = Cause & { kind: Diagnosis };

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

/** Every investigation of an incident, the first one first. */
export const listInvestigations = (db: Db, incidentId: string): Promise<InvestigationRow[]> =>
  db
    .select()
    .from(investigations)
    .where(eq(investigations.incidentId, incidentId))
    .orderBy(asc(investigations.startedAt), asc(investigations.id));

export async function countInvestigations(db: Db, incidentId: string): Promise<number> {
  return db.$count(investigations, eq(investigations.incidentId, incidentId));
}

/** Ends a running investigation: what comes of it is not taken any more. */
export const supersedeInvestigation = (incidentId: string, reason: string, now: number): Statement => ({
  sql: "UPDATE investigations SET state = 'failed', ended_at = ?, cut_short = ? WHERE incident_id = ? AND state = 'running'",
  args: [now, reason, incidentId],
});

/** The possible causes of an incident, the likeliest first. An incident of agents has diagnoses, one of services causes. */
export const listAllCauses = (db: Db, incidentId: string): Promise<Cause[]> =>
  db.select().from(causes).where(eq(causes.incidentId, incidentId)).orderBy(asc(causes.rank));

export async function countCauses(db: Db, incidentId: string): Promise<number> {
  return db.$count(causes, eq(causes.incidentId, incidentId));
}

export const listCauses = async (db: Db, incidentId: string): Promise<CauseRow[]> =>
  (await listAllCauses(db, incidentId)).filter(
    (row): row is CauseRow => row.kind === "unknown" || !isDiagnosis(row.kind),
  );

export const listDiagnoses = async (db: Db, incidentId: string): Promise<DiagnosisRow[]> =>
  (await listAllCauses(db, incidentId)).filter((row): row is DiagnosisRow => isDiagnosis(row.kind));

const isDiagnosis = (kind: Cause["kind"]): kind is Diagnosis => DIAGNOSES.some((diagnosis) => diagnosis === kind);

/** What an earlier investigation found is replaced: its rows would contradict the new ones. */
export const dropFindings = (incidentId: string): Statement[] => [
  { sql: "DELETE FROM findings WHERE incident_id = ?", args: [incidentId] },
  dropCauses(incidentId),
];

export const dropCauses = (incidentId: string): Statement => ({
  sql: "DELETE FROM causes WHERE incident_id = ?",
  args: [incidentId],
});

/** A claim: a person's thumb on a cause, in place of the one that it had when it was read. */
export const feedbackClaim = (cause: Pick<Cause, "id" | "feedback">, sign: 1 | -1, by: string): Statement => ({
  sql: "UPDATE causes SET feedback = ?, feedback_by = ? WHERE id = ? AND coalesce(feedback, 0) = ?",
  args: [sign, by, cause.id, cause.feedback ?? 0],
});

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

/** The draft of a closed incident's post-mortem, in markdown. */
export async function findPostmortem(db: Db, incidentId: string): Promise<string | null> {
  const row = await db.query.postmortems.findFirst({ where: eq(postmortems.incidentId, incidentId) });
  return row?.markdown ?? null;
}

/** Unfitted confidences of first causes, of services or of agents, that a person has called right or wrong, the newest first. */
export async function listJudgedConfidences(db: Db, of: "service" | "agent", limit: number): Promise<JudgedCause[]> {
  const rows = await db
    .select({
      kind: causes.kind,
      // Investigations of older versions keep it in their report.
      confidence: sql<
        number | null
      >`coalesce(${causes.raw}, json_extract(${investigations.report}, '$.raw_confidences[0]'))`,
      feedback: causes.feedback,
    })
    .from(causes)
    .leftJoin(investigations, eq(investigations.id, causes.investigationId))
    .where(
      and(
        eq(causes.rank, 0),
        isNotNull(causes.feedback),
        of === "agent" ? isNull(causes.investigationId) : isNotNull(causes.investigationId),
      ),
    )
    .orderBy(desc(causes.at))
    .limit(limit);
  return rows.flatMap(({ kind, confidence, feedback }) =>
    confidence === null || feedback === null ? [] : [{ kind, confidence, right: feedback > 0 }],
  );
}
