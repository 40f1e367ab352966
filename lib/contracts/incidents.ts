import { z } from "zod";
import {
  ACTION_RUN_STATES,
  APPROVAL_STATES,
  DIAGNOSES,
  INCIDENT_STATES,
  MODES,
  OUTCOMES,
  POLICY_ANSWERS,
  PROPOSAL_STATES,
  RISKS,
  SUBJECT_KINDS,
  CAUSE_KINDS,
} from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { ChangeView } from "./changes";
import { PATHS } from "./paths";

const at = z.int().describe("epoch ms");

export const IncidentSummary = z
  .object({
    id: z.string(),
    kind: z.enum(["agent", "external", "limit", "service", "budget"]),
    state: z.enum(INCIDENT_STATES),
    title: z.string(),
    severity: z.number(),
    diagnosis: z.enum(DIAGNOSES).nullable(),
    cause: z
      .object({ node: z.string().nullable(), kind: z.enum([...CAUSE_KINDS, "no_fault", "unknown"]) })
      .nullable()
      .describe("of a service incident"),
    alerts: z
      .object({ firing: z.int(), total: z.int(), repeats: z.int() })
      .nullable()
      .describe("of a service incident"),
    previous_incident_id: z.string().nullable(),
    confidence: z.number().nullable(),
    mode: z.enum(MODES),
    subjects: z.array(z.object({ kind: z.enum(SUBJECT_KINDS), id: z.string(), role: z.string() })),
    onset_at: at,
    opened_at: at,
    contained_at: at.nullable(),
    healed_at: at.nullable(),
    closed_at: at.nullable(),
    acknowledged_at: at.nullable(),
    acknowledged_by: z.string().nullable(),
    assignee: z.object({ id: z.string(), name: z.string() }).nullable().describe("whose it is"),
    snoozed_until: at.nullable().describe("no page of it is sent before"),
    outcome: z.string().nullable(),
    would_have: z.string().nullable(),
  })
  .meta({ id: "IncidentSummary" });
export type IncidentSummary = z.infer<typeof IncidentSummary>;

export const IncidentsQuery = z.object({
  state: z.enum(["active", "closed", ...INCIDENT_STATES]).optional(),
  agent: z.string().max(200).optional(),
  service: z.string().max(200).optional(),
  kind: z.enum(["agents", "services"]).optional(),
  assignee: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("a person's ID; `me`: whoever asks; `none`: those that are nobody's"),
  min_severity: z.coerce.number().min(0).max(10).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  before: z.coerce.number().int().optional().describe("return incidents opened before this time, epoch ms"),
});
export const IncidentsAnswer = z.object({ incidents: z.array(IncidentSummary), total: z.int() });
export type IncidentsAnswer = z.infer<typeof IncidentsAnswer>;

export const FindingView = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  source: z.string(),
  detail: z.record(z.string(), z.unknown()),
  at,
});

export const ProposalView = z
  .object({
    id: z.string(),
    incident_id: z.string(),
    subject_kind: z.enum(SUBJECT_KINDS),
    subject_id: z.string(),
    action: z.string().describe("the name of an allow-listed operation"),
    args: z.record(z.string(), z.unknown()),
    state: z.enum(PROPOSAL_STATES),
    rung: z.int(),
    risk: z.enum(RISKS),
    reversible: z.boolean(),
    blast_radius: z.string(),
    expected: z.string(),
    skipped: z.array(z.object({ action: z.string(), reason: z.string() })),
    rivals: z
      .array(z.object({ action: z.string(), why: z.string() }))
      .describe("alternative causes that were considered"),
    untrusted: z
      .array(z.object({ argument: z.string(), source: z.string(), line: z.string() }))
      .describe("arguments influenced by untrusted text"),
    operation: z
      .object({
        title: z.string(),
        runs: z.array(z.string()).describe("argv, item by item; or the method and address of a call"),
        undo: z.string().nullable(),
        dry_run: z.array(z.string()).nullable(),
      })
      .nullable()
      .describe("for a service: exactly what would run"),
    severity: z.number(),
    policy: z.enum(POLICY_ANSWERS),
    reason: z.string(),
    digest: z.string(),
    created_at: at,
    expires_at: at.nullable(),
  })
  .meta({ id: "ProposalView" });
export type ProposalView = z.infer<typeof ProposalView>;

export const ActionRunView = z
  .object({
    id: z.string(),
    proposal_id: z.string(),
    incident_id: z.string(),
    subject_kind: z.enum(SUBJECT_KINDS),
    subject_id: z.string(),
    agent_type: z.string().nullable().describe("null for a service"),
    diagnosis: z.string().nullable(),
    action: z.string(),
    args: z.record(z.string(), z.unknown()),
    by: z.string(),
    why: z.string(),
    state: z.enum(ACTION_RUN_STATES),
    started_at: at,
    ended_at: at.nullable(),
    acknowledged_at: at.nullable(),
    detail: z.string().nullable(),
    outcome: z.enum(OUTCOMES),
    verification: z.record(z.string(), z.unknown()).nullable(),
    judged_at: at.nullable(),
    undone_at: at.nullable(),
    result: z.record(z.string(), z.unknown()).nullable().describe("the external result, which does not prove recovery"),
  })
  .meta({ id: "ActionRunView" });
export type ActionRunView = z.infer<typeof ActionRunView>;

export const IncidentDetail = z
  .object({
    incident: IncidentSummary,
    limit: z
      .object({ waiting: z.array(z.string()), allowed: z.int() })
      .nullable()
      .describe(
        "if a containment limit is reached: the agents that keep running because of it, and the quarantines that a person allowed beyond it",
      ),
    anomalies: z.array(
      z.object({
        id: z.string(),
        agent_id: z.string(),
        type: z.string(),
        metric: z.string(),
        stratum: z.string(),
        verdict: z.string(),
        severity: z.number(),
        at,
        value: z.number(),
        expected: z.object({ low: z.number(), mid: z.number(), high: z.number() }),
        statistic: z.number(),
        threshold: z.number(),
        samples: z.number(),
        text: z.string(),
      }),
    ),
    findings: z.array(FindingView),
    changes: z
      .array(ChangeView)
      .describe("changes of its agents from one hour before the onset until it closed, declared or not, newest first"),
    hypotheses: z.array(
      z.object({
        id: z.string(),
        rank: z.int(),
        diagnosis: z.enum(DIAGNOSES),
        confidence: z.number(),
        statement: z.string(),
        weak: z.boolean(),
        cites: z.array(z.string()),
        author: z.string(),
      }),
    ),
    proposals: z.array(ProposalView.extend({ approval: z.lazy(() => ApprovalBrief).nullable() })),
    actions: z.array(ActionRunView),
    postmortem: z.string().nullable().describe("markdown; a draft, once it is closed"),
    timeline: z.array(
      z.object({
        seq: z.int(),
        at,
        type: z.string(),
        text: z.string(),
        agent_id: z.string().nullable(),
        service_id: z.string().nullable(),
        data: z.record(z.string(), z.unknown()),
      }),
    ),
  })
  .meta({ id: "IncidentDetail" });
export type IncidentDetail = z.infer<typeof IncidentDetail>;

export const ApprovalBrief = z.object({
  id: z.string(),
  state: z.enum(APPROVAL_STATES),
  requested_at: at,
  expires_at: at,
  decided_at: at.nullable(),
  decided_by: z.string().nullable(),
  comment: z.string().nullable(),
  void_reason: z.string().nullable(),
});
export type ApprovalBrief = z.infer<typeof ApprovalBrief>;

/**
 * accept: this is normal now (learn it, release). dismiss: close without learning. heal: try again after a rejection or an escalation.
 * allow: of a containment limit, hold those that wait, beyond the limit. investigate: look again at what is known now.
 * note: write the comment into the timeline.
 * by_hand: record what was done outside of Sentinel, in the comment; its effect is measured like any action's.
 */
export const INCIDENT_COMMANDS = [
  "acknowledge",
  "accept",
  "dismiss",
  "heal",
  "allow",
  "investigate",
  "by_hand",
  "note",
] as const;
export type IncidentCommand = (typeof INCIDENT_COMMANDS)[number];
export const IncidentCommandBody = z
  .object({ comment: z.string().trim().max(1000).optional() })
  .meta({ id: "IncidentCommandBody" });

export const IncidentPatchBody = z
  .strictObject({
    assignee: z.string().min(1).max(100).nullable().optional().describe("a person's ID, from /api/v1/assignees"),
    snoozed_until: at.nullable().optional().describe("epoch ms, at most a week ahead"),
  })
  .refine((body) => Object.keys(body).length > 0, "must name what to change: assignee or snoozed_until")
  .meta({ id: "IncidentPatchBody" });
export const AssigneesAnswer = z
  .object({ people: z.array(z.object({ id: z.string(), name: z.string() })) })
  .meta({ id: "Assignees" });
export type AssigneesAnswer = z.infer<typeof AssigneesAnswer>;

export const IncidentParams = z.object({ id: z.string().min(1).max(100) });

export const INCIDENTS = resource(PATHS.INCIDENTS, {
  GET: {
    auth: "viewer",
    drills: true,
    summary: "Incidents, newest first",
    query: IncidentsQuery,
    response: IncidentsAnswer,
  },
});
export const INCIDENT = resource(PATHS.INCIDENT, {
  GET: {
    auth: "viewer",
    drills: true,
    summary: "One incident in full",
    params: IncidentParams,
    response: IncidentDetail,
  },
  PATCH: {
    auth: "operator",
    summary: "Assigns an incident to a person, or to nobody; holds its pages back until a time, or no longer",
    params: IncidentParams,
    body: IncidentPatchBody,
    response: IncidentDetail,
  },
});

export const ASSIGNEES = resource(PATHS.ASSIGNEES, {
  GET: {
    auth: "viewer",
    summary: "People that incidents can be assigned to: operators and admins, by name",
    response: AssigneesAnswer,
  },
});

export const INCIDENT_COMMAND = resource(PATHS.INCIDENT_COMMAND, {
  POST: {
    auth: "operator",
    drills: true,
    summary:
      "Acknowledges an incident, accepts it as normal, dismisses it, heals now, allows quarantines beyond a containment limit, investigates again, records what was done by hand (`comment` says what), or notes the comment in the timeline",
    params: IncidentParams.extend({ command: z.enum(INCIDENT_COMMANDS) }),
    body: IncidentCommandBody,
    response: IncidentDetail,
  },
});
