import { z } from "zod";
import {
  ALERT_SEVERITIES,
  INVESTIGATION_STATES,
  SERVICE_STATES,
  SIGNAL_STATES,
  CAUSE_KINDS,
} from "@/lib/core/base/vocabulary";
import { ChangeView } from "./changes";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { IncidentParams, IncidentSummary } from "./incidents";
import { InvestigationReport } from "./investigations";
import { looksLike } from "./plain-text";

const at = z.int().describe("epoch ms");
const name = z.string().min(1).max(200);
const band = z.object({ low: z.number(), mid: z.number(), high: z.number() });

export const SignalView = z
  .object({
    name: z.string(),
    title: z.string(),
    unit: z.string().nullable(),
    state: z.enum(SIGNAL_STATES),
    value: z.number().nullable().describe("the last measured value"),
    at: at.nullable(),
    detail: z.string().nullable().describe("what the value is about, such as `1 of 4 instances down`"),
    problem: z.string().nullable().describe("why it could not be read, or only in part, at the latest attempt"),
    since: at,
    expected: band.nullable().describe("the current normal band of its baseline"),
    upper: z.number().nullable(),
    lower: z.number().nullable(),
    query: z.string(),
  })
  .meta({ id: "SignalView" });
export type SignalView = z.infer<typeof SignalView>;

export const ServiceSummary = z
  .object({
    id: z.string(),
    looks_like: looksLike,
    kind: z.string(),
    state: z.enum(SERVICE_STATES),
    state_since: at,
    source: z.string(),
    scope: z.array(z.string()).describe("where it runs, as reported by alerts: environment, cluster, namespace"),
    owner: z.string().nullable(),
    version: z.string().nullable(),
    incident_id: z.string().nullable(),
    last_seen_at: at,
    watched: z
      .boolean()
      .describe("its metrics are measured; otherwise it was only discovered through alerts, traces or a file"),
    measured_by: z
      .enum(["prometheus", "traces"])
      .nullable()
      .describe("`traces`: from the spans of the requests that it served; null: its metrics are not measured"),
    firing: z.int().describe("alerts currently firing"),
    signals: z.array(SignalView),
  })
  .meta({ id: "ServiceSummary" });
export type ServiceSummary = z.infer<typeof ServiceSummary>;

const UnreadSource = z.object({ source: z.string(), reason: z.string(), since: at }).meta({ id: "UnreadSource" });

export const ServicesAnswer = z
  .object({
    services: z.array(ServiceSummary),
    edges: z.array(z.tuple([z.string(), z.string()])).describe("caller, callee"),
    by_state: z.record(z.enum(SERVICE_STATES), z.int()),
    sources: z
      .object({
        prometheus: z.boolean().describe("whether one is configured"),
        unread: z.array(UnreadSource).describe("what could not be read at the latest attempt"),
      })
      .describe("how it was discovered"),
  })
  .meta({ id: "ServicesAnswer" });
export type ServicesAnswer = z.infer<typeof ServicesAnswer>;

export const AlertView = z
  .object({
    id: z.string(),
    source: z.string(),
    source_kind: z
      .string()
      .describe("the kind of sender, such as alertmanager; sentinel if it raised the alert itself"),
    name: z.string(),
    service: z.string(),
    severity: z.enum(ALERT_SEVERITIES),
    summary: z.string(),
    starts_at: at,
    ends_at: at.nullable(),
    count: z.int(),
    last_at: at,
    muted: z.boolean(),
    flapping: z.boolean(),
    incident_id: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    url: z.string().nullable(),
  })
  .meta({ id: "AlertView" });
export type AlertView = z.infer<typeof AlertView>;

export const ServiceDetail = z
  .object({
    service: ServiceSummary,
    callers: z.array(z.string()),
    callees: z.array(z.string()),
    alerts: z.array(AlertView).describe("the newest"),
    changes: z.array(ChangeView),
    incidents: z.array(IncidentSummary),
  })
  .meta({ id: "ServiceDetail" });
export type ServiceDetail = z.infer<typeof ServiceDetail>;

export const ServiceSeriesQuery = z.object({
  minutes: z.coerce
    .number()
    .int()
    .min(1)
    .max(7 * 24 * 60)
    .default(60),
});
export const ServiceSeries = z
  .object({
    from: at,
    to: at,
    series: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        unit: z.string().nullable(),
        points: z.array(z.tuple([at, z.number()])),
        could_not_look: z.string().nullable().describe("why this series could not be read, or only in part"),
      }),
    ),
    could_not_look: z
      .string()
      .nullable()
      .describe("why no series could be read; this does not mean that there is no data"),
  })
  .meta({ id: "ServiceSeries" });
export type ServiceSeries = z.infer<typeof ServiceSeries>;

export const CauseView = z
  .object({
    id: z.string(),
    rank: z.int(),
    node: z.string().nullable(),
    kind: z.enum([...CAUSE_KINDS, "no_fault", "unknown"]),
    statement: z.string(),
    confidence: z.number(),
    cites: z.array(z.string()).describe("ids of findings"),
    separates: z.string().nullable(),
    author: z.string(),
    notes: z
      .array(z.object({ text: z.string(), cites: z.array(z.string()), author: z.string() }))
      .describe("texts written by models"),
    feedback: z.int().nullable(),
    feedback_by: z.string().nullable(),
  })
  .meta({ id: "CauseView" });
export type CauseView = z.infer<typeof CauseView>;

export const StepView = z
  .object({
    seq: z.int(),
    node: z.string(),
    tool: z.string().nullable(),
    args: z.unknown(),
    preview: z.string().nullable(),
    digest: z.string().nullable(),
    author: z.string(),
    started_at: at,
    ms: z.number(),
    tokens: z.int(),
    usd: z.number(),
    ok: z.boolean(),
  })
  .meta({ id: "StepView" });
export type StepView = z.infer<typeof StepView>;

/** The story of a service incident, beside what every incident has. */
export const ServiceStory = z
  .object({
    incident: IncidentSummary,
    impact: z
      .array(
        z.object({
          service: z.string(),
          signal: z.string(),
          unit: z.string().nullable(),
          now: z.number().nullable(),
          normal: z.number().nullable().describe("midpoint of its usual range"),
          upper: z.number().nullable(),
          lower: z.number().nullable(),
          query: z.string(),
        }),
      )
      .describe("current values of the signals that raised the incident"),
    alerts: z.array(AlertView).describe("at most 200, the first"),
    changes: z.array(ChangeView).describe("changes to its services from two hours before the onset until now"),
    edges: z
      .array(z.tuple([z.string(), z.string()]))
      .describe("caller, callee: its services and their neighbours, and all that the investigation saw"),
    causes: z.array(CauseView),
    by_hand: z
      .object({
        step: z.string().describe("what to do about the first cause, in the imperative"),
        confidence: z.number().describe("of the first cause, 0 to 1"),
        entries: z
          .array(z.object({ title: z.string(), entry: z.record(z.string(), z.unknown()) }))
          .describe("ready-made entries of the allow-list that would suit it"),
      })
      .nullable()
      .describe("what a person can do where no operation on the allow-list suits the cause; null otherwise"),
    investigation: z
      .object({
        id: z.string(),
        state: z.enum(INVESTIGATION_STATES),
        attempt: z.int(),
        started_at: at,
        ended_at: at.nullable(),
        cut_short: z.string().nullable(),
        verdict: z.enum(["fault", "no_fault", "unknown"]).nullable(),
        onset: z.object({ at: z.number(), from: z.number(), to: z.number() }).nullable().describe("epoch seconds"),
        summary: z.string().nullable(),
        slack: z.string().nullable(),
        status_line: z.string().nullable(),
        authors: z.record(z.string(), z.string()).nullable(),
        spent: z.object({ calls: z.number(), tokens: z.number(), usd: z.number(), ms: z.number() }).nullable(),
        report: InvestigationReport.nullable(),
      })
      .nullable(),
    steps: z.array(StepView),
    series: z
      .array(
        z.object({
          node: z.string(),
          name: z.string().describe("name used by its source and in the findings"),
          metric: z.string().describe("display name"),
          unit: z.string().nullable(),
          points: z.array(z.tuple([z.number(), z.number()])).describe("epoch seconds, value"),
        }),
      )
      .describe("what the investigation saw, for charts"),
    postmortem: z.string().nullable().describe("markdown"),
    times: z
      .object({
        to_proposal_ms: z.number().nullable(),
        to_acknowledge_ms: z.number().nullable(),
        to_resolve_ms: z.number().nullable(),
      })
      .describe("time since it was opened, from its events"),
  })
  .meta({ id: "ServiceStory" });
export type ServiceStory = z.infer<typeof ServiceStory>;

export const ServiceParams = z.object({ id: name });
export const FeedbackBody = z
  .object({ thumb: z.union([z.literal(1), z.literal(-1)]).describe("1: the cause is correct; -1: it is wrong") })
  .meta({ id: "FeedbackBody" });

export const SERVICES = resource(PATHS.SERVICES, {
  GET: { auth: "viewer", summary: "Services, their health and who calls whom", response: ServicesAnswer },
});
export const SERVICE = resource(PATHS.SERVICE, {
  GET: { auth: "viewer", summary: "One service", params: ServiceParams, response: ServiceDetail },
});
export const SERVICE_SERIES = resource(PATHS.SERVICE_SERIES, {
  GET: {
    auth: "viewer",
    summary: "The signals of a service over time, from its source",
    params: ServiceParams,
    query: ServiceSeriesQuery,
    response: ServiceSeries,
  },
});
export const INCIDENT_STORY = resource(PATHS.INCIDENT_STORY, {
  GET: {
    auth: "viewer",
    drills: true,
    summary: "Findings of the investigation of a service incident",
    params: IncidentParams,
    response: ServiceStory,
  },
});
export const INCIDENT_BUNDLE = resource(PATHS.INCIDENT_BUNDLE, {
  GET: {
    auth: "viewer",
    drills: true,
    summary: "The evidence of a service incident, as `sentinel investigate --bundle` reads it",
    params: IncidentParams,
    response: z.looseObject({}).meta({ id: "BundleFile" }),
  },
});
export const CAUSE_FEEDBACK = resource(PATHS.CAUSE_FEEDBACK, {
  POST: {
    auth: "operator",
    drills: true,
    summary: "Records whether a cause was correct; used for similar incidents",
    params: IncidentParams.extend({ cause: name }),
    body: FeedbackBody,
    response: CauseView,
  },
});
