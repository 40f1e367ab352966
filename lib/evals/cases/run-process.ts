import { type ChildProcess, spawn } from "node:child_process";
import type { Db } from "@/lib/db/client";
import { endAbandoned, finishRun } from "@/lib/db/queries/evals";
import { childEnv } from "@/lib/env";
import { log } from "@/lib/log";
import { programArgs } from "@/lib/programs.mjs";

/** From the working directory, as the sweeper is. */
export const RUN_PROGRAM = "lib/evals/cases/run-main.ts";

/**
 * Plays a run beside this server, in a process of its own, which takes it over from `owner`. It ends when this process does. A run whose
 * process ends before it is noted as that.
 */
export function spawnRun(db: Db, id: string, owner: string): void {
  const child = spawn(process.execPath, [...programArgs(RUN_PROGRAM), id, owner], {
    env: childEnv({}),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  noteEnd(db, id, owner, child);
  child.channel?.unref();
}

/** Notes the end of a run whose process ends before it. `owner`: whoever began it, from whom the process takes it over. */
export function noteEnd(db: Db, id: string, owner: string, child: ChildProcess): void {
  const gone = async (why: string) => {
    const now = Date.now();
    // Of one that took the run over the kernel says that it is gone.
    const detail = `Its process could not be started: ${why}`;
    if (!(await finishRun(db, id, { state: "failed", detail }, now, owner))) await endAbandoned(db, now);
  };
  const noted = (why: string) => {
    gone(why).catch((err: unknown) => log().error({ err, run: id }, "the end of an evaluation could not be noted"));
  };
  child.once("error", (error) => noted(error.message));
  child.once("exit", (code, signal) => noted(signal ?? `exit code ${code}`));
  // It does not keep the server from ending.
  child.unref();
}
