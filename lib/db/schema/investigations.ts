import { index, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Bundle } from "@/lib/core/evidence/bundle";
import { CAUSE_KINDS, DIAGNOSES, INVESTIGATION_STATES } from "@/lib/core/base/vocabulary";

/** One run of the specialists over one incident. A crashed one is taken up by the sweep under a new lease. */
export const investigations = sqliteTable(
  "investigations",
  {
    id: text().primaryKey(),
    incidentId: text().notNull(),
    state: text({ enum: INVESTIGATION_STATES }).notNull(),
    owner: text().notNull(),
    leaseUntil: integer().notNull(),
    attempt: integer().notNull().default(1),
    startedAt: integer().notNull(),
    endedAt: integer(),
    /** Why it ended before all was looked at; null when nothing was cut. */
    cutShort: text(),
    /** The evidence as it was when it was looked at, kept before an action can destroy it. */
    bundle: text({ mode: "json" }).$type<Bundle>(),
    onset: text({ mode: "json" }).$type<{ at: number; from: number; to: number } | null>(),
    verdict: text({ enum: ["fault", "no_fault", "unknown"] }),
    ranking: text({ mode: "json" }).$type<{ node: string; score: number; confidence: number; findings: string[] }[]>(),
    summary: text(),
    slack: text(),
    statusLine: text(),
    /** What people read of it beside the hypotheses: doubts, what could not be looked at, the remedy. See the contract. */
    report: text({ mode: "json" }).$type<unknown>(),
    /** Who wrote which part: `local` or a model's name. */
    authors: text({ mode: "json" }).$type<Record<string, string>>(),
    spent: text({ mode: "json" }).$type<{ calls: number; tokens: number; usd: number; ms: number }>(),
  },
  (t) => [index("investigations_incident").on(t.incidentId), index("investigations_state").on(t.state)],
);

/** What the specialists did, as it happened. */
export const trajectory = sqliteTable(
  "trajectory",
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    investigationId: text().notNull(),
    incidentId: text().notNull(),
    /** The specialist: triage, log_analyst, deploy_correlator, metrics_analyst, synthesis, skeptic, remediation, comms. */
    node: text().notNull(),
    /** A tool's name, `model`, or null where the specialist thought by itself. */
    tool: text(),
    args: text({ mode: "json" }).$type<unknown>(),
    /** Digest and beginning of what came back; the whole is in the bundle or the findings. */
    resultDigest: text(),
    preview: text(),
    /** What a reading gave, so that a later attempt need not ask again. */
    result: text({ mode: "json" }).$type<unknown>(),
    author: text().notNull(),
    startedAt: integer().notNull(),
    ms: real().notNull(),
    tokens: integer().notNull().default(0),
    usd: real().notNull().default(0),
    ok: integer({ mode: "boolean" }).notNull(),
  },
  (t) => [index("trajectory_investigation").on(t.investigationId, t.seq)],
);

/** Rival causes of an incident, the likeliest first: diagnoses of an agent, causes of a service's trouble. */
export const causes = sqliteTable(
  "causes",
  {
    id: text().primaryKey(),
    incidentId: text().notNull(),
    /** Null where rules looked by themselves, as they do at agents. */
    investigationId: text(),
    rank: integer().notNull(),
    node: text(),
    kind: text({ enum: [...CAUSE_KINDS, "no_fault", ...DIAGNOSES] }).notNull(),
    statement: text().notNull(),
    confidence: real().notNull(),
    /** Its confidence before it was fitted; null: it stands in the investigation's report, or was never fitted. */
    raw: real(),
    /** Ids of findings. */
    cites: text({ mode: "json" }).$type<string[]>().notNull(),
    separates: text(),
    /** Its evidence is too thin to act upon by itself. */
    weak: integer({ mode: "boolean" }).notNull().default(false),
    author: text().notNull(),
    /** What models wrote on it, each with the findings that it cites and with its own author. */
    notes: text({ mode: "json" }).$type<{ text: string; cites: string[]; author: string }[]>().notNull().default([]),
    /** A person's word on it: 1 right, -1 wrong. */
    feedback: integer(),
    feedbackBy: text(),
    at: integer().notNull(),
  },
  (t) => [index("causes_incident").on(t.incidentId, t.rank)],
);
