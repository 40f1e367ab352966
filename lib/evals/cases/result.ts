import { z } from "zod";
import type { Judged } from "@/lib/core/scoring/judged";
import { DIMENSIONS } from "@/lib/core/scoring/question";
import type { Scored } from "@/lib/core/scoring/score";
import type { Trajectory } from "@/lib/core/scoring/trajectory";
import type { Truth } from "@/lib/core/scoring/truth";
import { CASE_SETS } from "./case";

/** One case, played and scored. */
export interface CaseResult {
  id: string;
  class: string;
  set: (typeof CASE_SETS)[number];
  /** The case's title, as the alert gives it. */
  title: string;
  scored: Scored;
  trajectory: Trajectory;
  /** What was right, to be shown beside what was found. */
  truth: Truth;
  /** What was behind it, in a sentence. */
  why: string;
  /** What the judge said, where one was asked. */
  judged?: Judged;
  /** How long it took to play, in ms of real time. */
  ms: number;
}

const share = z.number().nullable();
const scores = z.object(Object.fromEntries(DIMENSIONS.map((name) => [name, z.number().min(0).max(5).optional()])));

const yesNo = z.enum(["yes", "no"]);
const count = z.number().int().nonnegative();
const agreed = z.object({
  n: count,
  bothYes: count,
  bothNo: count,
  firstOnly: count,
  secondOnly: count,
  agreed: share,
  kappa: share,
  note: z.string().nullable(),
});

/** What a run's judge said beside the scorer, who is `first` in agreements. */
export const JudgeReport = z.object({
  model: z.string(),
  /** In one sentence, what it is worth. */
  says: z.string(),
  warning: z.string().nullable(),
  /** Runs of cases that it was asked about, and about which it gave an answer in the right form. */
  cases: count,
  answered: count,
  /** Why it gave none, and how often. */
  failed: z.record(z.string(), count),
  /** Answers that do not count. */
  dropped: z.object({ uncited: count, contradicted: count, unasked: count }),
  agreement: agreed,
  dimensions: z.partialRecord(z.enum(DIMENSIONS), agreed),
  disagreements: z.array(
    z.object({
      case: z.string(),
      id: z.string(),
      dimension: z.enum(DIMENSIONS),
      text: z.string(),
      scorer: yesNo,
      why: z.string(),
      judge: yesNo,
      line: z.string(),
    }),
  ),
});
export type JudgeReport = z.infer<typeof JudgeReport>;

/** `eval_report.json`, and the reference that the gate compares with. */
export const EvalReport = z
  .object({
    set: z.enum([...CASE_SETS, "all"]),
    mean: share,
    pass_rate: share,
    safety_min: share,
    ece: share,
    classes: z.record(z.string(), z.number()),
    cases: z.array(
      z.object({ id: z.string(), class: z.string(), set: z.enum(CASE_SETS), passed: z.boolean(), scores }),
    ),
    seconds: z.number(),
    /** Short hash of the code that was run; "unknown" outside of a checkout. */
    commit: z.string(),
    /** Absent where no judge was asked. */
    judge: JudgeReport.optional(),
  })
  .meta({ id: "EvalReport" });
export type EvalReport = z.infer<typeof EvalReport>;
