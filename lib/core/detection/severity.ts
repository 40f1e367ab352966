import type { AnomalyType, Verdict } from "../base/vocabulary";
import { clamp } from "../base/stats";

/**
 * Severity, 0 to 10 with one decimal: half from how strong the evidence is, half from how large the effect is.
 *
 * | evidence, as a share of what a quarantine needs (in nats) | points | effect (ratio to the centre)  | points |
 * | --- | --- | --- | --- |
 * | half                                                      | 2.0    | 1.5 times                     | 0.6    |
 * | exactly enough                                            | 4.0    | 2 times                       | 1.0    |
 * | one and a quarter and more                                | 5.0    | 4 / 8 / 16 / 32 times or more | 2 / 3 / 4 / 5 |
 *
 * So a just-proven doubling is 5.0, a just-proven tenfold 7.3, and a hundredfold beyond doubt 10. Watched changes stop at 5.
 */
export function severityOf(evidenceShare: number, effect: number): number {
  const ratio = effect > 0 ? Math.max(effect, 1 / effect) : Number.POSITIVE_INFINITY;
  const points = 4 * clamp(evidenceShare, 0, MAX_SHARE) + clamp(Math.log2(ratio), 0, MAX_DOUBLINGS);
  return round1(points);
}

const MAX_SHARE = 1.25;
const MAX_DOUBLINGS = 5;
/** A watched change is never more severe than this. */
export const WATCHED_CHANGE_SEVERITY = 4;

const round1 = (x: number) => Math.round(x * 10) / 10;

/** These may have a cause outside the agent: they wait for the fleet before they contain (see fleet correlation). */
const FLEET_TYPES: ReadonlySet<AnomalyType> = new Set(["latency_spike", "error_rate_spike", "high_retry_rate"]);

/** The verdict of quarantine-grade evidence: at once, or after the fleet was asked. */
export const containVerdict = (type: AnomalyType): Verdict => (FLEET_TYPES.has(type) ? "suspect" : "quarantine");
