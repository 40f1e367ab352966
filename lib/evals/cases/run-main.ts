import { availableParallelism, constants, setPriority } from "node:os";
import { modelSettings } from "@/lib/agents/models";
import type { EvalSet } from "@/lib/contracts/evals";
import { EvalOptions } from "@/lib/contracts/eval-runs";
import { closeDb, getDb } from "@/lib/db/client";
import { type EvalCase, listWholeCasesOf } from "@/lib/db/queries/evals";
import { env, loadEnvFile } from "@/lib/env";
import { log } from "@/lib/log";
import { evaluate } from "./evaluate";
import { caseJudge } from "./judge";
import { keepRun, takeOver } from "./kept-run";
import { keysOf } from "./plan";
import { storedResult } from "./result";

/** A core stays for those who report and those who look. */
const WORKERS = Math.max(1, availableParallelism() - 1);

/** Plays a run that a server has begun: `run-main.ts RUN OWNER` takes it over from that owner. Its workers inherit its low priority. */
async function main(): Promise<void> {
  loadEnvFile();
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  const interrupted = new AbortController();
  for (const [end, why] of [
    ["disconnect", "the server that started it stopped"],
    ["SIGTERM", "the process was told to stop"],
    ["SIGINT", "the process was told to stop"],
  ] as const)
    process.on(end, () => interrupted.abort(new Error(why)));
  const [id = "", from = ""] = process.argv.slice(2);
  const db = await getDb();
  const taken = await takeOver(db, id, from);
  // Stopped before it began.
  if (taken === null) return;
  const { run, owner } = taken;
  const played = (await listWholeCasesOf(db, id)).filter(isDrawn).map(storedResult);
  const kept = keepRun(db, { id, owner, stored: played.map((one) => one.id), total: run.total });
  try {
    const options = EvalOptions.parse(run.options);
    const { judge, model } = options;
    await evaluate({
      ...options,
      keys: keysOf(options),
      commit: run.commit,
      workers: WORKERS,
      judge: judge === null ? undefined : caseJudge(judge, model, modelSettings(env())),
      played,
      kept,
      interrupted: interrupted.signal,
    });
  } catch (err) {
    if (interrupted.signal.aborted || kept.lost.aborted) return;
    log().error({ err, run: id }, "an evaluation failed");
    await kept.end({ state: "failed", detail: err instanceof Error ? err.message : String(err) });
  }
}

/** Frozen incidents are played from files, which only the command line has. */
const isDrawn = (row: EvalCase): row is EvalCase & { set: EvalSet } => row.set !== "frozen";

void main()
  .catch((err: unknown) => {
    log().error({ err }, "an evaluation could not be run");
    process.exitCode = 1;
  })
  .finally(() => closeDb())
  .then(() => process.exit());
