import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Anomaly } from "@/lib/core/detection/detect";
import type { ChangeEffect } from "@/lib/core/agents/change-effect";
import type { Probation } from "@/lib/core/agents/probation";
import {
  ANOMALY_TYPES,
  CHANGE_KINDS,
  DIAGNOSES,
  FINDING_KINDS,
  INCIDENT_STATES,
  MODES,
  SUBJECT_KINDS,
  VERDICTS,
  CAUSE_KINDS,
} from "@/lib/core/base/vocabulary";

export const incidents = sqliteTable(
  "incidents",
  {
    id: text().primaryKey(),
    /** agent: one agent; external: agents that left together; limit: a containment limit was reached; budget: one is used up. */
    kind: text({ enum: ["agent", "external", "limit", "service", "budget"] }).notNull(),
    state: text({ enum: INCIDENT_STATES }).notNull(),
    stateVersion: integer().notNull().default(0),
    title: text().notNull(),
    severity: real().notNull(),
    diagnosis: text({ enum: DIAGNOSES }),
    confidence: real(),
    /** The mode of the type when it opened: observe means that nothing was done. */
    mode: text({ enum: MODES }).notNull(),
    /** Of a service incident: where the cause is held to be, and of which kind. */
    causeNode: text(),
    causeKind: text({ enum: [...CAUSE_KINDS, "no_fault", "unknown"] }),
    /** Start of its latest alert, of a service incident. */
    lastAlertAt: integer(),
    /** The ended incident that came back, or went on, as this one. */
    previousIncidentId: text(),
    /**
     * What a shared cause is keyed by, for example `provider:acme`. Of an agent's own incident: the cause that others share and
     * that may be the agent's too, about which a person was asked.
     */
    causeKey: text(),
    /** Of a limit incident: further automatic holds that a person allowed beyond the limits while it is open. */
    holdsAllowed: integer().notNull().default(0),
    onsetAt: integer().notNull(),
    openedAt: integer().notNull(),
    containedAt: integer(),
    healedAt: integer(),
    closedAt: integer(),
    /** When a person said that they work on it, and who. */
    acknowledgedAt: integer(),
    acknowledgedBy: text(),
    /** Whose it is: the person's ID, and their name when it was given to them. */
    assigneeId: text(),
    assigneeName: text(),
    /** No page of it is sent before; then one says that it is still open. */
    snoozedUntil: integer(),
    /** Plain, careful words: "recovered after …", never "fixed". */
    outcome: text(),
    /** What would have been done, in observe mode. */
    wouldHave: text(),
    /** Verdict on the quarantine decision from before there were scores, which hold it from then on; who gave it. */
    holdRight: integer({ mode: "boolean" }),
    holdRightBy: text(),
    /** Its scores have still to be made, once it is closed. */
    scoreDue: integer({ mode: "boolean" }).notNull().default(true),
  },
  (t) => [
    index("incidents_state").on(t.state, t.openedAt),
    index("incidents_opened").on(t.openedAt),
    // Nearly always empty: what is to be scored is found without reading through all that has closed.
    index("incidents_unscored")
      .on(t.closedAt)
      .where(sql`closed_at IS NOT NULL AND score_due = 1`),
  ],
);

export const incidentSubjects = sqliteTable(
  "incident_subjects",
  {
    incidentId: text().notNull(),
    subjectKind: text({ enum: SUBJECT_KINDS }).notNull(),
    subjectId: text().notNull(),
    role: text({ enum: ["primary", "affected"] }).notNull(),
    /** Is the subject back in band although nothing was done? The sweep feeds this test. */
    watch: text({ mode: "json" }).$type<Probation>(),
  },
  (t) => [
    primaryKey({ columns: [t.incidentId, t.subjectKind, t.subjectId] }),
    index("incident_subjects_subject").on(t.subjectKind, t.subjectId),
  ],
);

export const anomalies = sqliteTable(
  "anomalies",
  {
    id: text().primaryKey(),
    agentId: text().notNull(),
    incidentId: text(),
    type: text({ enum: ANOMALY_TYPES }).notNull(),
    metric: text().notNull(),
    stratum: text().notNull(),
    verdict: text({ enum: VERDICTS }).notNull(),
    severity: real().notNull(),
    at: integer().notNull(),
    eventSeq: integer().notNull(),
    runId: text(),
    /** The whole of the evidence, as the detector gave it. */
    evidence: text({ mode: "json" }).$type<Anomaly>().notNull(),
  },
  (t) => [index("anomalies_agent").on(t.agentId, t.at), index("anomalies_incident").on(t.incidentId)],
);

export const findings = sqliteTable(
  "findings",
  {
    id: text().primaryKey(),
    incidentId: text().notNull(),
    kind: text({ enum: FINDING_KINDS }).notNull(),
    title: text().notNull(),
    source: text().notNull(),
    detail: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
    at: integer().notNull(),
  },
  (t) => [index("findings_incident").on(t.incidentId)],
);

export const changes = sqliteTable(
  "changes",
  {
    id: text().primaryKey(),
    subjectKind: text({ enum: SUBJECT_KINDS }).notNull(),
    subjectId: text().notNull(),
    kind: text({ enum: CHANGE_KINDS }).notNull(),
    at: integer().notNull(),
    declared: integer({ mode: "boolean" }).notNull(),
    from: text("from_value"),
    to: text("to_value"),
    note: text(),
    source: text().notNull(),
    /** declared beforehand; watched: seen, not declared; expected: a person said so; settled: seen, and its effect is measured. */
    status: text({ enum: ["declared", "watched", "expected", "settled"] }).notNull(),
    /** "accept as normal": the levels that the agent has now are to be learned. */
    accept: integer({ mode: "boolean" }).notNull().default(false),
    createdAt: integer().notNull(),
    /** A sweep has taken it into the baselines. */
    takenAt: integer(),
    /** What calls were like before and after a change that nobody declared, as last measured. */
    effect: text({ mode: "json" }).$type<ChangeEffect>(),
  },
  (t) => [
    index("changes_subject").on(t.subjectKind, t.subjectId, t.at),
    // Few: what is still measured.
    index("changes_watched")
      .on(t.at)
      .where(sql`status = 'watched'`),
  ],
);

/** What a change changed, as its sender told it: bounded, without secrets, untrusted. Apart from the change, since it goes sooner. */
export const changeDiffs = sqliteTable(
  "change_diffs",
  {
    changeId: text().primaryKey(),
    files: text({ mode: "json" }).$type<string[]>().notNull(),
    diff: text(),
    createdAt: integer().notNull(),
  },
  (t) => [index("change_diffs_created").on(t.createdAt)],
);
