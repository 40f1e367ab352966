import type { DetectSettings } from "./anomaly";
import type { DetectorState, OpenRun, Stratum, StratumLane, StratumRate } from "./detector-state";
import type { PriorScores } from "./dependence";
import { absorb, bet, score } from "./lane";
import { laneFor, rateFor } from "./lanes";
import { type MetricSpec, RATES, type RateName } from "./metrics";
import type { TypePrior } from "./prior";
import { absorbRate, betRate } from "./rate";
import { learn } from "./sketch";
import { tailNats } from "../base/stats";

/** Scores below this prove nothing alone: their tail is not worth computing. */
const SINGLE_FROM = 2.6;

/** One lane's part in one event. */
export type Judged =
  | {
      kind: "value";
      metric: string;
      value: number;
      scaled: number;
      z: number | null;
      against: number;
      nats: number;
      /** Nats that it has to prove; absent: by the budget of its lane. */
      needed?: number;
      /** Added to the scale's values to get the metric's own. */
      offset: number;
      spec: MetricSpec;
      lane: StratumLane;
      /** Judged over all steps (see pool.ts). */
      pooled?: true;
    }
  | { kind: "rate"; metric: RateName; value: number; nats: 0; lane: StratumRate; pooled?: true };

/** Where an event is judged. */
export interface Place {
  state: DetectorState;
  stratum: Stratum;
  /** Class of the step. */
  kind: string;
  run: OpenRun | null;
  prior: TypePrior | null;
  learn: boolean;
  settings: DetectSettings;
  /** The step repeats an earlier call of its run: its sizes were judged then. */
  again: boolean;
}

/** Score one value against its lane's baseline and place its bets. */
export function judgeValue(
  at: Place,
  metric: string,
  spec: MetricSpec,
  value: number,
  scaled: number,
  offset = 0,
): Judged & { kind: "value" } {
  const lane = laneFor(at.state, at.stratum, at.kind, metric, at.prior);
  const s = score(lane, scaled, spec.gap);
  let against = 0;
  let nats = 0;
  if (s !== null) {
    against = spec.side === "up" ? s.up : spec.side === "down" ? -s.down : Math.max(s.up, -s.down);
    if (against > SINGLE_FROM) nats = tailNats(against) - (spec.side === "both" ? Math.LN2 : 0);
    const proved = bet(lane, s, spec.side, priorScores(at, metric), at.learn);
    if (spec.contains && spec.side !== "both") carry(at.state, lane, spec.weight * proved);
  }
  return {
    kind: "value",
    metric,
    value,
    scaled,
    z: s === null ? null : s.z,
    against,
    nats,
    spec,
    lane,
    offset,
  };
}

/** Judge one yes or no. */
export function judgeRate(at: Place, name: RateName, yes: boolean): Judged {
  const lane = rateFor(at.state, at.stratum, at.kind, name, at.prior);
  carry(at.state, lane, RATES[name].weight * (betRate(lane, yes, priorScores(at, name), at.learn) ?? 0));
  return { kind: "rate", metric: name, value: yes ? 1 : 0, nats: 0, lane };
}

/** Kinds of steps of one run whose scores are kept; a run with more is judged by its first ones. */
const KINDS_MAX = 12;

/** The earlier scores of a metric in this event's run, for the same class of step. */
export function priorScores(at: Pick<Place, "run" | "kind">, metric: string): PriorScores | null {
  if (at.run === null) return null;
  const { before } = at.run;
  let ofKind = before[at.kind];
  if (ofKind === undefined) {
    if (Object.keys(before).length >= KINDS_MAX) return null;
    ofKind = before[at.kind] = {};
  }
  return (ofKind[metric] ??= { n: 0, sum: 0 });
}

/** Book a lane's weighted evidence, here and in the agent's sum. */
export function carry(state: DetectorState, lane: { carried: number }, carried: number): void {
  state.evidence += carried - lane.carried;
  lane.carried = carried;
}

/** Learn what was judged, except on lanes that have proved a change; gauges always. */
export function learnFrom(judged: Judged[]): void {
  for (const one of judged) {
    if (one.pooled) continue;
    if (one.kind === "value" && one.spec.side === "both") learn(one.lane.sketch, one.scaled, one.spec.gap);
    else if (one.lane.fired === 2) continue;
    else if (one.kind === "rate") absorbRate(one.lane, one.value === 1);
    else absorb(one.lane, one.scaled, one.spec.gap);
  }
}
