import { and, eq, gt, isNull, notExists, sql } from "drizzle-orm";
import type { Done } from "../audit";
import { type Db, type Statement, write } from "../client";
import { links, secrets, users } from "../schema";

export type LinkRow = typeof links.$inferSelect;

export async function insertLink(db: Db, row: typeof links.$inferInsert, made: Done): Promise<void> {
  const { sql, params } = db.insert(links).values(row).toSQL();
  await write(db, [{ sql, args: params, done: [made] }]);
}

const usable = (hash: string, now: number) =>
  and(eq(links.tokenHash, hash), isNull(links.usedAt), gt(links.expiresAt, now));

/** The link with this hash, unless it was used, has expired, or sets up what is set up already. */
export async function findUsableLink(db: Db, hash: string, now: number): Promise<LinkRow | null> {
  const [row] = await db.select().from(links).where(usable(hash, now));
  if (row?.kind !== "setup") return row ?? null;
  const [someone] = await db.select({ id: users.id }).from(users).limit(1);
  return someone ? null : row;
}

/** The claim that uses a link up: it changes a row for the first comer only, and for a set-up link only while nobody has an account. */
export function useLink(db: Db, link: LinkRow, now: number): Statement {
  const alone = link.kind === "setup" ? notExists(db.select({ one: sql`1` }).from(users)) : undefined;
  return db
    .update(links)
    .set({ usedAt: now })
    .where(and(usable(link.tokenHash, now), alone));
}

/** Removes links that nobody can use any more, and sessions that ended unnoticed. */
export async function removeExpired(db: Db, now: number): Promise<void> {
  await write(db, [
    { sql: "DELETE FROM links WHERE expires_at < ? OR used_at IS NOT NULL", args: [now] },
    { sql: "DELETE FROM sessions WHERE expires_at < ?", args: [now] },
  ]);
}

/** A secret by name, made from `fresh` by whoever asks first; every process gets the same. */
export async function getSecret(db: Db, name: string, fresh: string, now: number): Promise<string> {
  const read = () => db.select({ value: secrets.value }).from(secrets).where(eq(secrets.name, name));
  const [made] = await read();
  // Asked for by requests of anybody: they must not wait for the one writer.
  if (made) return made.value;
  await write(db, [db.insert(secrets).values({ name, value: fresh, createdAt: now }).onConflictDoNothing()]);
  const [row] = await read();
  if (!row) throw new Error(`The secret ${name} was not stored`);
  return row.value;
}
