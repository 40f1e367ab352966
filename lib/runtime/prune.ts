import type { Db } from "@/lib/db/client";
import { EXPIRIES, expire, holdLease, leaveLease, type Retention, vacuum } from "@/lib/db/queries/retention";
import { rollUp } from "@/lib/db/queries/rollup";
import { env } from "@/lib/env";
import { newOwner } from "@/lib/db/owner";

const DAY = 24 * 60 * 60_000;
const LEASE = "prune";
/** Longer than one call can take; a process that dies holding the lease keeps others from pruning for this long, in ms. */
const LEASE_MS = 5 * 60_000;
/** Commits of each kind a call: what is left waits for the next one, so that a call stays short. */
const ROUNDS = 10;
/** Pages (of 4 kB) given back to the file system a call. */
const PAGES = 2_000;

export interface PruneReport {
  /** Events that went into the hourly rollups. */
  rolledUp: number;
  /** Rows deleted, by kind. */
  deleted: Record<string, number>;
  freePages: number;
  /** There was more than one call does. */
  more: boolean;
}

/** How long this process keeps things. */
export const retention = (): Retention => ({
  rawMs: env().RETENTION_RAW_DAYS * DAY,
  rollupMs: env().RETENTION_ROLLUP_DAYS * DAY,
  contentMs: env().RETENTION_CONTENT_DAYS * DAY,
});

/**
 * Keeps the house from growing: first every new event goes into the hourly rollups, then what is past its time is deleted
 * in chunks, then freed pages go back to the file system. Short and repeatable at any moment: call it every minute or so.
 * One process at a time does it; null when another one is at it.
 */
export async function prune(db: Db, now: number, keep: Retention = retention()): Promise<PruneReport | null> {
  const owner = newOwner();
  if (!(await holdLease(db, { name: LEASE, owner, until: now + LEASE_MS }, now))) return null;
  try {
    const report: PruneReport = { rolledUp: 0, deleted: {}, freePages: 0, more: false };
    report.more = await repeat(async () => {
      const events = (await rollUp(db)) ?? 0;
      report.rolledUp += events;
      return events > 0;
    });
    for (const [kind, expiry] of Object.entries(EXPIRIES)) {
      const left = await repeat(async () => {
        const { deleted, more } = await expire(db, expiry, now, keep);
        report.deleted[kind] = (report.deleted[kind] ?? 0) + deleted;
        return more;
      });
      report.more ||= left;
    }
    report.freePages = await vacuum(db, PAGES);
    return report;
  } finally {
    await leaveLease(db, LEASE, owner);
  }
}

/** Again while there is more, up to the limit of a call. True when that was reached. */
async function repeat(round: () => Promise<boolean>): Promise<boolean> {
  for (let i = 0; i < ROUNDS; i++) if (!(await round())) return false;
  return true;
}
