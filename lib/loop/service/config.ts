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
}

/** The configuration of this process. */
export function serviceConfig(): ServiceConfig {
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
  };
}
