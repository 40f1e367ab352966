import { availableParallelism } from "node:os";
import type { Command } from "commander";
import type { Db } from "@/lib/db/client";
import { newOwner } from "@/lib/db/owner";
import { env } from "@/lib/env";
import { commitOf } from "@/lib/evals/cases/checkout";
import { keepRun, takeOver } from "@/lib/evals/cases/kept-run";
import type { CaseResult } from "@/lib/evals/cases/result";
import { runCases } from "@/lib/evals/cases/run";
import { candidates, IN_USE } from "@/lib/evals/improve/candidates";
import { improve } from "@/lib/evals/improve/improve";
import { assertMayPropose, commitToImprove } from "@/lib/evals/improve/ready";
import { linesOf } from "@/lib/evals/improve/report";
import { casesToImproveOn, claimRun, LONGEST_MS } from "@/lib/evals/improve/start";
import { serviceConfig } from "@/lib/config/services";
import { processIntegrations } from "@/lib/runtime/integrations";
import { freshRuntime } from "@/lib/runtime/service-runtime";
import { contextOf } from "@/lib/runtime/service-turn";
import { withDb } from "./database";

/** More draws than this are a typing mistake. */
const MOST_SEEDS = 20;

interface Options {
  seeds: string;
  out: string;
  dryRun?: boolean;
  run?: string;
  owner?: string;
}

/** `improve` */
export function registerImprove(program: Command): void {
  program
    .command("improve")
    .description("Look for a declared change that scores higher on the cases, and propose it as a pull request")
    .option("--seeds <n>", "seeds per case of the dev set", "1")
    .option("--out <directory>", "folder for the report", "reports")
    .option("--dry-run", "report what is found without proposing it")
    .option("--run <id>", "take over a run that the cron route started")
    .option("--owner <name>", "owner that the run is taken over from")
    .action(run);
}

async function run({ seeds: given, out, dryRun = false, ...begun }: Options): Promise<void> {
  const seeds = Number(given);
  if (!Number.isInteger(seeds) || seeds < 1 || seeds > MOST_SEEDS)
    throw new Error(`--seeds ${given}: must be a whole number from 1 to ${MOST_SEEDS}`);
  const e = env();
  if (!dryRun) await assertMayPropose(e);
  await commitToImprove();
  const commit = await commitOf();
  const models = e.SENTINEL_ANALYSIS_MODEL !== undefined;
  await withDb(async (db) => {
    const { run: { id, total }, owner } = await runOf(db, begun, seeds);
    const kept = keepRun(db, { id, owner, stored: [], total });
    const over = setTimeout(() => void tooLong(kept.end({ state: "failed", detail: "it took too long" })), LONGEST_MS);
    const { searched, proposed } = await improve({
      kept,
      commit,
      out,
      ...casesToImproveOn(seeds),
      current: IN_USE,
      candidates: candidates(models),
      async play(keys, variant) {
        const results: CaseResult[] = [];
        const workers = availableParallelism();
        await runCases(keys, { workers, models, variant, signal: kept.lost, onResult: (result) => void results.push(result) });
        return results;
      },
      say: (line) => console.error(line),
      context: dryRun
        ? null
        : contextOf({
            db,
            integrations: await processIntegrations(),
            config: serviceConfig(new Map()),
            runtime: freshRuntime(),
            clock: Date.now,
            wake: () => {},
          }),
    });
    clearTimeout(over);
    for (const line of linesOf(searched, commit)) console.log(line);
    if (proposed !== null) console.log(proposed);
  });
} // prettier-ignore

/** The run to play, and whose it is: one that the cron route began, or a new one. Throws when it cannot be had. */
async function runOf(db: Db, { run: id, owner: from = "" }: Pick<Options, "run" | "owner">, seeds: number) {
  if (id === undefined) {
    const owner = newOwner();
    return { owner, run: await claimRun(db, { startedBy: "the command line", owner, seeds }, Date.now()) };
  }
  const taken = await takeOver(db, id, from);
  if (taken === null) throw new Error(`--run ${id}: is not waiting to be taken over from --owner`);
  return taken;
}

/** What hangs, hangs: nothing but the end of the process ends it. */
const tooLong = (ended: Promise<unknown>): Promise<never> => ended.finally(() => process.exit(1)) as Promise<never>;
