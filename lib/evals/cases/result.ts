import type { EvalCase } from "@/lib/db/queries/evals";
import type { CaseSet, EvalSet } from "@/lib/contracts/evals";
import type { Judged } from "@/lib/core/scoring/judged";
import type { Scored } from "@/lib/core/scoring/score";
import type { Trajectory } from "@/lib/core/scoring/trajectory";
import type { Truth } from "@/lib/core/scoring/truth";

/** One case, played and scored. */
export interface CaseResult<S extends CaseSet = EvalSet> {
  id: string;
  class: string;
  set: S;
  /** The case's title, as the alert gives it. */
  title: string;
  scored: Scored;
  trajectory: Trajectory;
  /** What was right, to be shown beside what was found. */
  truth: Truth;
  /** Ground truth, in a sentence. */
  why: string;
  /** What the judge said, where one was asked. */
  judged?: Judged;
  /** How long it took to play, in ms of real time. */
  ms: number;
}

/** A case as a run has stored it. */
export const storedResult = <S extends CaseSet>({ caseId, judged, ...row }: EvalCase & { set: S }): CaseResult<S> => ({
  id: caseId,
  class: row.class,
  set: row.set,
  title: row.title,
  scored: {
    answers: row.answers,
    scores: row.scores,
    passed: row.passed,
    detectionDelayMs: row.detectionDelayMs,
    timeToProposalMs: row.timeToProposalMs,
    tokens: row.tokens,
    usd: row.usd,
  },
  trajectory: row.trajectory,
  truth: row.truth,
  why: row.why,
  ...(judged && { judged }),
  ms: row.ms,
});
