import { type DetectorState, type Stratum, newTally } from "./detector-state";
import { createLane } from "./lane";
import { RATES, type RateName, specOf } from "./metrics";
import type { TypePrior } from "./prior";
import { createRate } from "./rate";

/** The lane of a metric in a stratum, opened with the peers' prior if there is one. */
export function laneFor(state: DetectorState, stratum: Stratum, kind: string, metric: string, prior: TypePrior | null) {
  const found = stratum.lanes[metric];
  if (found !== undefined) return found;
  const spec = specOf(metric);
  registerMetric(state, metric, spec.weight);
  const lent = prior?.lanes[`${kind}/${metric}`] ?? null;
  const lane = { ...createLane(spec.side, lent), ...newTally() };
  stratum.lanes[metric] = lane;
  return lane;
}

export function rateFor(state: DetectorState, stratum: Stratum, kind: string, name: RateName, prior: TypePrior | null) {
  const found = stratum.rates[name];
  if (found !== undefined) return found;
  registerMetric(state, name, RATES[name].weight);
  const lane = { ...createRate(prior?.rates[`${kind}/${name}`] ?? null), ...newTally() };
  stratum.rates[name] = lane;
  return lane;
}

/** Every lane has its part in the budget, once, however many strata it is kept for. */
export function registerMetric(state: DetectorState, metric: string, weight: number): void {
  if (state.lanes.includes(metric)) return;
  state.lanes.push(metric);
  state.weight += weight;
}
