import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Scope } from "@/lib/core/alerts/alert-service";
import type { DetectorState } from "@/lib/core/detection/detect";
import { ALERT_SEVERITIES, ALERT_SOURCE_KINDS, SERVICE_STATES, SIGNAL_STATES } from "@/lib/core/base/vocabulary";

/** One row a service. `stateVersion` grows with every move of its state, every change to it and every alert that ends: proposals are bound to it. */
export const services = sqliteTable("services", {
  id: text().primaryKey(),
  kind: text().notNull().default("service"),
  state: text({ enum: SERVICE_STATES }).notNull().default("unknown"),
  stateVersion: integer().notNull().default(0),
  stateSince: integer().notNull(),
  /** Where it was first seen: prometheus, alert, traces, seed. */
  source: text().notNull(),
  /** The Prometheus label that names it, for example `job`; null when it is known from elsewhere only. */
  labelKey: text(),
  labels: text({ mode: "json" }).$type<Record<string, string>>().notNull().default({}),
  /** Where it runs, as far as alerts said: two services of one name in two places are two rows (see core/service-identity). */
  scope: text({ mode: "json" }).$type<Scope>().notNull().default({}),
  owner: text(),
  /** The version that runs, as its build information or its last deploy says. */
  version: text(),
  incidentId: text(),
  /** When spans of its requests last arrived over OTLP; null: none ever. What Prometheus does not measure is measured by them. */
  tracedAt: integer(),
  /** The detector over its signals: the same as of an agent, each signal a gauge with its season. */
  baseline: text({ mode: "json" }).$type<DetectorState>(),
  firstSeenAt: integer().notNull(),
  lastSeenAt: integer().notNull(),
});

/** Caller → callee. */
export const serviceEdges = sqliteTable(
  "service_edges",
  {
    caller: text().notNull(),
    callee: text().notNull(),
    source: text().notNull(),
    lastSeenAt: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.caller, t.callee] }), index("service_edges_callee").on(t.callee)],
);

/** One measured series of a service, judged by its limits and by its own baseline. */
export const signals = sqliteTable(
  "signals",
  {
    serviceId: text().notNull(),
    name: text().notNull(),
    query: text().notNull(),
    unit: text(),
    upper: real(),
    lower: real(),
    state: text({ enum: SIGNAL_STATES }).notNull().default("unknown"),
    value: real(),
    valueAt: integer(),
    /** Behind the value, for people: `1 of 4 instances down`. */
    detail: text(),
    /** Why it could not be read at the last look, in whole or in part; null when it could. */
    problem: text(),
    /** When its state last moved. */
    since: integer().notNull(),
    /** What the baseline expects now. */
    expected: text({ mode: "json" }).$type<{ low: number; mid: number; high: number } | null>(),
  },
  (t) => [primaryKey({ columns: [t.serviceId, t.name] })],
);

/** What a service's server spans said of one minute: sums, never the spans. */
export const spanRollups = sqliteTable(
  "span_rollups",
  {
    serviceId: text().notNull(),
    /** The beginning of the minute, epoch ms, by the spans' own ends. */
    at: integer().notNull(),
    requests: integer().notNull(),
    errors: integer().notNull(),
    /** Durations: how many in each bucket of core/services/span-signals. */
    buckets: text({ mode: "json" }).$type<Record<string, number>>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.serviceId, t.at] }), index("span_rollups_at").on(t.at)],
);

/** Digests of the spans of export requests that were counted: one that is sent again counts once. */
export const spanBatches = sqliteTable(
  "span_batches",
  { digest: text().primaryKey(), at: integer().notNull() },
  (t) => [index("span_batches_at").on(t.at)],
);

/** Sources over the network that could not be read when they were last looked at, each with its reason. */
export const unreadSources = sqliteTable("unread_sources", {
  source: text().primaryKey(),
  reason: text().notNull(),
  since: integer().notNull(),
});

/** What was alerted, once a fingerprint and start. Repeats count; an end is written, never a second row. */
export const alerts = sqliteTable(
  "alerts",
  {
    id: text().primaryKey(),
    sourceId: text().notNull(),
    fingerprint: text().notNull(),
    startsAt: integer().notNull(),
    endsAt: integer(),
    name: text().notNull(),
    serviceId: text().notNull(),
    severity: text({ enum: ALERT_SEVERITIES }).notNull(),
    summary: text().notNull(),
    labels: text({ mode: "json" }).$type<Record<string, string>>().notNull(),
    annotations: text({ mode: "json" }).$type<Record<string, string>>().notNull(),
    generatorUrl: text(),
    count: integer().notNull().default(1),
    firstAt: integer().notNull(),
    lastAt: integer().notNull(),
    incidentId: text(),
    muted: integer({ mode: "boolean" }).notNull().default(false),
    flapping: integer({ mode: "boolean" }).notNull().default(false),
  },
  (t) => [
    uniqueIndex("alerts_identity").on(t.sourceId, t.fingerprint, t.startsAt),
    index("alerts_incident").on(t.incidentId),
    index("alerts_service").on(t.serviceId, t.lastAt),
    index("alerts_last").on(t.lastAt),
  ],
);

/** Who may send alerts or changes, each with its own token. Signature secrets are configuration, never rows. */
export const alertSources = sqliteTable("alert_sources", {
  id: text().primaryKey(),
  kind: text({ enum: ALERT_SOURCE_KINDS }).notNull(),
  /** SHA-256 of the token; null where a signature takes its place. */
  tokenHash: text(),
  createdAt: integer().notNull(),
  createdBy: text().notNull(),
  revokedAt: integer(),
  lastAt: integer(),
  received: integer().notNull().default(0),
  /** Messages, or alerts in them, that were refused; and the last reason. */
  refused: integer().notNull().default(0),
  lastRefusal: text(),
  lastRefusalAt: integer(),
});

/** While one is open, matching alerts are recorded but open no incident. */
export const maintenanceWindows = sqliteTable(
  "maintenance_windows",
  {
    id: text().primaryKey(),
    /** A service's name, `*` standing for any part of it. */
    service: text().notNull(),
    /** Labels that must be equal. */
    labels: text({ mode: "json" }).$type<Record<string, string>>().notNull().default({}),
    startsAt: integer().notNull(),
    endsAt: integer().notNull(),
    note: text(),
    createdBy: text().notNull(),
    createdAt: integer().notNull(),
  },
  (t) => [index("maintenance_windows_end").on(t.endsAt)],
);

/** Log lines that were pushed here. */
export const logLines = sqliteTable(
  "log_lines",
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    node: text().notNull(),
    at: integer().notNull(),
    receivedAt: integer().notNull(),
    level: text(),
    line: text().notNull(),
  },
  (t) => [index("log_lines_node").on(t.node, t.at), index("log_lines_received").on(t.receivedAt)],
);

/** What raised an incident, as it can be measured: verification asks exactly this. */
export const incidentSignals = sqliteTable(
  "incident_signals",
  {
    incidentId: text().notNull(),
    serviceId: text().notNull(),
    /** A signal's name, or the alert's. */
    name: text().notNull(),
    query: text().notNull(),
    /** Labels that tell the series among those that the query gives. */
    labels: text({ mode: "json" }).$type<Record<string, string>>().notNull().default({}),
    unit: text(),
    upper: real(),
    lower: real(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.serviceId, t.name] })],
);

/** Series that were handed over with a recorded incident: evidence like any other, from no live source. */
export const recordedSeries = sqliteTable(
  "recorded_series",
  {
    id: text().primaryKey(),
    node: text().notNull(),
    metric: text().notNull(),
    unit: text(),
    points: text({ mode: "json" }).$type<[epochSeconds: number, value: number][]>().notNull(),
    from: real("from_s").notNull(),
    to: real("to_s").notNull(),
    createdAt: integer().notNull(),
  },
  (t) => [index("recorded_series_node").on(t.node, t.to)],
);
