import { and, count, desc, eq, isNull } from "drizzle-orm";
import { type By, type Done, done } from "../audit";
import { type Db, type Statement, write } from "../client";
import { commit, type StreamEvent } from "../commit";
import { agents, ingestKeys } from "../schema";

export type KeyRow = typeof ingestKeys.$inferSelect;

/** `told`: what the world is told of it; `made`: what the audit log is. */
export async function insertKey(
  db: Db,
  row: typeof ingestKeys.$inferInsert,
  told: StreamEvent | undefined,
  made: Done,
): Promise<void> {
  await commit(db, { claims: [db.insert(ingestKeys).values(row)], events: told ? [told] : [], done: [made] });
}

/** Every key, revoked ones too, newest first. */
export const listKeys = (db: Db): Promise<KeyRow[]> =>
  db.select().from(ingestKeys).orderBy(desc(ingestKeys.createdAt), ingestKeys.id);

/** The key with this hash, unless it was revoked. */
export async function findLiveKey(db: Db, hash: string): Promise<KeyRow | null> {
  const [row] = await db
    .select()
    .from(ingestKeys)
    .where(and(eq(ingestKeys.hash, hash), isNull(ingestKeys.revokedAt)));
  return row ?? null;
}

export async function findKey(db: Db, id: string): Promise<KeyRow | null> {
  return (await db.query.ingestKeys.findFirst({ where: eq(ingestKeys.id, id) })) ?? null;
}

/** Whether content that a key sends is kept from now on. */
export const setKeyContent = (db: Db, id: string, content: boolean): Statement =>
  db.update(ingestKeys).set({ content }).where(eq(ingestKeys.id, id));

/** Ends a key. False when there is no such key, or it was revoked before. */
export async function setKeyRevoked(db: Db, id: string, now: number, by: By): Promise<boolean> {
  const revoked = db
    .update(ingestKeys)
    .set({ revokedAt: now })
    .where(and(eq(ingestKeys.id, id), isNull(ingestKeys.revokedAt)));
  return (await commit(db, { claims: [revoked], done: [done(now, by, "key.revoke", "key", id)] })) !== null;
}

export async function setKeyUsed(db: Db, id: string, now: number): Promise<void> {
  await write(db, [db.update(ingestKeys).set({ lastUsedAt: now }).where(eq(ingestKeys.id, id))], { grouped: true });
}

/** How many agents a key introduced. */
export async function countAgentsOfKey(db: Db, keyId: string): Promise<number> {
  const [row] = await db.select({ n: count() }).from(agents).where(eq(agents.keyId, keyId));
  return row?.n ?? 0;
}

/** The name of the key that introduced an agent; null when there is no such agent, or the key was revoked. */
export async function findOwner(db: Db, agentId: string): Promise<string | null> {
  const [row] = await db
    .select({ name: ingestKeys.name })
    .from(agents)
    .innerJoin(ingestKeys, and(eq(ingestKeys.id, agents.keyId), isNull(ingestKeys.revokedAt)))
    .where(eq(agents.id, agentId));
  return row?.name ?? null;
}
