import type { CaseSet } from "@/lib/contracts/evals";
import type { Db } from "@/lib/db/client";
import { newOwner } from "@/lib/db/owner";
import {
  type EvalRun,
  findRun,
  finishRun,
  type Lease,
  renewLease,
  type RunEnd,
  storeCase,
} from "@/lib/db/queries/evals";
import { log } from "@/lib/log";
import type { CaseResult } from "./result";

/** A process may be silent about its run so long, in ms, before others hold it for gone. */
const LEASE_MS = 30_000;
/** How often it renews its lease, and so learns that a person has stopped the run, in ms. */
const BEAT_MS = 2_000;
/** Those who look on are told at most so often, in ms. */
const TELL_MS = 1_000;

export const leaseOf = (owner: string, now: number): Lease => ({ owner, until: now + LEASE_MS });

/** Takes a run over from whoever began it. Null when it has ended, is another's, or there is none. */
export async function takeOver(db: Db, id: string, from: string): Promise<{ run: EvalRun; owner: string } | null> {
  const owner = newOwner();
  if (!(await renewLease(db, id, from, leaseOf(owner, Date.now())))) return null;
  return { run: (await findRun(db, id))!, owner };
}

/** A run that this process plays and keeps in the database. */
export interface KeptRun {
  /** Aborted when the run is no longer this process's: it was stopped, or taken over. */
  lost: AbortSignal;
  store: (result: CaseResult<CaseSet>) => Promise<void>;
  /** Nothing is written of a run that was lost. */
  end: (how: RunEnd) => Promise<void>;
}

/** Keeps the lease of a run until its end. `stored`: ids of the cases that it has already; `total`: how many it will have. */
export function keepRun(
  db: Db,
  { id, owner, stored, total }: { id: string; owner: string; stored: Iterable<string>; total: number },
): KeptRun {
  const lost = new AbortController();
  const lose = () => lost.abort(new Error("the run was stopped"));
  const done = new Set(stored);
  let toldAt = 0;
  const beat = setInterval(() => {
    renewLease(db, id, owner, leaseOf(owner, Date.now())).then(
      (held) => held || lose(),
      // The lease outlasts a few of these.
      (err: unknown) => log().warn({ err, run: id }, "the lease of an evaluation could not be renewed"),
    );
  }, BEAT_MS).unref();
  return {
    lost: lost.signal,
    async store(result) {
      const now = Date.now();
      done.add(result.id);
      const tell = now - toldAt >= TELL_MS ? { done: done.size, total } : undefined;
      if (tell) toldAt = now;
      if (!(await storeCase(db, { id, owner }, result, now, tell))) lose();
    },
    async end(how) {
      clearInterval(beat);
      await finishRun(db, id, how, Date.now(), owner);
    },
  };
}
