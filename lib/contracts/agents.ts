import { z } from "zod";
import {
  AGENT_STATES,
  BLIND_SPOTS,
  CONTAINMENTS,
  DIAGNOSES,
  LIVENESS,
  MODES,
  RISKS,
  VERDICTS,
} from "@/lib/core/base/vocabulary";
import { ChangeView } from "./changes";
import { Directive } from "./directive";
import { AgentStanding } from "./ingest";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { looksLike } from "./plain-text";

export const at = z.int().describe("epoch ms");

/** Where a directive got, over the live instances of one agent. */
export const ContainmentView = z.object({
  state: z.enum(CONTAINMENTS),
  live: z.int(),
  acknowledged: z.int(),
  enforced: z.int(),
  text: z.string(),
});
export type ContainmentView = z.infer<typeof ContainmentView>;

export const PendingApproval = z.object({
  id: z.string(),
  digest: z.string(),
  action: z.string(),
  risk: z.enum(RISKS),
  severity: z.number(),
  requested_at: at,
  expires_at: at,
});

/** One card of the grid. */
export const AgentCard = z
  .object({
    id: z.string(),
    looks_like: looksLike,
    type: z.string(),
    type_looks_like: looksLike,
    mode: z.enum(MODES).describe("the mode in effect now: outside its hours, act mode is `recommend`"),
    state: z.enum(AGENT_STATES),
    state_since: at,
    liveness: z.enum(LIVENESS),
    paused: z.boolean(),
    blind_spots: z.array(z.enum(BLIND_SPOTS)).describe("why it cannot be fully evaluated right now; empty if it can"),
    enforcement: z.boolean().nullable(),
    downgrade: z
      .object({ type: z.string().nullable(), enforcement: z.boolean().nullable(), at })
      .nullable()
      .describe("weaker containment that its host has requested, waiting for a person's decision"),
    continues: z.string().nullable().describe("the quarantined agent whose instance continues under this ID"),
    model: z.string().nullable(),
    provider: z.string().nullable(),
    mcp_servers: z.array(z.string()),
    environment: z.string().nullable(),
    last_seen_at: at,
    incident: z
      .object({
        id: z.string(),
        title: z.string(),
        severity: z.number(),
        diagnosis: z.enum(DIAGNOSES).nullable(),
        state: z.string(),
      })
      .nullable(),
    containment: ContainmentView,
    approval: PendingApproval.nullable(),
    /** Rejected earlier and still contained: "heal now" is possible. */
    can_heal_now: z.boolean(),
    sparkline: z.object({ metric: z.string(), values: z.array(z.number()) }).nullable(),
  })
  .meta({ id: "AgentCard" });
export type AgentCard = z.infer<typeof AgentCard>;

export const AgentsQuery = z.object({
  q: z.string().max(200).optional(),
  state: z.enum([...AGENT_STATES, "paused", "silent", "stuck", "not_judged"]).optional(),
  type: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(2000).default(1000),
});
export const AgentsAnswer = z.object({
  agents: z.array(AgentCard),
  total: z.int(),
  types: z.array(z.object({ type: z.string(), mode: z.enum(MODES), count: z.int() })),
});
export type AgentsAnswer = z.infer<typeof AgentsAnswer>;

export const AgentDetail = z
  .object({
    agent: AgentCard,
    act_limits: z
      .string()
      .nullable()
      .describe("the limits of its type's act mode, as a sentence for people; null: no limits"),
    first_seen_at: at,
    event_count: z.int(),
    version: z.string().nullable(),
    sdk_version: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    prompt: z.object({
      hash: z.string().nullable(),
      version: z.string().nullable(),
      dynamic: z.boolean(),
      good_hash: z.string().nullable(),
    }),
    tools: z.array(z.string()),
    directive: Directive,
    instances: z.array(
      z.object({
        id: z.string(),
        live: z.boolean(),
        first_seen_at: at,
        last_seen_at: at,
        applied_version: z.int().nullable(),
        applied_at: at.nullable(),
        enforced_version: z.int().nullable(),
        enforced_at: at.nullable(),
        clock_behind_ms: z
          .int()
          .nullable()
          .describe(
            "how far its clock is behind the server's (negative: ahead); null: its events carry no timestamps, or its clock is close enough",
          ),
      }),
    ),
    /** Restrictions that stay until a person lifts them. */
    restrictions: z.array(
      z.object({ kind: z.enum(["revoked_tool", "reduced_autonomy", "prompt"]), value: z.string() }),
    ),
    bands: z.array(
      z.object({
        metric: z.string(),
        stratum: z.string(),
        low: z.number(),
        mid: z.number(),
        high: z.number(),
        n: z.number(),
      }),
    ),
    anomalies: z.array(
      z.object({
        id: z.string(),
        type: z.string(),
        metric: z.string(),
        stratum: z.string(),
        verdict: z.enum(VERDICTS),
        severity: z.number(),
        at,
        value: z.number(),
        incident_id: z.string().nullable(),
        text: z.string(),
      }),
    ),
    changes: z.array(ChangeView.omit({ subject_kind: true, subject_id: true })),
    directives: z.array(
      z.object({
        version: z.int(),
        status: z.string(),
        reason: z.string(),
        created_at: at,
        created_by: z.string(),
      }),
    ),
    learned: z.array(
      z.object({
        scope: z.string(),
        diagnosis: z.string(),
        action: z.string(),
        attempts: z.number(),
        successes: z.number(),
        updated_at: at,
      }),
    ),
    history: z.array(
      z.object({
        seq: z.int(),
        at,
        type: z.string(),
        text: z.string(),
        incident_id: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "AgentDetail" });
export type AgentDetail = z.infer<typeof AgentDetail>;

export const AgentParams = z.object({ id: z.string().min(1).max(200) });

export const AGENTS = resource(PATHS.AGENTS, {
  GET: { auth: "viewer", summary: "Active agents", query: AgentsQuery, response: AgentsAnswer },
});
export const AGENT = resource(PATHS.AGENT, {
  GET: { auth: "viewer", summary: "Everything about one agent", params: AgentParams, response: AgentDetail },
});
export const AGENT_DIRECTIVE = resource(PATHS.AGENT_DIRECTIVE, {
  GET: {
    auth: "ingestKey",
    scope: "events",
    summary:
      "An agent's current directive; with `wait` it answers as soon as there is a directive newer than `version`",
    params: AgentParams,
    query: z.object({
      version: z.coerce.number().int().min(0).default(0),
      instance_id: z.string().max(200).optional(),
      wait: z.coerce.number().min(0).max(60).default(0).describe("seconds to wait, at most 30"),
    }),
    response: AgentStanding,
  },
});
