import { env } from "@/lib/env";

/** Every duration and count the loop goes by, in ms unless said. Tests shorten them; production takes them from env. */
export interface LoopConfig {
  maxLateMs: number;
  maxClockSkewMs: number;
  instanceLiveMs: number;
  ackTimeoutMs: number;
  inFlightMs: number;
  directiveLeaseS: number;
  approvalTtlMs: number;
  fleetWaitMs: number;
  probationSamples: number;
  probationMs: number;
  /** IANA zone whose days and months spending is shown by. */
  spendZone: string;
}

/** The configuration of this process. */
export function loopConfig(): LoopConfig {
  const e = env();
  return {
    maxLateMs: e.MAX_LATE_MS,
    maxClockSkewMs: e.MAX_CLOCK_SKEW_MS,
    instanceLiveMs: e.INSTANCE_LIVE_MS,
    ackTimeoutMs: e.ACK_TIMEOUT_MS,
    inFlightMs: e.IN_FLIGHT_MS,
    directiveLeaseS: e.DIRECTIVE_LEASE_S,
    approvalTtlMs: e.APPROVAL_TTL_MS,
    fleetWaitMs: e.FLEET_WAIT_MS,
    probationSamples: e.PROBATION_SAMPLES,
    probationMs: e.PROBATION_MS,
    spendZone: e.BUDGET_TIME_ZONE,
  };
}
