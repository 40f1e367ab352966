import { and, desc, eq, isNull, sql } from "drizzle-orm";
import type { AlertSourceKind } from "@/lib/core/base/vocabulary";
import { type By, type Done, done } from "../audit";
import { type Db, type Statement, write } from "../client";
import { commit } from "../commit";
import { alertSources } from "../schema";

export type AlertSourceRow = typeof alertSources.$inferSelect;

export async function insertAlertSource(db: Db, row: typeof alertSources.$inferInsert, made: Done): Promise<void> {
  await commit(db, { claims: [db.insert(alertSources).values(row)], done: [made] });
}

/** Every source, revoked ones too, newest first. */
export const listAlertSources = (db: Db): Promise<AlertSourceRow[]> =>
  db.select().from(alertSources).orderBy(desc(alertSources.createdAt), alertSources.id);

/** The kinds of all sources, by id. */
export const alertSourceKinds = async (db: Db): Promise<ReadonlyMap<string, AlertSourceKind>> =>
  new Map((await listAlertSources(db)).map(({ id, kind }) => [id, kind]));

/** The source of this kind with this token's hash, unless it was revoked. */
export async function findLiveSource(db: Db, kind: AlertSourceKind, tokenHash: string): Promise<AlertSourceRow | null> {
  const [row] = await db
    .select()
    .from(alertSources)
    .where(and(eq(alertSources.kind, kind), eq(alertSources.tokenHash, tokenHash), isNull(alertSources.revokedAt)));
  return row ?? null;
}

/** Counts a message of a source. */
export async function countReceived(db: Db, id: string, now: number): Promise<void> {
  const counted = db
    .update(alertSources)
    .set({ lastAt: now, received: sql`${alertSources.received} + 1` })
    .where(eq(alertSources.id, id));
  await write(db, [counted], { grouped: true });
}

/** Counts a message of a sender that signs: it has no token, and is listed from its first message on. */
export const countSigned = (db: Db, { id, kind }: Pick<AlertSourceRow, "id" | "kind">, now: number): Statement =>
  db
    .insert(alertSources)
    .values({ id, kind, createdAt: now, createdBy: "configuration", lastAt: now, received: 1 })
    .onConflictDoUpdate({
      target: alertSources.id,
      set: { lastAt: now, received: sql`${alertSources.received} + 1` },
    });

/** Notes that something of a source was refused, and why. */
export async function countRefused(
  db: Db,
  id: string,
  { count, reason }: { count: number; reason: string },
  now: number,
): Promise<void> {
  const counted = db
    .update(alertSources)
    .set({ refused: sql`${alertSources.refused} + ${count}`, lastRefusal: reason, lastRefusalAt: now })
    .where(eq(alertSources.id, id));
  await write(db, [counted], { grouped: true });
}

/** Ends a source. False when there is no such source, or it was revoked before. */
export async function setSourceRevoked(db: Db, id: string, now: number, by: By): Promise<boolean> {
  const revoked = db
    .update(alertSources)
    .set({ revokedAt: now })
    .where(and(eq(alertSources.id, id), isNull(alertSources.revokedAt)));
  const revoke = done(now, by, "alert_source.revoke", "alert_source", id);
  return (await commit(db, { claims: [revoked], done: [revoke] })) !== null;
}

export async function findAlertSource(db: Db, id: string): Promise<AlertSourceRow | null> {
  return (await db.query.alertSources.findFirst({ where: eq(alertSources.id, id) })) ?? null;
}
