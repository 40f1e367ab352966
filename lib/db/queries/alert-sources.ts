import { and, desc, eq, isNull, sql } from "drizzle-orm";
import type { AlertSourceKind } from "@/lib/core/vocabulary";
import { type Db, write } from "../client";
import { alertSources } from "../schema";

export type AlertSourceRow = typeof alertSources.$inferSelect;

export async function insertAlertSource(db: Db, row: typeof alertSources.$inferInsert): Promise<void> {
  await write(db, [db.insert(alertSources).values(row)]);
}

/** Every source, revoked ones too, newest first. */
export const listAlertSources = (db: Db): Promise<AlertSourceRow[]> =>
  db.select().from(alertSources).orderBy(desc(alertSources.createdAt), alertSources.id);

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

/** Ends a source. False when there is no such source, or it was revoked before. */
export async function setSourceRevoked(db: Db, id: string, now: number): Promise<boolean> {
  const revoked = db
    .update(alertSources)
    .set({ revokedAt: now })
    .where(and(eq(alertSources.id, id), isNull(alertSources.revokedAt)));
  const [result] = await write(db, [revoked]);
  return result!.rowsAffected === 1;
}

export async function findAlertSource(db: Db, id: string): Promise<AlertSourceRow | null> {
  return (await db.query.alertSources.findFirst({ where: eq(alertSources.id, id) })) ?? null;
}
