import { SENTINEL } from "@/lib/db/audit";
import { spawn } from "node:child_process";
import type { Db } from "@/lib/db/client";
import { newId } from "@/lib/db/ids";
import { newOwner } from "@/lib/db/owner";
import { endAbandoned, startRun } from "@/lib/db/queries/evals";
import { childEnv, env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { programArgs } from "@/lib/programs.mjs";
import { leaseOf } from "../cases/kept-run";
import { keysOf } from "../cases/plan";
import { noteEnd } from "../cases/run-process";
import { assertMayPropose, commitToImprove } from "./ready";

/** From the working directory, which is a checkout. */
const PROGRAM = "lib/cli/main.ts";
/** No search takes longer, in ms: one that does hangs, and is ended. */
export const LONGEST_MS = 6 * 3_600_000;

/** The cases of a search. Throws for no number of draws. */
export const casesToImproveOn = (seeds: number) => ({
  dev: keysOf({ set: "dev", seeds, late: [0] }),
  second: keysOf({ set: "second", seeds: 1, late: [0] }),
});

/** Begins a run under a lease of `owner`. Throws `conflict` while anything else is being played: one at a time. */
export async function claimRun(
  db: Db,
  { startedBy, owner, seeds, folder = "." }: { startedBy: string; owner: string; seeds: number; folder?: string },
  now: number,
): Promise<{ id: string; total: number }> {
  const { commit, changed } = await commitToImprove(folder);
  const { length: total } = casesToImproveOn(seeds).dev;
  const options = { set: "dev", seeds, improve: true };
  const run = { id: newId("evr"), commit: `${commit}${changed ? "+" : ""}`, startedBy, total, options };
  await endAbandoned(db, now);
  if (!(await startRun(db, run, leaseOf(owner, now), now, { only: true, by: SENTINEL })))
    throw new SentinelError("conflict", {
      detail: "An evaluation or a search for improvements is already running; only one can run at a time",
    });
  return { id: run.id, total };
}

/**
 * Starts a search in a process of its own, which takes the run over, and returns the ID of its run at once. Throws `forbidden` where
 * settings do not allow it, and `conflict` without a checkout, with one that is changed, or while anything else is being played.
 */
export async function startImprovement(
  db: Db,
  now: number,
  { e = env(), folder = "." }: { e?: Parameters<typeof assertMayPropose>[0]; folder?: string } = {},
): Promise<{ run: string }> {
  await assertMayPropose(e, folder);
  const owner = newOwner();
  const { id } = await claimRun(db, { startedBy: "cron", owner, seeds: 1, folder }, now);
  const child = spawn(process.execPath, [...programArgs(PROGRAM, folder), "improve", "--run", id, "--owner", owner], {
    cwd: folder,
    env: childEnv({}),
    stdio: ["ignore", "inherit", "inherit"],
  });
  noteEnd(db, id, owner, child);
  return { run: id };
}
