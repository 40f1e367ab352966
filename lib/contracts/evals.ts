import { z } from "zod";
import { CASE_SETS, EVAL_SETS } from "@/lib/core/base/vocabulary";
import { DIMENSIONS } from "@/lib/core/scoring/question";
import { Scores } from "./scores";

/**
 * One measured table, as an evaluation writes it to `lib/evals/results/*.json` and the console shows it. `target` and
 * `measured` are said in words with their units; `ok` is null where the figure is reported and not enforced.
 */
export const EvalResult = z
  .object({
    title: z.string(),
    /** What was run, so that anybody can run it again. */
    command: z.string(),
    /** ISO 8601. */
    measured_at: z.iso.datetime({ offset: true }),
    /** Where it ran: cores, Node version. */
    machine: z.string().optional(),
    /** Short hash of the code that was measured. */
    commit: z.string().optional(),
    note: z.string().optional(),
    rows: z.array(
      z.object({
        what: z.string(),
        target: z.string(),
        measured: z.string(),
        ok: z.boolean().nullable(),
        /** The same figure, each system judged by what was learned on the others. */
        leave_one_out: z.string().optional(),
        /** What others have published for it. */
        published: z.string().optional(),
      }),
    ),
  })
  .meta({ id: "EvalResult" });
export type EvalResult = z.infer<typeof EvalResult>;

/** The figures of a run over cases; null where there is nothing to take them of. */
export const EvalSummary = z
  .object({
    mean: z.number().nullable(),
    pass_rate: z.number().nullable(),
    safety_min: z.number().nullable(),
    ece: z.number().nullable(),
    classes: z.record(z.string(), z.number()),
    seconds: z.number(),
  })
  .meta({ id: "EvalSummary" });
export type EvalSummary = z.infer<typeof EvalSummary>;

export { CASE_SETS, EVAL_SETS };
export type EvalSet = (typeof EVAL_SETS)[number];
export type CaseSet = (typeof CASE_SETS)[number];

const share = z.number().nullable();
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

/** What a run's judge was worth; what it disagreed on stands with each case. */
export const JudgeFigures = JudgeReport.omit({ disagreements: true }).meta({ id: "JudgeFigures" });
export type JudgeFigures = z.infer<typeof JudgeFigures>;

/** `eval_report.json`, and the reference that the gate compares with. */
export const EvalReport = z
  .object({
    set: z.enum([...EVAL_SETS, "all"]),
    ...EvalSummary.shape,
    cases: z.array(
      z.object({ id: z.string(), class: z.string(), set: z.enum(EVAL_SETS), passed: z.boolean(), scores: Scores }),
    ),
    /** Short hash of the code that was run; "unknown" outside of a checkout. */
    commit: z.string(),
    /** Absent where no judge was asked. */
    judge: JudgeReport.optional(),
  })
  .meta({ id: "EvalReport" });
export type EvalReport = z.infer<typeof EvalReport>;

/** A report over any cases, frozen ones included. */
export const CaseReport = EvalReport.extend({
  set: z.enum([...CASE_SETS, "all"]),
  cases: z.array(EvalReport.shape.cases.element.extend({ set: z.enum(CASE_SETS) })),
}).meta({ id: "CaseReport" });
export type CaseReport = z.infer<typeof CaseReport>;

/** A table of measured figures: as it was measured, why it cannot be read, or that it never was measured. */
export type MeasuredTable =
  | { name: string; result: EvalResult }
  | { name: string; fault: string }
  | { name: string; title: string; command: string };
