import { and, asc, desc, eq, gt, gte, like, lt, lte, sql, type SQL } from "drizzle-orm";
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
        : like(auditLog.action, `${action}.%`),
    subject === undefined ? undefined : eq(auditLog.subjectId, subject),
    from === undefined ? undefined : gte(auditLog.at, from),
    to === undefined ? undefined : lte(auditLog.at, to),
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

/** Who did something, whoever did last first; each once, under the newest name. */
export async function listAuditActors(db: Db): Promise<AuditActor[]> {
  const last = sql<number>`max(${auditLog.seq})`;
  // SQLite takes the other columns from the row that has the maximum.
  const rows = await db
    .select({ kind: auditLog.actorKind, id: auditLog.actorId, name: auditLog.actorName, last })
    .from(auditLog)
    .groupBy(auditLog.actorId)
    .orderBy(desc(last))
    .limit(ACTORS);
  return rows.map(({ kind, id, name }) => ({ kind, id, name }));
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
