import type { Db } from "@/lib/db/client";
import { findUnreadSource, saveUnreadSource, type UnreadSource } from "@/lib/db/queries/unread-sources";
import { log } from "@/lib/log";

/** Characters of a reason that are kept: the reasons of a few different questions. */
const REASON_CHARS = 1_000;

/**
 * Keeps whether a source could be read, for the screens and for everybody who would otherwise take it for empty, and logs when
 * that changes. `reason`: why it could not, null when it could. Returns what is kept now.
 */
export async function noteSource(
  db: Db,
  source: string,
  reason: string | null,
  now: number,
): Promise<UnreadSource | null> {
  const known = await findUnreadSource(db, source);
  const next = reason === null ? null : reason.slice(0, REASON_CHARS);
  if ((known?.reason ?? null) === next) return known;
  await saveUnreadSource(db, source, next, now);
  if (next === null) log().info({ source, unreadMs: now - known!.since }, "a source can be read again");
  else log().warn({ source, reason: next }, "could not read a source");
  return next === null ? null : { source, reason: next, since: known?.since ?? now };
}
