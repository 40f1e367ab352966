import { spawn } from "node:child_process";
import type { Db } from "@/lib/db/client";
import { newId } from "@/lib/db/ids";
import { beginImprovement, finishRun } from "@/lib/db/queries/evals";
import { childEnv, env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { log } from "@/lib/log";
import { keysOf } from "../cases/plan";
import { assertMayPropose, commitToImprove } from "./ready";

/** From the working directory, which is a checkout. */
const PROGRAM = "lib/cli/main.ts";
/** No search takes longer, in ms: a run that is older was left by a process that is gone. */
export const LONGEST_MS = 6 * 3_600_000;

/** The cases of a search. Throws for no number of draws. */
export const casesToImproveOn = (seeds: number) => ({
  dev: keysOf({ set: "dev", seeds, late: [0] }),
  second: keysOf({ set: "second", seeds: 1, late: [0] }),
});

/** Begins a run. Throws `conflict` while another one is looking for improvements. */
export async function claimRun(db: Db, startedBy: string, seeds: number, now: number, folder = "."): Promise<string> {
  const id = newId("evr");
  const { commit, changed } = commitToImprove(folder);
  const run = { id, commit: `${commit}${changed ? "+" : ""}`, startedBy, total: casesToImproveOn(seeds).dev.length, options: { set: "dev", seeds, improve: true } }; // prettier-ignore
  if (!(await beginImprovement(db, run, { now, goneBefore: now - LONGEST_MS })))
    throw new SentinelError("conflict", {
      detail: "An improvement is being looked for already; only one runs at a time",
    });
  return id;
}

/**
 * Starts a search in a process of its own and returns the ID of its run at once. Throws `forbidden` where settings do not allow it, and
 * `conflict` without a checkout, with one that is changed, or while another search runs.
 */
export async function startImprovement(
  db: Db,
  now: number,
  { e = env(), folder = "." }: { e?: Parameters<typeof assertMayPropose>[0]; folder?: string } = {},
): Promise<{ run: string }> {
  assertMayPropose(e, folder);
  const run = await claimRun(db, "cron", 1, now, folder);
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM, "improve", "--run", run], {
    cwd: folder,
    env: childEnv({}),
    stdio: ["ignore", "inherit", "inherit"],
  });
  const fail = (detail: string) =>
    void finishRun(db, run, { state: "failed", detail }, Date.now()).catch((err: unknown) =>
      log().error({ err, run }, "could not end a run of improve"),
    );
  child.once("error", (err) => (log().error({ err, run }, "improve could not be started"), fail("it could not be started")));
  // One that ended in order has ended its run itself.
  child.once("exit", (code) => code !== 0 && fail(`its process ended (${code ?? "killed"})`));
  return { run };
} // prettier-ignore
