import { type DetectorState, lanesOf, type Stratum, newTally } from "./detector-state";
import { gaugeOf } from "./gauge";
import { createLane, DOUBT, evidence, type Lane, reset } from "./lane";
import { JOINT, type MetricSpec, RATES, type RateName, specOf } from "./metrics";
import { keepInPool, poolLanes } from "./pool";
import { createRate, rateEvidence, resetRate } from "./rate";
import { createTrail, REPEAT_KINDS } from "./repetition";
import { READABLE_ALONE, reading } from "./sketch";
import { announce } from "./strata";
import type { ChangeKind } from "../base/vocabulary";

/**
 * Announce a change. If its identity is reported with the samples, the next new one starts a stratum without an alarm;
 * if not (a config change, a deploy, an agent that reports no hashes), all levels are learned anew from now on. Scaling
 * and healing change no level of a single agent and are ignored.
 */
export function declareChange(state: DetectorState, change: { at: number; kind: ChangeKind }): void {
  if (change.kind === "healing" || change.kind === "scale") return;
  if (announce(state.identity, change.kind)) return;
  // An announced level may be several times the old one, not anything: the pool still knows the old one.
  keepInPool(state);
  relearnAll(state);
}

/** Learn the present level of these metrics (and of whatever moved with them) as normal, and close the evidence. */
export function acceptAsNormal(state: DetectorState, metrics: { metric: string; stratum: string }[] | "all"): void {
  if (metrics === "all") {
    relearnAll(state);
    acceptCircling(state);
    state.told = {};
  } else {
    for (const { metric, stratum } of metrics) {
      const at = state.strata[stratum];
      if (at !== undefined) relearnWith(at, metric);
      relearnTotal(state, metric);
      if (metric === "repetition") acceptCircling(state);
    }
  }
  // What is normal over all steps is learned anew with them.
  state.pool = undefined;
  resetEvidence(state);
}

/** After a release or an action: accumulated evidence starts from zero, baselines stay. */
export function resetEvidence(state: DetectorState): void {
  state.evidence = 0;
  for (const stratum of Object.values(state.strata)) {
    for (const lane of Object.values(stratum.lanes)) {
      reset(lane);
      Object.assign(lane, newTally());
    }
    for (const lane of Object.values(stratum.rates)) {
      resetRate(lane);
      Object.assign(lane, newTally());
    }
  }
  const pooled = poolLanes(state);
  for (const lane of pooled.values) {
    reset(lane);
    Object.assign(lane, newTally());
  }
  for (const lane of pooled.rates) {
    resetRate(lane);
    Object.assign(lane, newTally());
  }
  for (const lane of Object.values(state.totals)) reset(lane);
  for (const run of Object.values(state.runs)) {
    run.fired = {};
    run.trail = createTrail();
  }
  state.trail = createTrail();
  state.fired = {};
  state.spend.fired = {};
}

/** True while even the first baseline is too young to judge by. */
export const isLearning = (state: DetectorState): boolean => state.seen < READABLE_ALONE;

/** Keep the shapes, forget the levels: the next values say what is normal now. Gauges follow by themselves. */
export function relearn(stratum: Stratum): void {
  for (const metric of Object.keys(stratum.lanes)) relearnLane(stratum, metric);
  for (const name of Object.keys(stratum.rates)) relearnLane(stratum, name);
}

function relearnAll(state: DetectorState): void {
  for (const stratum of Object.values(state.strata)) {
    for (const lane of lanesOf(stratum)) state.evidence -= lane.carried;
    relearn(stratum);
  }
  for (const metric of Object.keys(state.totals)) relearnTotal(state, metric);
}

function relearnWith(stratum: Stratum, metric: string): void {
  relearnLane(stratum, metric);
  relearnLane(stratum, JOINT);
  for (const [other, lane] of Object.entries(stratum.lanes)) if (evidence(lane.r) >= DOUBT) relearnLane(stratum, other);
  for (const [other, lane] of Object.entries(stratum.rates))
    if (rateEvidence(lane) >= DOUBT) relearnLane(stratum, other);
}

function relearnLane(stratum: Stratum, metric: string): void {
  if (gaugeOf(metric) in stratum.forecasts) return;
  const lane = stratum.lanes[metric];
  if (lane !== undefined) stratum.lanes[metric] = { ...relearned(lane, specOf(metric)), ...newTally() };
  const name = metric as RateName;
  if (name in RATES && stratum.rates[name] !== undefined) stratum.rates[name] = { ...createRate(), ...newTally() };
}

function relearnTotal(state: DetectorState, metric: string): void {
  const total = state.totals[metric];
  if (total !== undefined) state.totals[metric] = relearned(total, specOf(metric));
}

function relearned(lane: Lane, spec: MetricSpec): Lane {
  const known = reading(lane.sketch, spec.gap);
  return createLane(spec.side, known === null ? null : { q: [...known.q], centreWeight: 0 });
}

/** The share of repeats in the run last told becomes usual. */
function acceptCircling(state: DetectorState): void {
  for (const by of REPEAT_KINDS) state.accepted[by] = Math.max(state.accepted[by] ?? 0, state.circled[by] ?? 0);
}
