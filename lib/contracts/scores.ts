import { z } from "zod";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { HOLD_DECISIONS } from "@/lib/core/scoring/would-have";
import { DIMENSIONS } from "@/lib/core/scoring/question";
import { resource } from "./endpoint";
import { IncidentParams, IncidentSummary } from "./incidents";
import { PATHS } from "./paths";

const at = z.int().describe("epoch ms");
const right = z.boolean().nullable().describe("null: no verdict yet");
const mark = z.number().min(0).max(5);

/** 0 to 5 each; a dimension of which nothing could be asked is left out. */
export const Scores = z.object(
  Object.fromEntries(DIMENSIONS.map((name) => [name, mark.optional()])) as Record<
    (typeof DIMENSIONS)[number],
    z.ZodOptional<typeof mark>
  >,
);

export const ScoreAnswer = z
  .object({
    id: z.string(),
    dimension: z.enum(DIMENSIONS),
    text: z.string().describe("the question, phrased so that yes is good"),
    weight: z.number(),
    cap: z.number().nullable().describe("highest score the dimension can reach if this question is answered no"),
    answer: z.enum(["yes", "no"]),
    why: z.string(),
  })
  .meta({ id: "ScoreAnswer" });
export type ScoreAnswer = z.infer<typeof ScoreAnswer>;

const scored = z.object({
  scores: Scores,
  mean: mark.nullable(),
  passed: z.boolean().nullable().describe("null until a person has given a verdict"),
  detection_delay_ms: z.number().nullable(),
  time_to_proposal_ms: z.number().nullable().describe("null: nothing was proposed"),
  tokens: z.int(),
  usd: z.number(),
  verdicts: z.object({ cause_right: right, remedy_right: right, hold_right: right }),
  verdict_by: z.string().nullable(),
  scored_at: at,
});

export const IncidentScoresAnswer = z
  .object({
    asks: z
      .object({ cause: z.boolean(), remedy: z.boolean(), hold: z.boolean() })
      .describe("which verdicts can be given"),
    hold: z
      .object({
        decided: z
          .enum(HOLD_DECISIONS)
          .describe(
            "what `hold_right` is about: an agent was quarantined; it would have been quarantined in act mode; or neither",
          ),
        right,
        by: z.string().nullable().describe("who gave the last verdict"),
      })
      .describe("a verdict on a would-have quarantine can also be given while the incident is open"),
    scored: scored
      .extend({ answers: z.array(ScoreAnswer) })
      .nullable()
      .describe("null until the incident is closed and scored (a few seconds later)"),
  })
  .meta({ id: "IncidentScores" });
export type IncidentScoresAnswer = z.infer<typeof IncidentScoresAnswer>;

export const VerdictBody = z
  .strictObject({
    cause_right: z.boolean().optional().describe("was the top cause right?"),
    remedy_right: z.boolean().optional().describe("was the remedy right?"),
    hold_right: z
      .boolean()
      .optional()
      .describe(
        "was the quarantine decision right? In observe or recommend mode: would it have been right to quarantine the agent?",
      ),
  })
  .refine((body) => Object.keys(body).length > 0, "a verdict on something is required")
  .meta({ id: "VerdictBody" });
export type VerdictBody = z.infer<typeof VerdictBody>;

export const ScoredIncidentsAnswer = z.object({
  incidents: z.array(
    scored.extend({
      incident: z.object({
        id: z.string(),
        kind: IncidentSummary.shape.kind,
        title: z.string(),
        severity: z.number(),
        state: z.enum(INCIDENT_STATES),
        closed_at: at,
      }),
    }),
  ),
  total: z.int().describe("scored incidents"),
  judged: z.int().describe("incidents with a verdict from a person"),
  pass_rate: z.number().nullable().describe("share of incidents with a verdict that passed"),
  means: Scores.describe("over all scored incidents"),
});
export type ScoredIncidentsAnswer = z.infer<typeof ScoredIncidentsAnswer>;

export const INCIDENT_SCORES = resource(PATHS.INCIDENT_SCORES, {
  GET: {
    auth: "viewer",
    drills: true,
    summary: "How a closed incident was handled: scores of six dimensions, with the answers behind them",
    params: IncidentParams,
    response: IncidentScoresAnswer,
  },
});
export const INCIDENT_VERDICT = resource(PATHS.INCIDENT_VERDICT, {
  POST: {
    auth: "operator",
    drills: true,
    summary:
      "Records whether a closed incident's cause, remedy and quarantine decision were right; for a would-have quarantine, also while the incident is open. A later verdict replaces an earlier one",
    params: IncidentParams,
    body: VerdictBody,
    response: IncidentScoresAnswer,
  },
});
export const SCORED_INCIDENTS = resource(PATHS.SCORED_INCIDENTS, {
  GET: {
    auth: "viewer",
    summary: "Scores of incidents, most recently closed first, and their means",
    query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) }),
    response: ScoredIncidentsAnswer,
  },
});
