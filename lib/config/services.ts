import { DEFAULT_LIMITS, type MetricNames, type SignalLimits } from "@/lib/core/services/signals";
import { env } from "@/lib/env";

/** Every duration of the loop over services, in ms unless said. Tests shorten them; production takes them from env. */
export interface ServiceConfig {
  watchMs: number;
  /** PromQL duration. */
  rateWindow: string;
  noDataMs: number;
  settleMs: number;
  verifyMs: number;
  verifyDeadlineMs: number;
  approvalTtlMs: number;
  /** So long an incident gathers its alerts before it is investigated: a storm does not come in one message. */
  groupWaitMs: number;
  /** Metrics and limits of every service, and what the services' file says otherwise of some. */
  signals: SignalConfig;
  overrides: ReadonlyMap<string, SignalOverride>;
}

export interface SignalConfig {
  metrics: MetricNames;
  limits: SignalLimits;
}
/** Of one service; what is left out is as for all. */
export type SignalOverride = { [K in keyof SignalConfig]?: Partial<SignalConfig[K]> };

/** The configuration of this process. */
export function serviceConfig(overrides: ServiceConfig["overrides"]): ServiceConfig {
  const e = env();
  return {
    watchMs: e.WATCH_INTERVAL_MS,
    rateWindow: e.WATCH_RATE_WINDOW,
    noDataMs: e.NO_DATA_MS,
    settleMs: e.VERIFY_SETTLE_MS,
    verifyMs: e.VERIFY_WINDOW_MS,
    verifyDeadlineMs: e.VERIFY_DEADLINE_MS,
    approvalTtlMs: e.APPROVAL_TTL_MS,
    groupWaitMs: e.ALERT_GROUP_WAIT_MS,
    signals: {
      metrics: {
        cpu: e.CPU_METRIC,
        latency: e.LATENCY_METRIC,
        requests: e.REQUESTS_METRIC,
        status: e.REQUESTS_STATUS_LABEL,
        memory: e.MEMORY_METRIC,
      },
      limits: {
        ...DEFAULT_LIMITS,
        cpu: e.CPU_THRESHOLD,
        latency_p90: e.LATENCY_THRESHOLD,
        errors: e.ERROR_THRESHOLD,
      },
    },
    overrides,
  };
}
