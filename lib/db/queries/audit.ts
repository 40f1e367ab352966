import { and, asc, desc, eq, gt, gte, lt, lte, sql, type SQL } from "drizzle-orm";
import type { OwnAct } from "@/lib/core/base/audit-acts";
import { type AuditActor, type AuditEntry, NO_HEAD } from "@/lib/core/base/audit-chain";
import { type By, done } from "../audit";
import type { Db } from "../client";
import { record } from "../commit";
import { auditLog } from "../schema";

interface AuditFilter {
  /** ID of who did it. */
  actor?: string | undefined;
  /** An action, or the part before its dot: `incident` finds `incident.acknowledge`. */
  action?: string | undefined;
  /** ID of what it was done to. */
  subject?: string | undefined;
  /** Epoch ms, both included. */
  from?: number | undefined;
  to?: number | undefined;
}

/** The newest entry's number, hash and time; seq 0 while there is none. */
export async function findAuditHead(db: Db): Promise<{ seq: number; hash: string; at: number }> {
  const { seq, hash, at } = auditLog;
  const [row] = await db.select({ seq, hash, at }).from(auditLog).orderBy(desc(seq)).limit(1);
  return row ?? { ...NO_HEAD, at: 0 };
}

/** The hash of an entry; null: there is none. */
export async function findAuditHash(db: Db, seq: number): Promise<string | null> {
  const [row] = await db.select({ hash: auditLog.hash }).from(auditLog).where(eq(auditLog.seq, seq));
  return row?.hash ?? null;
}

/** Whether a row stands before the first entry, where none can. */
export async function hasAuditBeforeFirst(db: Db): Promise<boolean> {
  return (await db.select({ seq: auditLog.seq }).from(auditLog).where(lt(auditLog.seq, 1)).limit(1)).length > 0;
}

/** Entries behind `after` up to `upTo`, in their order. */
export async function listAuditAfter(db: Db, after: number, upTo: number, limit: number): Promise<AuditEntry[]> {
  const rows = await db
    .select()
    .from(auditLog)
    .where(and(gt(auditLog.seq, after), lte(auditLog.seq, upTo)))
    .orderBy(asc(auditLog.seq))
    .limit(limit);
  return rows.map(entryOf);
}

/** How far the clocks of processes that write may be apart, in ms: entries stand in the order in which they were written. */
const CLOCKS_APART_MS = 10 * 60_000;

/** An entry from before a time, or 0: what was written before it is no younger, within {@link CLOCKS_APART_MS}, and need not be read. */
const lastBefore = (time: number): SQL =>
  sql`coalesce((SELECT seq FROM audit_log WHERE at < ${time} ORDER BY at DESC LIMIT 1), 0)`;

/** The newest entries below `before` that a filter lets through, newest first. */
export async function listAudit(
  db: Db,
  filter: AuditFilter,
  before: number | undefined,
  limit: number,
): Promise<AuditEntry[]> {
  const { actor, action, subject, from, to } = filter;
  const wanted: (SQL | undefined)[] = [
    before === undefined ? undefined : lt(auditLog.seq, before),
    actor === undefined ? undefined : eq(auditLog.actorId, actor),
    action === undefined
      ? undefined
      : action.includes(".")
        ? eq(auditLog.action, action)
        : and(gte(auditLog.action, `${action}.`), lt(auditLog.action, `${action}/`)),
    subject === undefined ? undefined : eq(auditLog.subjectId, subject),
    from === undefined ? undefined : and(gte(auditLog.at, from), gt(auditLog.seq, lastBefore(from - CLOCKS_APART_MS))),
    to === undefined ? undefined : lte(auditLog.at, to),
    gt(auditLog.seq, 0),
  ];
  const rows = await db
    .select()
    .from(auditLog)
    .where(and(...wanted))
    .orderBy(desc(auditLog.seq))
    .limit(limit);
  return rows.map(entryOf);
}

/** As many as a list to choose from can hold; whoever did nothing for long is found by their ID. */
const ACTORS = 100;
/** Actors looked at: each costs two steps in an index, however many entries they have. */
const MOST_ACTORS = 10_000;

/** Who did something, whoever did last first; each once, under the newest name. Steps from actor to actor instead of reading every entry. */
export async function listAuditActors(db: Db): Promise<AuditActor[]> {
  return db.all<AuditActor>(sql`
    WITH RECURSIVE actors (id, n) AS (
      SELECT min(actor_id), 1 FROM audit_log
      UNION ALL
      SELECT (SELECT min(actor_id) FROM audit_log WHERE actor_id > actors.id), n + 1 FROM actors
        WHERE actors.id IS NOT NULL AND n < ${MOST_ACTORS}
    )
    SELECT entry.actor_kind AS kind, entry.actor_id AS id, entry.actor_name AS name
    FROM actors JOIN audit_log entry ON entry.seq = (SELECT max(seq) FROM audit_log WHERE actor_id = actors.id)
    ORDER BY entry.seq DESC LIMIT ${ACTORS}`);
}

const entryOf = (row: typeof auditLog.$inferSelect): AuditEntry => ({
  seq: row.seq,
  at: row.at,
  actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
  action: row.action,
  subject: { kind: row.subjectKind, id: row.subjectId },
  details: row.details,
  prev: row.prev,
  hash: row.hash,
});

/** Records what is done elsewhere than in this database, or changes nothing in it. `what`: the action, and the kind and ID of its subject. */
export const recordAct = (
  db: Db,
  by: By,
  [action, kind, id]: readonly [OwnAct, string, string],
  now: number,
  details?: object,
): Promise<void> => record(db, done(now, by, action, kind, id, details));
