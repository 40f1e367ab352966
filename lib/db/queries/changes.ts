import { and, asc, desc, eq, getTableColumns, gte, inArray, lt, ne, or, sql } from "drizzle-orm";
import type { z } from "zod";
import type { ChangesQuery, ChangeView } from "@/lib/contracts/changes";
import type { ChangeEffect, EffectCall } from "@/lib/core/agents/change-effect";
import type { Db, Statement } from "@/lib/db/client";
import { changeDiffs, changes } from "@/lib/db/schema";
import type { Change } from "./sweep";

/** The newest changes, declared and seen, of one subject or of all; those behind `after`, a change of that moment (epoch ms) and ID. */
export async function listChanges(
  db: Db,
  query: z.output<typeof ChangesQuery> & { after?: { at: number; id: string } | undefined },
): Promise<ChangeView[]> {
  const rows = await db
    .select()
    .from(changes)
    .where(
      and(
        query.subject ? eq(changes.subjectId, query.subject) : undefined,
        query.subject_kind ? eq(changes.subjectKind, query.subject_kind) : undefined,
        query.kind ? eq(changes.kind, query.kind) : undefined,
        query.declared === undefined ? undefined : eq(changes.declared, query.declared === "true"),
        query.before === undefined ? undefined : lt(changes.at, query.before),
        query.after && sql`(${changes.at}, ${changes.id}) < (${query.after.at}, ${query.after.id})`,
        query.q === undefined ? undefined : says(query.q),
      ),
    )
    .orderBy(desc(changes.at), desc(changes.id))
    .limit(query.limit);
  return rows.map(changeView);
}

/** What was announced of these agents from one moment to before another, epoch ms, the first one first. */
export const listDeclared = (db: Db, agents: readonly string[], from: number, to: number) =>
  db
    .select()
    .from(changes)
    .where(
      and(
        eq(changes.subjectKind, "agent"),
        inArray(changes.subjectId, [...agents]),
        eq(changes.declared, true),
        ne(changes.kind, "healing"),
        gte(changes.at, from),
        lt(changes.at, to),
      ),
    )
    .orderBy(asc(changes.at), asc(changes.id));

/** What an announcement says, and who said it. */
export type Announced = Pick<Change, "kind" | "from" | "to" | "note" | "source"> & {
  diff: { files: readonly string[]; diff?: string | undefined } | null;
};

/**
 * The newest announced change of a subject, where it says `said`: of those that are about the moment `at`, or of those announced since a
 * moment, epoch ms. About a moment others may be announced as well; since a moment the newest alone counts.
 */
export async function findAnnounced(
  db: Db,
  subject: { kind: Change["subjectKind"]; id: string },
  { diff, ...said }: Announced,
  when: { at: number } | { since: number },
): Promise<Change | null> {
  const same = and(
    ...(["kind", "from", "to", "note", "source"] as const).map((field) => sql`${changes[field]} IS ${said[field]}`),
    sql`${changeDiffs.files} IS ${diff && JSON.stringify(diff.files)}`,
    sql`${changeDiffs.diff} IS ${diff?.diff ?? null}`,
  )!;
  const [newest] = await db
    .select({ change: getTableColumns(changes), same: sql<number>`${same}` })
    .from(changes)
    .leftJoin(changeDiffs, eq(changeDiffs.changeId, changes.id))
    .where(
      and(
        eq(changes.subjectKind, subject.kind),
        eq(changes.subjectId, subject.id),
        eq(changes.declared, true),
        "since" in when ? gte(changes.createdAt, when.since) : and(eq(changes.at, when.at), same),
      ),
    )
    .orderBy(desc(changes.createdAt), desc(sql`${changes}.rowid`))
    .limit(1);
  return newest?.same ? newest.change : null;
}

/** Whether a change says these words anywhere, whatever their case. `instr` takes them as they are: no wildcard in them counts. */
const says = (words: string) =>
  or(
    ...[changes.subjectId, changes.from, changes.to, changes.note, changes.source].map(
      (column) => sql`instr(lower(${column}), lower(${words})) > 0`,
    ),
  );

export function changeView(row: typeof changes.$inferSelect): ChangeView {
  return {
    id: row.id,
    subject_kind: row.subjectKind,
    subject_id: row.subjectId,
    kind: row.kind,
    at: row.at,
    declared: row.declared,
    from: row.from,
    to: row.to,
    note: row.note,
    source: row.source,
    effect: row.effect && {
      measured_at: row.effect.measuredAt,
      settled: row.status === "settled",
      metrics: row.effect.metrics,
    },
  };
}

/** Changes of agents that nobody declared and whose effect was not measured since then (epoch ms), the newest first. */
export const listToMeasure = (db: Db, measuredBefore: number, limit: number): Promise<Change[]> =>
  db
    .select()
    .from(changes)
    .where(
      sql`status = 'watched' AND ${changes.subjectKind} = 'agent'
        AND (${changes.effect} IS NULL OR ${changes.effect} ->> 'measuredAt' <= ${measuredBefore})`,
    )
    .orderBy(desc(changes.at))
    .limit(limit);

/** The place of the event that showed a change; null where its anomaly is not kept any more. */
export async function findChangeSeq(db: Db, agentId: string, at: number): Promise<number | null> {
  const [row] = await db.all<{ seq: number }>(sql`
    SELECT event_seq AS seq FROM anomalies
    WHERE agent_id = ${agentId} AND at = ${at} AND evidence ->> 'evidence' = 'change' ORDER BY event_seq LIMIT 1`);
  return row?.seq ?? null;
}

/** When the same subject changed last before a change, and next after it, epoch ms; null: never. */
export async function findNeighbours(
  db: Db,
  { subjectKind, subjectId, at }: Pick<Change, "subjectKind" | "subjectId" | "at">,
): Promise<{ previous: number | null; next: number | null }> {
  const [row] = await db.all<{ previous: number | null; next: number | null }>(sql`
    SELECT (SELECT max(at) FROM changes WHERE subject_kind = ${subjectKind} AND subject_id = ${subjectId} AND at < ${at}) AS previous,
      (SELECT min(at) FROM changes WHERE subject_kind = ${subjectKind} AND subject_id = ${subjectId} AND at > ${at}) AS next`);
  return row!;
}

/** Events looked at for one side of a comparison: an agent that only sends heartbeats has no calls among thousands. */
const LOOKED_AT = 2_000;

/**
 * The last calls of an agent that arrived before an event and began since a moment, or the first ones from an event on that began before a
 * moment, epoch ms.
 */
export async function listCalls(
  db: Db,
  agentId: string,
  of: { before: number; since: number; limit: number } | { from: number; until: number; limit: number },
): Promise<EffectCall[]> {
  const place = "before" in of ? sql`seq < ${of.before} ORDER BY seq DESC` : sql`seq >= ${of.from} ORDER BY seq`;
  const time = "before" in of ? sql`at >= ${of.since}` : sql`at < ${Math.min(of.until, Number.MAX_SAFE_INTEGER)}`;
  const rows = await db.all<{
    kind: string;
    cost: number | null;
    latencyMs: number | null;
    success: number | null;
  }>(sql`
    SELECT kind, body ->> 'cost' AS cost, body ->> 'latency_ms' AS latencyMs, body ->> 'success' AS success
    FROM (SELECT kind, at, body FROM agent_events WHERE agent_id = ${agentId} AND ${place} LIMIT ${LOOKED_AT})
    WHERE kind IN ('model_call', 'tool_call') AND ${time} LIMIT ${of.limit}`);
  return rows.map(({ kind, cost, latencyMs, success }) => ({
    model: kind === "model_call",
    cost,
    latencyMs,
    success: success === null ? null : success === 1,
  }));
}

/** A claim: what was measured of a change that is still watched. `settled`: it is not measured again. */
export const effectClaim = (db: Db, id: string, effect: ChangeEffect, settled: boolean): Statement =>
  db
    .update(changes)
    .set({ effect, ...(settled ? { status: "settled" as const } : {}) })
    .where(and(eq(changes.id, id), eq(changes.status, "watched")));

/** What changed of these agents between two moments, epoch ms, but for what was done to heal them; the newest first. */
export async function listChangesAround(
  db: Db,
  agents: readonly string[],
  from: number,
  to: number,
  limit: number,
): Promise<ChangeView[]> {
  const rows = await db
    .select()
    .from(changes)
    .where(
      and(
        eq(changes.subjectKind, "agent"),
        sql`${changes.subjectId} IN (SELECT value FROM json_each(${JSON.stringify(agents)}))`,
        ne(changes.kind, "healing"),
        gte(changes.at, from),
        lt(changes.at, to),
      ),
    )
    .orderBy(desc(changes.at), desc(changes.id))
    .limit(limit);
  return rows.map(changeView);
}
