import { readFile } from "node:fs/promises";
import { CASE_SETS, type CaseReport, type CaseSet, EvalReport } from "@/lib/contracts/evals";
import { type EvalRunAnswer, type EvalRunView, REFERENCE_RUN } from "@/lib/contracts/eval-runs";
import type { Forecast } from "@/lib/core/base/isotonic";
import { calibration, forecast } from "@/lib/core/scoring/calibration";
import { compare, type Report, type ScoredCase, summarise } from "@/lib/core/scoring/report";
import { meanScore } from "@/lib/core/scoring/score";
import type { Db } from "@/lib/db/client";
import { countCases, type EvalRun, findRun, listCasesOf, listRuns, listWholeCasesOf } from "@/lib/db/queries/evals";
import { log } from "@/lib/log";
import { REFERENCE_FILE } from "./measured";

/** Runs that are listed: a nightly one, for a quarter of a year. */
const RUNS = 100;

/** The newest runs first; then the report that is kept in the repository, where there is one. */
export async function listEvalRuns(db: Db): Promise<{ runs: EvalRunView[] }> {
  const [runs, reference] = await Promise.all([listRuns(db, RUNS), readReference()]);
  const done = await countCases(db, runs.map(({ id }) => id)); // prettier-ignore
  return {
    runs: [...runs.map((run) => runView(run, done.get(run.id) ?? 0)), ...(reference ? [referenceView(reference)] : [])],
  };
}

/** One run without its cases; null where there is none. */
export async function findEvalRunView(db: Db, id: string): Promise<EvalRunView | null> {
  const run = await findRun(db, id);
  return run && runView(run, (await countCases(db, [id])).get(id) ?? 0);
}

/** One run with its cases; null where there is none. */
export async function findEvalRun(db: Db, id: string): Promise<EvalRunAnswer | null> {
  const read = await readRun(db, id);
  if (read === null) return null;
  const { run, cases, forecasts } = read;
  const part = (set: string) => {
    const of = cases.filter((one) => one.set === set);
    if (of.length === 0) return null;
    const { ece, ...figures } = summarise(of, forecasts?.get(set) ?? []);
    // Of the reference only its own figure is known.
    return { ...figures, ece: forecasts === null && run.set === set ? (run.summary?.ece ?? null) : ece, cases: of.length };
  }; // prettier-ignore
  return {
    run,
    sets: { dev: part("dev"), second: part("second"), frozen: part("frozen") },
    cases: cases.map(({ id: of, class: name, set, title, passed, scores }) => ({
      id: of,
      class: name,
      set,
      title,
      passed,
      scores,
      mean: meanScore(scores),
      played: forecasts !== null,
    })),
  };
}

/** What differs in one run from another, over the sets that both have: figures over other sets say nothing of a change. Null where one of them is not there. */
export async function compareRuns(db: Db, before: string, after: string) {
  const [was, is] = await Promise.all([readRun(db, before), readRun(db, after)]);
  if (was === null || is === null) return null;
  const sets = CASE_SETS.filter((set) => [was, is].every(({ cases }) => cases.some((one) => one.set === set)));
  return compare(reportOf(was, sets), reportOf(is, sets));
}

type Case = CaseReport["cases"][number] & { title: string | null };

interface ReadRun {
  run: EvalRunView;
  cases: Case[];
  /** By set; null where trajectories are not stored. */
  forecasts: Map<string, Forecast[]> | null;
}

async function readRun(db: Db, id: string): Promise<ReadRun | null> {
  if (id === REFERENCE_RUN) {
    const reference = await readReference();
    return (
      reference && {
        run: referenceView(reference),
        cases: reference.cases.map((one) => ({ ...one, title: null })),
        forecasts: null,
      }
    );
  }
  const run = await findRun(db, id);
  if (!run) return null;
  // While it runs it is asked about each second, and confidences are read from whole trajectories.
  const whole = run.state === "running" ? null : await listWholeCasesOf(db, id);
  const rows = whole ?? (await listCasesOf(db, id));
  const forecasts = new Map<string, Forecast[]>();
  for (const { set, trajectory, truth } of whole ?? []) {
    const one = forecast(trajectory, truth);
    if (one) forecasts.set(set, [...(forecasts.get(set) ?? []), one]);
  }
  return { run: runView(run, rows.length), cases: rows.map((row) => ({ ...row, id: row.caseId })), forecasts };
}

function reportOf({ run, cases, forecasts }: ReadRun, sets: readonly CaseSet[]): Report {
  const of: ScoredCase[] = cases.filter(({ set }) => sets.includes(set));
  const all = of.length === cases.length;
  // Of the reference only the figure over all its cases is known.
  const ece =
    forecasts === null
      ? all
        ? (run.summary?.ece ?? null)
        : null
      : calibration(sets.flatMap((set) => forecasts.get(set) ?? [])).ece;
  return { ...summarise(of, []), ece, cases: of };
}

const runView = (run: EvalRun, done: number): EvalRunView => {
  const { set, cases, class: of, judge } = run.options;
  return {
    id: run.id,
    state: run.state,
    commit: run.commit,
    started_by: run.startedBy,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    total: run.total,
    done,
    set: [...CASE_SETS, "all" as const].find((one) => one === set) ?? null,
    whole: cases == null && of == null,
    part: typeof of === "string" ? of : Array.isArray(cases) ? cases.join(", ") : null,
    summary: run.summary ?? null,
    judge_model: run.judge?.model ?? (typeof judge === "string" ? judge : null),
    judge: run.judge ?? null,
    detail: run.detail,
  };
};

const referenceView = ({ set, commit, cases, judge: _judge, ...summary }: EvalReport): EvalRunView => ({
  id: REFERENCE_RUN,
  state: "done",
  commit,
  started_by: null,
  started_at: null,
  ended_at: null,
  total: cases.length,
  done: cases.length,
  set,
  whole: true,
  part: null,
  summary,
  judge_model: null,
  judge: null,
  detail: null,
});

/** Null where none is kept; one that is no report is logged. */
async function readReference(): Promise<EvalReport | null> {
  const text = await readFile(REFERENCE_FILE, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return EvalReport.parse(JSON.parse(text));
  } catch (err) {
    log().warn({ err, file: REFERENCE_FILE }, "the reference of evaluations cannot be read");
    return null;
  }
}
