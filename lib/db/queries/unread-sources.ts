import { eq } from "drizzle-orm";
import { type Db, write } from "../client";
import { unreadSources } from "../schema";

export type UnreadSource = typeof unreadSources.$inferSelect;

/** Sources that could not be read when they were last looked at, by name. */
export const listUnreadSources = (db: Db): Promise<UnreadSource[]> =>
  db.select().from(unreadSources).orderBy(unreadSources.source);

export async function findUnreadSource(db: Db, source: string): Promise<UnreadSource | null> {
  return (await db.query.unreadSources.findFirst({ where: eq(unreadSources.source, source) })) ?? null;
}

/** Keeps why a source cannot be read; a new reason keeps the time since when it could not. Null: it can be read again. */
export async function saveUnreadSource(db: Db, source: string, reason: string | null, now: number): Promise<void> {
  await write(db, [
    reason === null
      ? db.delete(unreadSources).where(eq(unreadSources.source, source))
      : db
          .insert(unreadSources)
          .values({ source, reason, since: now })
          .onConflictDoUpdate({ target: unreadSources.source, set: { reason } }),
  ]);
}
