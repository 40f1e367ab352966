import { and, desc, eq, gt, isNull, or } from "drizzle-orm";
import { type Db, write } from "../client";
import { apiTokens } from "../schema";

export type ApiTokenRow = typeof apiTokens.$inferSelect;

export async function insertApiToken(db: Db, row: typeof apiTokens.$inferInsert): Promise<void> {
  await write(db, [db.insert(apiTokens).values(row)]);
}

/** Every token, expired and revoked ones too, newest first. */
export const listApiTokens = (db: Db): Promise<ApiTokenRow[]> =>
  db.select().from(apiTokens).orderBy(desc(apiTokens.createdAt), apiTokens.id);

/** The token with this hash, unless it was revoked or has expired. */
export async function findLiveApiToken(db: Db, hash: string, now: number): Promise<ApiTokenRow | null> {
  const live = and(
    eq(apiTokens.hash, hash),
    isNull(apiTokens.revokedAt),
    or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, now)),
  );
  return (await db.query.apiTokens.findFirst({ where: live })) ?? null;
}

/** Ends a token. False when there is no such token, or it was revoked before. */
export async function setApiTokenRevoked(db: Db, id: string, now: number): Promise<boolean> {
  const revoked = db
    .update(apiTokens)
    .set({ revokedAt: now })
    .where(and(eq(apiTokens.id, id), isNull(apiTokens.revokedAt)));
  const [result] = await write(db, [revoked]);
  return result!.rowsAffected === 1;
}

export async function setApiTokenUsed(db: Db, id: string, now: number): Promise<void> {
  await write(db, [db.update(apiTokens).set({ lastUsedAt: now }).where(eq(apiTokens.id, id))], { grouped: true });
}
