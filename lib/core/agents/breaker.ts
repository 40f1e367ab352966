import type { Anomaly } from "../detection/detect";
import { severityOf } from "../detection/severity";

/**
 * A breaker for calls that are asked about before they run: the same call, with the same arguments, again and again with nothing
 * else in between. A person who tries again stops after two or three; a program that polls has a tool for it (see `polls` of
 * lib/ingest/hooks/dialects.ts). What goes in longer circles is the detector's business (detection/repetition.ts).
 */

/** The call of this number in a row is not let through: seven ran. */
export const IDENTICAL_CALLS = 8;

/** How often one call was asked for in a row. */
export interface Streak {
  hash: string;
  /** The id of the last of these calls, where it has one: the same one asked about twice is one call. */
  callId: string | null;
  calls: number;
}

/** The streak after one more call. */
export function extend(before: Streak | null, hash: string, callId: string | null): Streak {
  if (before?.hash !== hash) return { hash, callId, calls: 1 };
  if (callId !== null && callId === before.callId) return before;
  return { hash, callId, calls: before.calls + 1 };
}

/** Attributes by which an event tells that a breaker opened. */
export const BREAKER = "breaker";
export const BREAKER_CALLS = "breaker_calls";
export const IDENTICAL = "identical_calls";

/** An event that may tell of a breaker. Times are epoch ms. */
export interface Told {
  seq: number;
  at: number;
  runId: string | null;
  tool: string | null;
  actionHash: string | null;
  attributes: Readonly<Record<string, unknown>>;
}

/** What a breaker that opened says of its agent; null where the event tells of none. It is a rule, so it needs no baseline. */
export function breakerAnomaly({ seq, at, runId, tool, actionHash, attributes }: Told): Anomaly | null {
  const calls = attributes[BREAKER_CALLS];
  if (attributes[BREAKER] !== IDENTICAL || typeof calls !== "number" || !(calls >= IDENTICAL_CALLS)) return null;
  return {
    type: "repetition",
    metric: "repetition",
    stratum: runId === null ? "agent" : "run",
    verdict: "quarantine",
    severity: severityOf(1, calls),
    at,
    seq,
    value: calls,
    expected: { low: 1, mid: 1, high: IDENTICAL_CALLS - 1 },
    evidence: "rule",
    statistic: calls,
    threshold: IDENTICAL_CALLS,
    effect: calls,
    samples: calls,
    runId,
    detail: { told_by: "breaker", steps: calls, action: actionHash, tool },
  };
}
