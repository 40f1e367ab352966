import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Probation } from "@/lib/core/agents/probation";
import {
  ACTION_NAMES,
  ACTION_RUN_STATES,
  AGENT_ACTIONS,
  APPROVAL_STATES,
  DIAGNOSES,
  OUTCOMES,
  POLICY_ANSWERS,
  PROPOSAL_STATES,
  RISKS,
  SUBJECT_KINDS,
} from "@/lib/core/base/vocabulary";

export interface Considered {
  rivals: { action: string; why: string }[];
  /** Arguments that came from text which anybody could have written: such a proposal always asks. */
  untrusted: { argument: string; source: string; line: string }[];
  /** Exactly what would run, as the allow-list had it when it was proposed. */
  operation?: OperationText;
}

export interface OperationText {
  title: string;
  /** Argv of a command, method and URL of a call, repository and paths of a pull request. */
  runs: string[];
  /** How it is taken back; null: it is not. */
  undo: string | null;
  /** Argv of its own dry run. */
  dryRun: string[] | null;
}

/** An action with its arguments. `digest` covers action, arguments, target, evidence and the target's state version. */
export const proposals = sqliteTable(
  "proposals",
  {
    id: text().primaryKey(),
    incidentId: text().notNull(),
    subjectKind: text({ enum: SUBJECT_KINDS }).notNull().default("agent"),
    subjectId: text().notNull(),
    action: text({ enum: ACTION_NAMES }).notNull(),
    args: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
    state: text({ enum: PROPOSAL_STATES }).notNull(),
    rung: integer().notNull(),
    risk: text({ enum: RISKS }).notNull(),
    reversible: integer({ mode: "boolean" }).notNull(),
    blastRadius: text().notNull(),
    expected: text().notNull(),
    skipped: text({ mode: "json" }).$type<{ action: string; reason: string }[]>().notNull(),
    severity: real().notNull(),
    /** Why policy asked, ran or recorded it. */
    policy: text({ enum: POLICY_ANSWERS }).notNull(),
    reason: text().notNull(),
    digest: text().notNull(),
    targetVersion: integer().notNull(),
    /** What else was considered, and the sources of arguments that untrusted text suggested. */
    considered: text({ mode: "json" }).$type<Considered>(),
    createdAt: integer().notNull(),
    expiresAt: integer(),
  },
  (t) => [index("proposals_incident").on(t.incidentId), index("proposals_state").on(t.state)],
);

/** A human's decision on exactly one proposal. */
export const approvals = sqliteTable(
  "approvals",
  {
    id: text().primaryKey(),
    proposalId: text().notNull(),
    incidentId: text().notNull(),
    subjectKind: text({ enum: SUBJECT_KINDS }).notNull().default("agent"),
    subjectId: text().notNull(),
    digest: text().notNull(),
    state: text({ enum: APPROVAL_STATES }).notNull(),
    requestedAt: integer().notNull(),
    expiresAt: integer().notNull(),
    decidedAt: integer(),
    decidedBy: text(),
    decidedByName: text(),
    comment: text(),
    evidenceOpened: integer({ mode: "boolean" }),
    voidReason: text(),
  },
  (t) => [
    uniqueIndex("approvals_proposal").on(t.proposalId),
    index("approvals_state").on(t.state, t.requestedAt),
    index("approvals_incident").on(t.incidentId, t.requestedAt),
  ],
);

/** The healing log: every action that was tried, and what was measured afterwards. */
export const actionRuns = sqliteTable(
  "action_runs",
  {
    id: text().primaryKey(),
    idempotencyKey: text().notNull(),
    proposalId: text().notNull(),
    incidentId: text().notNull(),
    subjectKind: text({ enum: SUBJECT_KINDS }).notNull().default("agent"),
    subjectId: text().notNull(),
    action: text({ enum: ACTION_NAMES }).notNull(),
    args: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
    by: text().notNull(),
    why: text().notNull(),
    state: text({ enum: ACTION_RUN_STATES }).notNull(),
    startedAt: integer().notNull(),
    endedAt: integer(),
    directiveVersion: integer(),
    acknowledgedAt: integer(),
    detail: text(),
    outcome: text({ enum: OUTCOMES }).notNull().default("pending"),
    /** The measurement behind the outcome. */
    verification: text({ mode: "json" }).$type<Record<string, unknown>>(),
    /** The probation test as it stands; the sweep feeds it. */
    probation: text({ mode: "json" }).$type<Probation>(),
    /** What came back from outside: exit code, status, the end of the output. Never proof of a cure. */
    result: text({ mode: "json" }).$type<Record<string, unknown>>(),
    judgedAt: integer(),
    undoneAt: integer(),
  },
  (t) => [
    uniqueIndex("action_runs_key").on(t.idempotencyKey),
    index("action_runs_incident").on(t.incidentId),
    index("action_runs_started").on(t.startedAt),
  ],
);

/** What worked and what failed, decayed. */
export const immuneMemory = sqliteTable(
  "immune_memory",
  {
    scope: text({ enum: ["agent", "type", "fleet"] }).notNull(),
    scopeId: text().notNull(),
    diagnosis: text({ enum: DIAGNOSES }).notNull(),
    action: text({ enum: AGENT_ACTIONS }).notNull(),
    attempts: real().notNull(),
    successes: real().notNull(),
    updatedAt: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.scopeId, t.diagnosis, t.action] })],
);
