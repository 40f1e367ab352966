import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

/** Seconds; from a trivial sweep to one that misses its second by far. */
const SWEEP_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** No label holds what a user named: its values are routes, methods, statuses and words of the vocabulary. */
function create() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    httpRequests: new Counter({
      name: "sentinel_http_requests_total",
      help: "Responses by route, method and status",
      labelNames: ["route", "method", "status"] as const,
      registers,
    }),
    eventsIngested: new Counter({ name: "sentinel_events_ingested_total", help: "Events accepted", registers }),
    eventsRejected: new Counter({
      name: "sentinel_events_rejected_total",
      help: "Events rejected as invalid",
      registers,
    }),
    eventsDuplicate: new Counter({
      name: "sentinel_events_duplicate_total",
      help: "Duplicate events",
      registers,
    }),
    alertsAccepted: new Counter({
      name: "sentinel_alerts_accepted_total",
      help: "Alerts received, including repeats, by kind of source",
      labelNames: ["source"] as const,
      registers,
    }),
    alertsRefused: new Counter({
      name: "sentinel_alerts_refused_total",
      help: "Alerts, or whole messages with alerts or changes, rejected as invalid, by kind of source",
      labelNames: ["source"] as const,
      registers,
    }),
    sweepSeconds: new Histogram({
      name: "sentinel_sweep_seconds",
      help: "Duration of a sweep",
      buckets: SWEEP_BUCKETS,
      registers,
    }),
    sweepFailures: new Counter({
      name: "sentinel_sweep_failures_total",
      help: "Agents or shards whose sweep failed",
      registers,
    }),
    sweepLag: new Gauge({ name: "sentinel_sweep_lag_events", help: "Events stored but not yet evaluated", registers }),
    incidentsOpened: new Counter({ name: "sentinel_incidents_opened_total", help: "Incidents opened", registers }),
    incidentsOpen: new Gauge({ name: "sentinel_incidents_open", help: "Incidents that are not closed", registers }),
    sourceUnreadable: new Gauge({
      name: "sentinel_source_unreadable",
      help: "1 for a source that could not be read, in whole or in part, at the latest attempt",
      labelNames: ["source"] as const,
      registers,
    }),
    approvalsPending: new Gauge({
      name: "sentinel_approvals_pending",
      help: "Proposals and used-up budgets waiting for a decision",
      registers,
    }),
    directiveWaiters: new Gauge({
      name: "sentinel_directive_waiters",
      help: "Open directive long-polls",
      registers,
    }),
    streams: new Gauge({ name: "sentinel_streams", help: "Open event streams", registers }),
  };
}

type Metrics = ReturnType<typeof create>;

/** This process's metrics, made on first use. One Next process holds several copies of this module: they share them. */
export function metrics(): Metrics {
  const global = globalThis as unknown as Record<symbol, Metrics>;
  return (global[Symbol.for("sentinel.metrics")] ??= create());
}
