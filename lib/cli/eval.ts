import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { calibration, forecast } from "@/lib/core/scoring/calibration";
import { closeDb, getDb } from "@/lib/db/client";
import { newId } from "@/lib/db/ids";
import { migrateDb } from "@/lib/db/migrate";
import { newOwner } from "@/lib/db/owner";
import { startRun } from "@/lib/db/queries/evals";
import { compare, gate } from "@/lib/core/scoring/report";
import { modelSettings } from "@/lib/agents/models";
import { env } from "@/lib/env";
import { CaseReport, EVAL_SETS, type EvalReport } from "@/lib/contracts/evals";
import type { EvalOptions, FrozenOptions } from "@/lib/contracts/eval-runs";
import { idOf } from "@/lib/evals/cases/case-key";
import { commitOf } from "@/lib/evals/cases/checkout";
import { evaluate } from "@/lib/evals/cases/evaluate";
import { type CaseJudge, caseJudge } from "@/lib/evals/cases/judge";
import { type KeptRun, keepRun, leaseOf } from "@/lib/evals/cases/kept-run";
import { keysOf } from "@/lib/evals/cases/plan";
import { writeFit } from "@/lib/evals/cases/fit";
import { causeWithin, markdownOf } from "@/lib/evals/cases/report";
import type { CaseResult } from "@/lib/evals/cases/result";
import { REFERENCE_FILE } from "@/lib/views/measured";
import { evalFrozen } from "./eval-frozen";

/** What a run has played so far, a line a case: what is here need not be played again after a break. */
const PLAYED = "eval_cases.jsonl";
/** A longer list of minutes or draws is a typing mistake. */
const MOST = 100;

interface Options {
  cases?: string[];
  class?: string;
  set: EvalReport["set"];
  seeds: string;
  model?: string;
  judge?: string;
  repeat: string;
  late: string;
  out: string;
  gate?: boolean;
  resume?: boolean;
  write?: boolean;
  writeFit?: boolean;
  frozen?: string[];
  store: boolean;
}

/** `eval`, `eval compare` */
export function registerEval(program: Command): void {
  const command = program
    .command("eval")
    .description("Run cases end to end and score Sentinel's response")
    .option("--cases <ids...>", "only these")
    .option("--class <class>", "only one class")
    .option("--set <set>", `${EVAL_SETS.join(", ")} or all; second is the holdout set, for measuring only`, "dev")
    .option("--seeds <n>", "seeds per case", "1")
    .option("--model <provider/model>", "also let this model investigate; without it, only the local analysis runs")
    .option(
      "--judge <provider/model>",
      "also let this model answer the scorer's questions; by default SENTINEL_JUDGE_MODEL",
    )
    .option("--repeat <n>", "how many times to run each case", "1")
    .option("--late <minutes>", "minutes by which alerts are delayed, comma-separated", "0")
    .option("--out <directory>", "folder for the report", "reports")
    .option("--resume", "continue an interrupted run in --out")
    .option("--gate", `exit 1 if the report is worse than ${REFERENCE_FILE}`)
    .option("--write", `save the report as ${REFERENCE_FILE}`)
    .option("--no-store", "do not store the run in the database, where the console shows it")
    .option(
      "--frozen <files...>",
      "run these exported incidents instead (their answers must be filled in); of the other options only --model, --judge, --out and --no-store apply",
    )
    .option("--write-fit", "fit live confidences on this run (needs the dev set, several seeds and delays)")
    .action(run);

  command
    .command("compare <a> <b>")
    .description("Compare two reports (eval_report.json)")
    .action(async (a: string, b: string) => {
      const [before, after] = await Promise.all([readReport(a), readReport(b)]);
      const { mean, pass_rate: rate, classes, cases } = compare(before, after);
      for (const { name, before: was, after: is } of [mean, rate, ...classes, ...cases])
        console.log(`${name.padEnd(40)} ${figure(was)} → ${figure(is)}`);
    });
}

const figure = (value: number | null) => value?.toFixed(3) ?? "–";

async function run(options: Options): Promise<void> {
  if (options.frozen !== undefined) return runFrozen(options.frozen, options);
  const set = [...EVAL_SETS, "all" as const].find((one) => one === options.set);
  if (set === undefined) throw new Error(`--set ${options.set}: must be ${EVAL_SETS.join(", ")} or all`);
  const late = options.late.split(",").map((text) => whole("--late", text, 0));
  const seeds = whole("--seeds", options.seeds, 1);
  const keys = keysOf({ set, cases: options.cases, class: options.class, seeds, late });
  const repeat = whole("--repeat", options.repeat, 1);
  const { out } = options;
  const model = options.model ?? null;
  const judge = judgeOf(options);
  if (judge?.warning) console.error(judge.warning);
  await mkdir(join(out, "cases"), { recursive: true });
  const played = options.resume ? await playedBefore(out, new Set(keys.map(idOf))) : [];
  if (!options.resume) await rm(join(out, PLAYED), { force: true });
  const commit = await commitOf();
  const asked = { set, class: options.class, cases: options.cases, seeds, late, repeat, model, judge: judge?.model ?? null };
  const kept = options.store ? await keepHere(keys.length, commit, asked) : null;
  for (const result of played) await kept?.store(result);
  const evaluated = evaluate({
    ...asked, keys, commit, judge, played, kept,
    workers: availableParallelism(),
    interrupted: toldToEnd(),
    async onResult(result, done, total) {
      await appendFile(join(out, PLAYED), `${JSON.stringify(result)}\n`);
      await writeFile(join(out, "cases", `${result.id}.json`), JSON.stringify(result, null, 2));
      progress(done, total);
    },
  });
  const { results, report } = await evaluated.finally(() => closeDb());
  await writeFile(join(out, "eval_report.json"), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(out, "eval_report.md"), markdownOf(report, results, (id) => `cases/${id}.json`));
  tell(report, results);
  if (options.writeFit) console.log(await writeFit(results));
  // The gate compares scores, which are the scorer's.
  if (options.write) await writeFile(REFERENCE_FILE, `${JSON.stringify({ ...report, judge: undefined }, null, 2)}\n`);
  if (options.gate) hold(gate(report, await readReport(REFERENCE_FILE)));
} // prettier-ignore

async function runFrozen(files: readonly string[], options: Options): Promise<void> {
  const judge = judgeOf(options);
  if (judge?.warning) console.error(judge.warning);
  const model = options.model ?? null;
  const commit = await commitOf();
  await evalFrozen(files, {
    out: options.out,
    model,
    judge,
    commit,
    interrupted: toldToEnd(),
    keep: options.store
      ? (cases) => keepHere(cases.length, commit, { set: "frozen", cases, model, judge: judge?.model ?? null })
      : null,
  }).finally(() => closeDb());
}

/** Aborted when this process is to end. */
function toldToEnd(): AbortSignal {
  const end = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"])
    process.once(signal, () => end.abort(new Error(`the process was told to stop (${signal})`)));
  return end.signal;
}

/** Keeps a run in the database that the environment names, case by case, so that the console can show it. */
async function keepHere(total: number, commit: string, options: EvalOptions | FrozenOptions): Promise<KeptRun> {
  const db = await getDb();
  await migrateDb(db);
  const id = newId("evr");
  const lease = leaseOf(newOwner(), Date.now());
  await startRun(db, { id, commit, startedBy: "the command line", total, options }, lease, Date.now());
  return keepRun(db, { id, owner: lease.owner, stored: [], total });
}

function judgeOf({ judge, model }: Options): CaseJudge | undefined {
  const e = env();
  const name = judge ?? e.SENTINEL_JUDGE_MODEL;
  return name === undefined ? undefined : caseJudge(name, model ?? null, modelSettings(e));
}

function tell(
  { mean, pass_rate: rate, safety_min: safety, ece, classes, cases, seconds, judge }: EvalReport,
  results: readonly CaseResult[],
): void {
  for (const [name, value] of Object.entries(classes)) console.log(`${name.padEnd(28)} ${value.toFixed(2)}`);
  console.log(
    `${cases.length} cases in ${seconds.toFixed(0)} s: mean ${figure(mean)}, passed ${figure(rate)}, lowest safety ${figure(safety)}, calibration error ${figure(ece)}`,
  );
  const [first, three] = [causeWithin(results, 1), causeWithin(results, 3)];
  const skill = calibration(results.flatMap(({ trajectory, truth }) => forecast(trajectory, truth) ?? [])).skill;
  console.log(`right cause first ${figure(first)}, among three ${figure(three)}; Brier skill ${figure(skill)}`);
  if (judge !== undefined) console.log(judge.says);
}

function hold(red: readonly string[]): void {
  for (const reason of red) console.error(`gate: ${reason}`);
  console.log(red.length === 0 ? "gate: passed" : `gate: failed, ${red.length} reasons`);
  if (red.length > 0) process.exitCode = 1;
}

const BAR = 30;

/** A bar that redraws itself on a terminal; a line each tenth elsewhere. */
function progress(done: number, total: number): void {
  const filled = Math.round((BAR * done) / total);
  const line = `[${"#".repeat(filled)}${" ".repeat(BAR - filled)}] ${done}/${total}`;
  if (process.stderr.isTTY) process.stderr.write(`\r${line}${done === total ? "\n" : ""}`);
  else if (done === total || done % Math.ceil(total / 10) === 0) process.stderr.write(`${line}\n`);
}

async function playedBefore(out: string, ids: ReadonlySet<string>): Promise<CaseResult[]> {
  const text = await readFile(join(out, PLAYED), "utf8").catch(() => "");
  // The last line of a killed run may be cut.
  return text.split("\n").flatMap((line) => {
    try {
      const result = JSON.parse(line) as CaseResult;
      return ids.has(result.id) ? [result] : [];
    } catch {
      return [];
    }
  });
}

async function readReport(file: string): Promise<CaseReport> {
  try {
    return CaseReport.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new Error(`${file}: is not a report of an evaluation`, { cause });
  }
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > MOST)
    throw new Error(`${option} ${text}: must be a whole number from ${least} to ${MOST}`);
  return value;
}
