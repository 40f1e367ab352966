import { z } from "zod";
import { CASE_SETS, EVAL_RUN_STATES, EVAL_SETS, type EvalRunState } from "@/lib/core/base/vocabulary";
import type { Judged } from "@/lib/core/scoring/judged";
import type { Answer, Scores as ScoresOf } from "@/lib/core/scoring/score";
import type { Trajectory } from "@/lib/core/scoring/trajectory";
import type { Truth } from "@/lib/core/scoring/truth";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { Scores } from "./scores";
import { type CaseSet, EvalSummary, JudgeFigures } from "./evals";

/** The id of the committed reference, where a run is asked for. */
export const REFERENCE_RUN = "reference";

const at = z.int().describe("epoch ms");

export const EvalRunView = z
  .object({
    id: z.string().describe("`reference` for the report committed to the repository"),
    state: z.enum(EVAL_RUN_STATES),
    commit: z.string(),
    started_by: z.string().nullable(),
    started_at: at.nullable().describe("null for the reference run (see its commit)"),
    ended_at: at.nullable(),
    total: z.int(),
    done: z.int().describe("cases completed so far"),
    set: z.enum([...CASE_SETS, "all"]).nullable(),
    whole: z.boolean().describe("the run covers its whole set"),
    part: z.string().nullable().describe("the class or case that the run was limited to"),
    summary: EvalSummary.nullable(),
    judge_model: z.string().nullable().describe("the judge's model; null: no judge was used"),
    judge: JudgeFigures.nullable().describe(
      "agreement of the judge with the scorer; null while running or if no judge was used",
    ),
    detail: z.string().nullable().describe("why the run did not finish"),
  })
  .meta({ id: "EvalRun" });
export type EvalRunView = z.infer<typeof EvalRunView>;

export const EvalRunsAnswer = z.object({ runs: z.array(EvalRunView) });

const part = EvalSummary.omit({ seconds: true }).extend({ cases: z.int() }).nullable();
export const EvalRunAnswer = z
  .object({
    run: EvalRunView,
    sets: z.object({ dev: part, second: part, frozen: part }).describe("null: the run has no case of the set"),
    cases: z.array(
      z.object({
        id: z.string(),
        class: z.string(),
        set: z.enum(CASE_SETS),
        title: z.string().nullable(),
        passed: z.boolean(),
        scores: Scores,
        mean: z.number().nullable(),
        played: z.boolean().describe("the full trajectory is stored (the reference run stores scores only)"),
      }),
    ),
  })
  .meta({ id: "EvalRunDetail" });
export type EvalRunAnswer = z.infer<typeof EvalRunAnswer>;
export type EvalCaseLine = EvalRunAnswer["cases"][number];

const difference = z.object({ before: z.number().nullable(), after: z.number().nullable() });
const named = difference.extend({ name: z.string() });
export const EvalComparison = z
  .object({
    mean: named,
    pass_rate: named,
    ece: named,
    classes: z.array(named),
    cases: z.array(named.extend({ scores: z.record(z.string(), difference) })),
  })
  .meta({ id: "EvalComparison" });
export type EvalComparison = z.infer<typeof EvalComparison>;

const run = z.object({ run: z.string().min(1).max(100) });

/** What a run was asked for, as it is stored: from it the run can be taken up again. */
export const EvalOptions = z.object({
  set: z.enum([...EVAL_SETS, "all"]),
  class: z.string().optional(),
  cases: z.array(z.string()).optional(),
  seeds: z.int().min(1).default(1),
  late: z.array(z.int().min(0)).min(1).default([0]),
  repeat: z.int().min(1).default(1),
  /** The model that investigates; null: the local analysis stands alone. */
  model: z.string().nullable().default(null),
  /** The model that judges beside the scorer; null: none. */
  judge: z.string().nullable().default(null),
});
export type EvalOptions = z.infer<typeof EvalOptions>;

/** The same of a run over frozen incidents. Their files are known to the command line only, which cannot take it up again. */
export type FrozenOptions = {
  set: "frozen";
  /** Ids of incidents. */
  cases: readonly string[];
  model: string | null;
  judge: string | null;
};

/** More cases than a set has would be a mistake. */
const MOST_CASES = 70;
const name = z.string().min(1).max(100);
export const EvalStart = z
  .strictObject({
    set: z.enum([...EVAL_SETS, "all"]),
    class: name.optional().describe("only this class"),
    cases: z.array(name).min(1).max(MOST_CASES).optional().describe("only these, by their ids"),
    model: z.boolean().default(false).describe("SENTINEL_ANALYSIS_MODEL also investigates (billed API calls)"),
  })
  .refine(({ set, class: of, cases }) => set === "dev" || (of === undefined && cases === undefined), {
    path: ["set"],
    message: "the holdout set (second) can only be run as a whole: leave out class and cases",
  })
  .meta({ id: "EvalStart" });
export type EvalStart = z.output<typeof EvalStart>;

/** What a person can do with a run: stop it, or resume one that did not finish. */
export const EVAL_COMMANDS = ["stop", "resume"] as const;

export const EVAL_RUNS = resource(PATHS.EVAL_RUNS, {
  GET: {
    auth: "viewer",
    summary: "Evaluations over cases, newest first, and the committed reference",
    response: EvalRunsAnswer,
  },
  POST: {
    auth: "operator",
    summary: "Runs cases in the background; 409 with the ID of the current run if there is one",
    body: EvalStart,
    response: EvalRunView,
    status: 202,
  },
});
export const EVAL_COMMAND = resource(PATHS.EVAL_COMMAND, {
  POST: {
    auth: "operator",
    summary: "Stops a run, or resumes an unfinished one",
    params: run.extend({ command: z.enum(EVAL_COMMANDS) }),
    response: EvalRunView,
    status: 202,
  },
});
export const EVAL_RUN = resource(PATHS.EVAL_RUN, {
  GET: { auth: "viewer", summary: "One evaluation, case by case", params: run, response: EvalRunAnswer },
});
export const EVAL_COMPARISON = resource(PATHS.EVAL_COMPARISON, {
  GET: {
    auth: "viewer",
    summary: "Compares this evaluation with an earlier one, largest regression first",
    params: run,
    query: z.object({ before: z.string().min(1).max(100) }),
    response: EvalComparison,
  },
});

/** What can be run from this server. */
export interface EvalOffer {
  /** Why nothing can; null where it can. */
  reason: string | null;
  /** The models that are configured; null: none. */
  model: string | null;
  judge: string | null;
  /** The classes of a set, with the ids of the dev set's cases. */
  classes: { name: string; cases: string[] }[];
}

/** One case of a run, as its page shows it. */
export interface EvalCaseView {
  run: { id: string; commit: string; startedAt: number; state: EvalRunState; judge: JudgeFigures | null };
  /** What the judge said of it; null where none was asked. */
  judged: Judged | null;
  caseId: string;
  class: string;
  set: CaseSet;
  title: string;
  passed: boolean;
  scores: ScoresOf;
  answers: Answer[];
  trajectory: Trajectory;
  truth: Truth;
  /** Ground truth. */
  why: string;
  detectionDelayMs: number | null;
  timeToProposalMs: number | null;
  tokens: number;
  usd: number;
  ms: number;
}
