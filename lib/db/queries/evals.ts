import { and, asc, count, desc, eq, getTableColumns, inArray, notInArray } from "drizzle-orm";
import type { EvalSummary } from "@/lib/contracts/evals";
import type { Judged } from "@/lib/core/scoring/judged";
import type { Scored } from "@/lib/core/scoring/score";
import type { Db } from "../client";
import { commit } from "../commit";
import { evalCases, evalRuns } from "../schema";

export type EvalRun = typeof evalRuns.$inferSelect;
export type EvalCase = typeof evalCases.$inferSelect;
/** A case as lists show it: without what makes it large. */
export type EvalCaseRow = Omit<EvalCase, "answers" | "trajectory" | "truth">;

export type NewRun = Pick<EvalRun, "id" | "commit" | "startedBy" | "total" | "options">;

/** A case that was played, with its key in the set. */
export interface PlayedCase extends Pick<EvalCase, "class" | "set" | "title" | "trajectory" | "truth" | "why" | "ms"> {
  id: string;
  scored: Scored;
  /** Absent where no judge was asked. */
  judged?: Judged;
}

/** Begins a run and tells of it. */
export async function startRun(db: Db, run: NewRun, now: number): Promise<void> {
  await commit(db, {
    claims: [db.insert(evalRuns).values({ ...run, state: "running", startedAt: now })],
    events: [
      {
        at: now,
        type: "eval.started",
        text: `An evaluation of ${run.total} ${run.total === 1 ? "case" : "cases"} started`,
        data: { run: run.id, total: run.total },
      },
    ],
  });
}

/** Takes up a run that was stopped, that failed, or whose process is gone; what it has stored stands. False: there is none, or it is done. */
export async function resumeRun(db: Db, id: string, now: number): Promise<boolean> {
  const won = await commit(db, {
    claims: [
      db
        .update(evalRuns)
        .set({ state: "running", endedAt: null, detail: null })
        .where(and(eq(evalRuns.id, id), notInArray(evalRuns.state, ["done"]))),
    ],
    events: [{ at: now, type: "eval.started", text: "An evaluation was taken up again", data: { run: id } }],
  });
  return won !== null;
}

/** Stores one case as it ends, in place of an earlier play of it in this run. False: the run was ended meanwhile, and nothing is stored. */
export async function storeCase(db: Db, runId: string, played: PlayedCase, now: number): Promise<boolean> {
  const { id, scored, class: of, set, title, trajectory, truth, why, judged, ms } = played;
  const row: EvalCase = {
    runId,
    caseId: id,
    class: of,
    set,
    title,
    // Of a case the truth is known, so that it is always one of the two.
    passed: scored.passed === true,
    scores: scored.scores,
    answers: scored.answers,
    trajectory,
    truth,
    why,
    judged: judged ?? null,
    detectionDelayMs: scored.detectionDelayMs,
    timeToProposalMs: scored.timeToProposalMs,
    tokens: scored.tokens,
    usd: scored.usd,
    ms,
    at: now,
  };
  const won = await commit(db, {
    // A row that matches counts as changed: the claim holds while the run does.
    claims: [db.update(evalRuns).set({ state: "running" }).where(isRunning(runId))],
    writes: [
      db
        .insert(evalCases)
        .values(row)
        .onConflictDoUpdate({ target: [evalCases.runId, evalCases.caseId], set: row }),
    ],
  });
  return won !== null;
}

/** The end of a run and what came of it. */
export type RunEnd =
  | { state: "done"; summary: EvalSummary }
  | { state: "failed"; detail: string }
  | { state: "stopped"; detail: string };

/** Ends a running run and tells of it. False: it had ended before. */
export async function finishRun(db: Db, id: string, end: RunEnd, now: number): Promise<boolean> {
  const won = await commit(db, {
    claims: [db.update(evalRuns).set({ ...end, endedAt: now }).where(isRunning(id))], // prettier-ignore
    events: [{ at: now, type: "eval.ended", text: endText(end), data: { run: id, state: end.state } }],
  });
  return won !== null;
}

function endText(end: RunEnd): string {
  switch (end.state) {
    case "done": {
      const { mean, pass_rate: passed } = end.summary;
      return mean === null || passed === null
        ? "An evaluation ended without a case"
        : `An evaluation ended: mean ${mean.toFixed(2)}, ${Math.round(passed * 100)} % passed`;
    }
    case "failed":
      return `An evaluation failed: ${end.detail}`;
    case "stopped":
      return `An evaluation was stopped: ${end.detail}`;
  }
}

const isRunning = (id: string) => and(eq(evalRuns.id, id), eq(evalRuns.state, "running"));

/** The newest runs first. */
export const listRuns = (db: Db, limit: number): Promise<EvalRun[]> =>
  db.select().from(evalRuns).orderBy(desc(evalRuns.startedAt), desc(evalRuns.id)).limit(limit);

export async function findRun(db: Db, id: string): Promise<EvalRun | null> {
  return (await db.query.evalRuns.findFirst({ where: eq(evalRuns.id, id) })) ?? null;
}

/** Runs that have not ended, the oldest first; of one whose process is gone nothing else tells. */
export const listRunning = (db: Db): Promise<EvalRun[]> =>
  db.select().from(evalRuns).where(eq(evalRuns.state, "running")).orderBy(asc(evalRuns.startedAt));

/** The cases of a run by their IDs, without trajectories, answers and truths. */
export function listCasesOf(db: Db, runId: string): Promise<EvalCaseRow[]> {
  const { answers: _answers, trajectory: _trajectory, truth: _truth, ...columns } = getTableColumns(evalCases);
  return db.select(columns).from(evalCases).where(eq(evalCases.runId, runId)).orderBy(asc(evalCases.caseId));
}

/** The cases of a run whole, for its report. */
export const listWholeCasesOf = (db: Db, runId: string): Promise<EvalCase[]> =>
  db.select().from(evalCases).where(eq(evalCases.runId, runId)).orderBy(asc(evalCases.caseId));

export async function findCase(db: Db, runId: string, caseId: string): Promise<EvalCase | null> {
  const [row] = await db
    .select()
    .from(evalCases)
    .where(and(eq(evalCases.runId, runId), eq(evalCases.caseId, caseId)));
  return row ?? null;
}

/** How many cases each of these runs has stored. */
export async function countCases(db: Db, runIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await db
    .select({ run: evalCases.runId, n: count() })
    .from(evalCases)
    .where(inArray(evalCases.runId, [...runIds]))
    .groupBy(evalCases.runId);
  return new Map(rows.map(({ run, n }) => [run, n]));
}
