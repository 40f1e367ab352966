import { z } from "zod";
import { AGENT_STATES, DIAGNOSES, MODES, OUTCOMES, SERVICE_STATES } from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { ActionRunView } from "./incidents";

const at = z.int().describe("epoch ms");
const quantiles = z
  .object({ p50: z.number(), p90: z.number(), n: z.int() })
  .nullable()
  .describe("ms; null when there is none");

export const OverviewAnswer = z
  .object({
    now: at,
    agents: z.object({
      total: z.int(),
      live: z.int(),
      by_state: z.record(z.enum(AGENT_STATES), z.int()),
    }),
    services: z.object({
      total: z.int(),
      by_state: z.record(z.enum(SERVICE_STATES), z.int()),
      firing: z.int().describe("alerts currently firing"),
      time_to_acknowledge: quantiles,
      time_to_resolve: quantiles,
    }),
    events: z.object({ per_second: z.number(), last_minute: z.int(), total: z.int() }),
    incidents: z.object({ active: z.int(), last_24h: z.int(), escalated: z.int() }),
    approvals: z.object({
      pending: z.int(),
      budgets: z.int().describe("used-up budgets about which a person has to decide: they wait beside the approvals"),
    }),
    healing: z.object({
      attempts: z.int(),
      recovered: z.int(),
      no_effect: z.int(),
      worse: z.int(),
      cannot_tell: z.int(),
      success_rate: z.number().min(0).max(1).nullable().describe("recovered, of those with a conclusive outcome"),
    }),
    time_to_contain: quantiles,
    time_to_heal: quantiles,
    sweep: z.object({
      swept_at: at.nullable(),
      age_ms: z.number().nullable(),
      lag_events: z.int(),
    }),
    global_stop: z.object({ on: z.boolean(), by: z.string().nullable(), at: at.nullable() }),
    false_alarms: z.object({
      arl: z.number(),
      per_month: z.number().nullable().describe("expected false quarantines a month at this fleet's volume"),
    }),
    demo: z.boolean(),
  })
  .meta({ id: "OverviewAnswer" });
export type OverviewAnswer = z.infer<typeof OverviewAnswer>;

export const HealingQuery = z.object({
  outcome: z.enum(OUTCOMES).optional(),
  agent: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(200),
});
export const HealingAnswer = z
  .object({ actions: z.array(ActionRunView), counts: z.record(z.string(), z.int()) })
  .meta({ id: "HealingAnswer" });
export type HealingAnswer = z.infer<typeof HealingAnswer>;

export const MemoryAnswer = z
  .object({
    patterns: z.array(
      z.object({
        scope: z.enum(["agent", "type", "fleet"]),
        scope_id: z.string(),
        diagnosis: z.enum(DIAGNOSES),
        action: z.string(),
        attempts: z.number(),
        successes: z.number(),
        mean: z.number().describe("posterior mean of success, decayed to now"),
        updated_at: at,
      }),
    ),
    ladders: z.array(
      z.object({
        diagnosis: z.enum(DIAGNOSES),
        default: z.array(z.string()),
        fleet_order: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: "MemoryAnswer" });
export type MemoryAnswer = z.infer<typeof MemoryAnswer>;

export const FleetSettings = z
  .object({
    threshold: z.number().min(0).max(10.1).describe("severity from which healing requires approval"),
    arl: z.number().min(1e3).max(1e9).describe("expected samples between false quarantines per agent"),
    prompt_change_may_quarantine: z.boolean(),
    limits: z.object({
      fleet_share: z
        .number()
        .min(0)
        .max(1)
        .describe(
          "share of the fleet that may be quarantined automatically at the same time; 0 disables automatic quarantine",
        ),
      type_share: z.number().min(0).max(1).describe("the same, for one agent type"),
      per_hour: z
        .int()
        .min(0)
        .max(100_000)
        .describe("automatic quarantines per hour for one key's agents; all keys together may use twice that"),
      at_least: z
        .int()
        .min(1)
        .max(10_000)
        .describe("number of concurrent quarantines that is always allowed, however small the fleet"),
    }),
    fleet_check: z.object({
      min_agents: z.int().min(2).max(10_000),
      min_share: z.number().min(0).max(1),
    }),
    global_stop: z.boolean(),
    service_mode: z.enum(MODES).describe("how incidents of services are handled"),
  })
  .meta({ id: "FleetSettings" });
export type FleetSettings = z.infer<typeof FleetSettings>;
/** What is left out stays as it is, each limit by itself. */
export const FleetSettingsPatch = FleetSettings.partial()
  .extend({ limits: FleetSettings.shape.limits.partial().optional() })
  .meta({ id: "FleetSettingsPatch" });
export type FleetSettingsPatch = z.infer<typeof FleetSettingsPatch>;

/** One line of the stream: `id:` is the sequence, `event:` the type. */
export const StreamMessage = z
  .object({
    seq: z.int(),
    at,
    type: z.string(),
    agent_id: z.string().nullable(),
    service_id: z.string().nullable(),
    incident_id: z.string().nullable(),
    text: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "StreamMessage" });
export type StreamMessage = z.infer<typeof StreamMessage>;

export const StreamQuery = z.object({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe("start after this sequence number; Last-Event-ID takes precedence"),
});

export const OVERVIEW = resource(PATHS.OVERVIEW, {
  GET: { auth: "viewer", summary: "Fleet statistics", response: OverviewAnswer },
});
export const HEALING = resource(PATHS.HEALING, {
  GET: {
    auth: "viewer",
    drills: true,
    summary: "The healing log, newest first",
    query: HealingQuery,
    response: HealingAnswer,
  },
});
export const MEMORY = resource(PATHS.MEMORY, {
  GET: { auth: "viewer", drills: true, summary: "Learned patterns: which actions work", response: MemoryAnswer },
});
export const EVENT_STREAM = resource(PATHS.EVENT_STREAM, {
  GET: {
    auth: "viewer",
    drills: true,
    summary: "Every state change as it happens (server-sent events); resumes from Last-Event-ID",
    query: StreamQuery,
    response: StreamMessage,
    mediaType: "text/event-stream",
  },
});

export const SETTINGS = resource(PATHS.SETTINGS, {
  GET: { auth: "viewer", summary: "The fleet's settings", response: FleetSettings },
  PATCH: { auth: "admin", summary: "Changes the fleet's settings", body: FleetSettingsPatch, response: FleetSettings },
});

/** What one turn of the loop did. */
export const SweepAnswer = z
  .object({
    events: z.int(),
    opened: z.int(),
    joined: z.int(),
    judged: z.int(),
    resolved: z.int(),
    enforced: z.int(),
    expired: z.int(),
    failed: z.array(z.string()),
    skipped: z.int(),
  })
  .meta({ id: "SweepAnswer" });
export const CRON = resource(PATHS.CRON, {
  GET: { auth: "cronSecret", summary: "Runs one sweep; for schedulers that can only send GET", response: SweepAnswer },
  POST: { auth: "cronSecret", summary: "Runs one sweep", response: SweepAnswer },
});

export const ImproveAnswer = z
  .object({ run: z.string().describe("ID of the evaluation run that records the search") })
  .meta({ id: "ImproveAnswer" });
const improve = { auth: "cronSecret", response: ImproveAnswer, status: 202 } as const;
export const CRON_IMPROVE = resource(PATHS.CRON_IMPROVE, {
  GET: { ...improve, summary: "Starts looking for an improvement; for schedulers that can only send GET" },
  POST: { ...improve, summary: "Starts looking for an improvement, in the background" },
});
