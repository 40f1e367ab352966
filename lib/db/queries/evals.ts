import { and, asc, count, desc, eq, getTableColumns, inArray, isNull, notInArray, sql } from "drizzle-orm";
import type { EvalSummary, JudgeFigures } from "@/lib/contracts/evals";
import type { Judged } from "@/lib/core/scoring/judged";
import type { Scored } from "@/lib/core/scoring/score";
import { type By, COMMAND_LINE } from "../audit";
import { type Db, type Statement, write } from "../client";
import { commit, type StreamEvent } from "../commit";
import { isDeadOwner } from "../owner";
import { evalCases, evalRuns } from "../schema";

export type EvalRun = typeof evalRuns.$inferSelect;
export type EvalCase = typeof evalCases.$inferSelect;
/** A case as lists show it: without what makes it large. */
export type EvalCaseRow = Omit<EvalCase, "answers" | "trajectory" | "truth" | "judged">;

export type NewRun = Pick<EvalRun, "id" | "commit" | "startedBy" | "total" | "options">;

/** Which process plays a run (a name of `newOwner`), and until when (epoch ms) it may be silent about it. */
export interface Lease {
  owner: string;
  until: number;
}

/** A case that was played, with its key in the set. */
export interface PlayedCase extends Pick<EvalCase, "class" | "set" | "title" | "trajectory" | "truth" | "why" | "ms"> {
  id: string;
  scored: Scored;
  /** Absent where no judge was asked. */
  judged?: Judged;
}

/** A claim: no other run goes on. */
const alone = (id: string): Statement => ({
  sql: `UPDATE eval_runs SET state = state
        WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM eval_runs WHERE state = 'running' AND id <> ?1)`,
  args: [id],
});

/** Begins a run and tells of it. `only`: if no other goes on; false says that one does. */
export async function startRun(
  db: Db,
  run: NewRun,
  { owner, until }: Lease,
  now: number,
  { only = false, by = COMMAND_LINE }: { only?: boolean; by?: By } = {},
): Promise<boolean> {
  const begun = db.insert(evalRuns).values({ ...run, state: "running", startedAt: now, owner, leaseUntil: until });
  const won = await commit(db, {
    claims: [begun, ...(only ? [alone(run.id)] : [])],
    events: [
      {
        at: now,
        type: "eval.started",
        text: `An evaluation of ${run.total} ${run.total === 1 ? "case" : "cases"} started`,
        data: { run: run.id, total: run.total },
        act: { by },
      },
    ],
  });
  return won !== null;
}

/**
 * Takes up a run that was stopped, that failed or that was interrupted; what it has stored stands. False: there is none, it is done, it
 * goes on, or another one does.
 */
export async function resumeRun(
  db: Db,
  id: string,
  { owner, until }: Lease,
  now: number,
  by: By = COMMAND_LINE,
): Promise<boolean> {
  const won = await commit(db, {
    claims: [
      db
        .update(evalRuns)
        .set({ state: "running", endedAt: null, detail: null, owner, leaseUntil: until })
        .where(and(eq(evalRuns.id, id), notInArray(evalRuns.state, ["done", "running"]))),
      alone(id),
    ],
    events: [
      {
        at: now,
        type: "eval.started",
        text: "An evaluation was resumed",
        data: { run: id },
        act: { action: "evaluation.resume", by },
      },
    ],
  });
  return won !== null;
}

/** Renews the lease of a run for its owner, or hands it from that owner on to another. False: it is no longer the owner's. */
export async function renewLease(db: Db, id: string, owner: string, lease: Lease): Promise<boolean> {
  const [renewed] = await write(db, [
    db.update(evalRuns).set({ owner: lease.owner, leaseUntil: lease.until }).where(isOf(id, owner)),
  ]);
  return renewed!.rowsAffected > 0;
}

/** Ends runs whose process is gone: its lease is over, or the kernel says so. What they have stored stands. */
export async function endAbandoned(db: Db, now: number): Promise<void> {
  const gone = (await listRunning(db)).filter(
    ({ owner, leaseUntil }) => leaseUntil <= now || (owner !== null && isDeadOwner(owner)),
  );
  for (const { id, owner, leaseUntil, total } of gone) {
    const done = await db.$count(evalCases, eq(evalCases.runId, id));
    const end: RunEnd = { state: "interrupted", detail: `The process ended after ${done} of ${total} cases` };
    await commit(db, {
      // As it was read: a lease that was renewed meanwhile stands.
      claims: [
        db
          .update(evalRuns)
          .set({ ...end, endedAt: now })
          .where(
            and(
              isRunning(id),
              owner === null ? isNull(evalRuns.owner) : eq(evalRuns.owner, owner),
              eq(evalRuns.leaseUntil, leaseUntil),
            ),
          ),
      ],
      events: [ended(id, end, now)],
    });
  }
}

/**
 * Stores one case as it ends, in place of an earlier play of it in this run. `tell`: how many there are now, for those who look on. False:
 * the run is no longer its owner's (it was ended, or taken over), and nothing is stored.
 */
export async function storeCase(
  db: Db,
  { id: runId, owner }: { id: string; owner: string },
  played: PlayedCase,
  now: number,
  tell?: { done: number; total: number },
): Promise<boolean> {
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
    claims: [db.update(evalRuns).set({ state: "running" }).where(isOf(runId, owner))],
    writes: [
      db
        .insert(evalCases)
        .values(row)
        .onConflictDoUpdate({ target: [evalCases.runId, evalCases.caseId], set: row }),
    ],
    ...(tell && {
      events: [
        {
          at: now,
          type: "eval.progress",
          text: `An evaluation has run ${tell.done} of ${tell.total} cases`,
          data: { run: runId, ...tell },
        },
      ],
    }),
  });
  return won !== null;
}

/** The end of a run and what came of it. */
export type RunEnd =
  | { state: "done"; summary: EvalSummary; judge?: JudgeFigures | null }
  | { state: "failed" | "stopped" | "interrupted"; detail: string };

/** Ends a running run and tells of it. `owner`: who plays it; a person may end it whoever does. False: it had ended before, or is another's. */
export async function finishRun(
  db: Db,
  id: string,
  end: RunEnd,
  now: number,
  owner?: string,
  by?: By,
): Promise<boolean> {
  const claim = db
    .update(evalRuns)
    .set({ ...end, endedAt: now })
    .where(owner === undefined ? isRunning(id) : isOf(id, owner));
  return (
    (await commit(db, {
      claims: [claim],
      events: [{ ...ended(id, end, now), ...(by && { act: { action: "evaluation.stop", by } }) }],
    })) !== null
  );
}

const ended = (id: string, end: RunEnd, at: number): StreamEvent => ({
  at,
  type: "eval.ended",
  text: endText(end),
  data: { run: id, state: end.state },
});

function endText(end: RunEnd): string {
  switch (end.state) {
    case "done": {
      const { mean, pass_rate: passed } = end.summary;
      return mean === null || passed === null
        ? "An evaluation finished without running a case"
        : `An evaluation finished: mean ${mean.toFixed(2)}, ${Math.round(passed * 100)} % passed`;
    }
    case "failed":
      return `An evaluation failed: ${end.detail}`;
    case "stopped":
      return `An evaluation was stopped: ${end.detail}`;
    case "interrupted":
      return `An evaluation was interrupted: ${end.detail}`;
  }
}

const isRunning = (id: string) => and(eq(evalRuns.id, id), sql`state = 'running'`);
const isOf = (id: string, owner: string) => and(isRunning(id), eq(evalRuns.owner, owner));

/** The newest runs first. */
export const listRuns = (db: Db, limit: number): Promise<EvalRun[]> =>
  db.select().from(evalRuns).orderBy(desc(evalRuns.startedAt), desc(evalRuns.id)).limit(limit);

export async function findRun(db: Db, id: string): Promise<EvalRun | null> {
  return (await db.query.evalRuns.findFirst({ where: eq(evalRuns.id, id) })) ?? null;
}

/** Runs that have not ended, the oldest first. An index holds just these. */
export const listRunning = (db: Db): Promise<EvalRun[]> =>
  db
    .select()
    .from(evalRuns)
    .where(sql`state = 'running'`)
    .orderBy(asc(evalRuns.startedAt));

/** The cases of a run by their IDs, without trajectories, answers and truths. */
export function listCasesOf(db: Db, runId: string): Promise<EvalCaseRow[]> {
  const {
    answers: _answers,
    trajectory: _trajectory,
    truth: _truth,
    judged: _judged,
    ...columns
  } = getTableColumns(evalCases);
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
