import { and, desc, eq, gt, isNull, or } from "drizzle-orm";
import { type By, type Done, done } from "../audit";
import { type Db, write } from "../client";
import { commit } from "../commit";
import { apiTokens } from "../schema";

export type ApiTokenRow = typeof apiTokens.$inferSelect;

export async function insertApiToken(db: Db, row: typeof apiTokens.$inferInsert, made: Done): Promise<void> {
  await commit(db, { claims: [db.insert(apiTokens).values(row)], done: [made] });
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
export async function setApiTokenRevoked(db: Db, id: string, now: number, by: By): Promise<boolean> {
  const revoked = db
    .update(apiTokens)
    .set({ revokedAt: now })
    .where(and(eq(apiTokens.id, id), isNull(apiTokens.revokedAt)));
  return (await commit(db, { claims: [revoked], done: [done(now, by, "token.revoke", "token", id)] })) !== null;
}

export async function setApiTokenUsed(db: Db, id: string, now: number): Promise<void> {
  await write(db, [db.update(apiTokens).set({ lastUsedAt: now }).where(eq(apiTokens.id, id))], { grouped: true });
}
