import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { EvalSummary, JudgeFigures } from "@/lib/contracts/evals";
import { CASE_SETS, EVAL_RUN_STATES } from "@/lib/core/base/vocabulary";
import type { Judged } from "@/lib/core/scoring/judged";
import type { Answer, Scores } from "@/lib/core/scoring/score";
import type { Trajectory } from "@/lib/core/scoring/trajectory";
import type { Truth } from "@/lib/core/scoring/truth";
import type { Verdicts } from "@/lib/core/scoring/question";

/** An evaluation over cases, from the command line or the console. */
export const evalRuns = sqliteTable(
  "eval_runs",
  {
    id: text().primaryKey(),
    state: text({ enum: EVAL_RUN_STATES }).notNull(),
    /** Short hash of the code that was run; "unknown" outside of a checkout. */
    commit: text("commit_hash").notNull(),
    startedBy: text().notNull(),
    startedAt: integer().notNull(),
    endedAt: integer(),
    /** Cases that the run has in all. */
    total: integer().notNull(),
    /** The set, further draws, how late alerts come, models: what the run was asked for. */
    options: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
    /** Its figures, once it is done. */
    summary: text({ mode: "json" }).$type<EvalSummary | null>(),
    /** Why it did not get to its end. */
    detail: text(),
    /** What its judge was worth, once it is done; null where none was asked. */
    judge: text({ mode: "json" }).$type<JudgeFigures | null>(),
    /** The process that plays it, which renews its lease while it does. One that is over (epoch ms) says that it is gone. */
    owner: text(),
    leaseUntil: integer().notNull().default(0),
  },
  (t) => [
    index("eval_runs_started").on(t.startedAt),
    index("eval_runs_running")
      .on(t.leaseUntil)
      .where(sql`state = 'running'`),
  ],
);

/** One case of a run, as it was played and scored. */
export const evalCases = sqliteTable(
  "eval_cases",
  {
    runId: text().notNull(),
    caseId: text().notNull(),
    class: text().notNull(),
    set: text("case_set", { enum: CASE_SETS }).notNull(),
    title: text().notNull(),
    passed: integer({ mode: "boolean" }).notNull(),
    scores: text({ mode: "json" }).$type<Scores>().notNull(),
    answers: text({ mode: "json" }).$type<Answer[]>().notNull(),
    trajectory: text({ mode: "json" }).$type<Trajectory>().notNull(),
    truth: text({ mode: "json" }).$type<Truth>().notNull(),
    why: text().notNull(),
    /** What the judge said of it; null where none was asked. */
    judged: text({ mode: "json" }).$type<Judged | null>(),
    detectionDelayMs: real(),
    timeToProposalMs: real(),
    tokens: integer().notNull(),
    usd: real().notNull(),
    ms: real().notNull(),
    at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.caseId] })],
);

/** How Sentinel did in a real incident, scored when it closes, on what needs no truth and on what people said of it since. */
export const incidentScores = sqliteTable("incident_scores", {
  incidentId: text().primaryKey(),
  scores: text({ mode: "json" }).$type<Scores>().notNull(),
  answers: text({ mode: "json" }).$type<Answer[]>().notNull(),
  /** Null until a person has given a verdict. */
  passed: integer({ mode: "boolean" }),
  detectionDelayMs: real(),
  timeToProposalMs: real(),
  tokens: integer().notNull(),
  usd: real().notNull(),
  verdicts: text({ mode: "json" }).$type<Verdicts>().notNull(),
  /** Who gave the last verdict. */
  verdictBy: text(),
  scoredAt: integer().notNull(),
});
