import { type Done, done, NOBODY } from "@/lib/db/audit";
import type { Db } from "@/lib/db/client";
import { record } from "@/lib/db/commit";
import { findUserByEmail } from "@/lib/db/queries/users";
import { SentinelError } from "@/lib/errors";
import { addressOf } from "./address";
import type { Person } from "./people";

/** Failures that are recorded one by one in a minute: whoever guesses passwords must not fill the disk. */
const FAILURES = 30;
const MINUTE_MS = 60_000;

interface Shared {
  since: number;
  recorded: number;
  /** Beyond these; the next one that is recorded says how many. */
  unrecorded: number;
}

/** One for the process: one Next process holds several copies of this module. */
const shared = (): Shared => {
  const global = globalThis as unknown as Record<symbol, Shared>;
  return (global[Symbol.for("sentinel.sign-ins")] ??= { since: 0, recorded: 0, unrecorded: 0 });
};

/** That somebody signed in; before they are told so. */
export const recordSignIn = (db: Db, { id, name }: Person, how: "password", headers: Headers, now: number) =>
  record(db, done(now, { id, name }, "user.sign_in", "user", id, { how, address: addressOf(headers) }));

/**
 * Carries out an attempt to sign in, and records one that failed. Of an account that there is, the entry names it; what else was typed
 * is not kept, since people type passwords into the wrong field.
 */
export async function recordingFailure<T>(
  db: Db,
  claimant: { email: string | null; how: "password" | "link"; headers: Headers },
  now: number,
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await check();
  } catch (error) {
    const failed = error instanceof SentinelError && (error.code === "unauthenticated" || error.code === "gone");
    const entry = failed ? await failure(db, claimant, now) : null;
    if (entry) await record(db, entry);
    throw error;
  }
}

async function failure(
  db: Db,
  { email, how, headers }: { email: string | null; how: string; headers: Headers },
  now: number,
): Promise<Done | null> {
  const s = shared();
  if (now - s.since >= MINUTE_MS) Object.assign(s, { since: now, recorded: 0 });
  if (s.recorded >= FAILURES) {
    s.unrecorded += 1;
    return null;
  }
  s.recorded += 1;
  const more = s.unrecorded > 0 ? { unrecorded_before: s.unrecorded } : {};
  s.unrecorded = 0;
  const account = email === null ? null : await findUserByEmail(db, email.trim().toLowerCase());
  const details = { how, address: addressOf(headers), ...more };
  return done(now, NOBODY, "user.sign_in_failed", "user", account?.id ?? "unknown", details);
}
