import type { Anomaly, DetectSettings, Observation } from "./detect";
import {
  type DetectorState,
  JOINT,
  laneFor,
  type Level,
  type OpenRun,
  rateFor,
  specOf,
  type Stratum,
  type StratumLane,
  type StratumRate,
} from "./detector-state";
import type { Forerunners } from "./dependence";
import { absorb, bandOf, bet, score } from "./lane";
import { type MetricSpec, RATES, type RateName } from "./metrics";
import type { TypePrior } from "./prior";
import { absorbRate, betRate, rateOf } from "./rate";
import { createForecast, follow, forecast } from "./seasonal";
import { containVerdict, severityOf } from "./severity";
import { learn } from "./sketch";
import { tailNats, weyl } from "./stats";
import type { AnomalyType } from "./vocabulary";

/** Shares of the false-alarm budget: what one sample may prove alone, and what samples prove together. */
export const SINGLE_SHARE = 0.3;
const ACCUMULATED_SHARE = 0.7;
/**
 * Sums overshoot the level they are stopped at, so the mean time to a false alarm is the level times e^(0.583 δ) for a bet
 * on a shift of δ sd (Siegmund 1985, ch. 10; Pollak 1987): about two and a half times the level over the bets used here.
 */
const OVERSHOOT = 0.4;
/** A watch may be false this many times as often as a quarantine. */
export const WATCH_RATIO = 100;
/** Evidence at which a lane that fired counts as quiet again. */
const QUIET = 10;
/** A lane is named in an alarm if it carries at least this share of the evidence. */
const NAMED_SHARE = 0.1;
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
      /** Added to the scale's values to get the metric's own. */
      offset: number;
      spec: MetricSpec;
      lane: StratumLane;
    }
  | { kind: "rate"; metric: RateName; value: number; nats: 0; lane: StratumRate };

/** Where an event is judged. */
export interface Place {
  state: DetectorState;
  stratum: Stratum;
  /** Class of the step. */
  kind: string;
  run: OpenRun | null;
  prior: TypePrior | null;
  learn: boolean;
  /** The step repeats an earlier call of its run: its sizes were judged then. */
  again: boolean;
}

/** Score every value of an event against its baseline and place the bets. */
export function judge(at: Place, o: Observation): Judged[] {
  const judged: Judged[] = [];
  const jitter = weyl(at.state.seen) - 0.5;
  let together = 0;
  let upward = 0;
  for (const metric in o.values) {
    const value = o.values[metric as keyof typeof o.values];
    if (value === undefined) continue;
    const rate = rateOfValue(metric, value);
    if (rate !== null) judged.push(judgeRate(at, rate.name, rate.yes));
    if (metric === "error") continue;
    const spec = specOf(metric);
    if (at.again && spec.ofInput) continue;
    const one = judgeValue(at, metric, spec, value, spec.toScale(value + spec.rounding * jitter));
    judged.push(one);
    if (spec.side === "up" && one.z !== null) {
      together += one.z;
      upward++;
    }
  }
  for (const name in o.gauges) judgeGauge(at, name, o.gauges[name]!, o.at, judged);
  if (upward > 1) judged.push(judgeValue(at, JOINT, specOf(JOINT), together, together));
  return judged;
}

/** The yes-or-no reading of a metric's value, if it has one. */
function rateOfValue(metric: string, value: number): { name: RateName; yes: boolean } | null {
  if (metric === "error") return { name: "error", yes: value > 0 };
  if (metric === "retries") return { name: "retried", yes: value > 0 };
  if (metric === "token_count") return { name: "zero_tokens", yes: value === 0 };
  if (metric === "output_tokens") return { name: "zero_output", yes: value === 0 };
  if (metric === "tool_calls") return { name: "zero_tools", yes: value === 0 };
  return null;
}

function judgeValue(at: Place, metric: string, spec: MetricSpec, value: number, scaled: number) {
  const lane = laneFor(at.state, at.stratum, at.kind, metric, at.prior);
  const s = score(lane, scaled, spec.gap);
  let against = 0;
  let nats = 0;
  if (s !== null) {
    against = spec.side === "up" ? s.up : spec.side === "down" ? -s.down : Math.max(s.up, -s.down);
    if (against > SINGLE_FROM) nats = tailNats(against) - (spec.side === "both" ? Math.LN2 : 0);
    const proved = bet(lane, s, spec.side, forerunners(at, metric), at.learn);
    if (spec.contains && spec.side !== "both") carry(at.state, lane, spec.weight * proved);
  }
  return {
    kind: "value" as const,
    metric,
    value,
    scaled,
    z: s === null ? null : s.z,
    against,
    nats,
    spec,
    lane,
    offset: 0,
  };
}

/**
 * A gauge is judged twice: for jumps off what was expected next, and for where it stands against what is usual. It always
 * learns, alarms included: nobody is asked whether they were faults, and what recurs is normal.
 */
function judgeGauge(at: Place, name: string, value: number, now: number, judged: Judged[]): void {
  let f = at.stratum.forecasts[name];
  if (f === undefined) {
    f = at.stratum.forecasts[name] = createForecast();
    at.state.gauges++;
  }
  if (f.n > 0) {
    const { next, usual, seasonal, scale } = forecast(f, now);
    const gap = Math.max(GAUGE_GAP * scale, GAUGE_GAP_OF_LEVEL * Math.abs(f.level), Number.MIN_VALUE);
    const spec = { ...specOf(name), gap };
    f.drift += DRIFT_GAIN * (value - next - f.drift);
    const parts = [
      { ...judgeValue(at, `${name}${JUMP}`, spec, value, value - next), offset: next },
      { ...judgeValue(at, name, spec, value, value), offset: 0 },
      { ...judgeValue(at, `${name}#drift`, spec, value, f.drift), offset: next },
    ];
    if (usual !== null) {
      const part = { ...judgeValue(at, `${name}#season`, spec, value, value - usual), offset: usual };
      if (seasonal) parts.push(part);
      else if (at.learn) learnFrom([part]);
    }
    if (f.mute > 0 && --f.mute === 0) f.told = 0;
    for (const part of parts) part.lane.fired = f.told;
    judged.push(...parts);
  }
  follow(f, now, value, at.learn);
}

/** Samples that one alarm of a gauge stands for, unless it gets worse. */
const MUTE = 150;

/** The gauge a lane belongs to. */
const gaugeOf = (metric: string) => (metric.includes("#") ? metric.slice(0, metric.indexOf("#")) : metric);

const DRIFT_GAIN = 1 / 24;

/** Lane of a gauge's jumps. */
const JUMP = "#jump";
/** Smallest believable spread of a gauge, as a share of its usual distance from its level, and of the level itself. */
const GAUGE_GAP = 0.05;
const GAUGE_GAP_OF_LEVEL = 0.002;

function judgeRate(at: Place, name: RateName, yes: boolean): Judged {
  const lane = rateFor(at.state, at.stratum, at.kind, name, at.prior);
  carry(at.state, lane, RATES[name].weight * (betRate(lane, yes, forerunners(at, name), at.learn) ?? 0));
  return { kind: "rate", metric: name, value: yes ? 1 : 0, nats: 0, lane };
}

/** The earlier scores of a metric in this event's run, for the same class of step. */
function forerunners(at: Place, metric: string): Forerunners | null {
  if (at.run === null) return null;
  const ofKind = (at.run.before[at.kind] ??= {});
  return (ofKind[metric] ??= { n: 0, sum: 0 });
}

/** Book a lane's weighted evidence, here and in the agent's sum. */
function carry(state: DetectorState, lane: { carried: number }, carried: number): void {
  state.evidence += carried - lane.carried;
  lane.carried = carried;
}

/**
 * Turn evidence into anomalies. The weighted mean of all lanes' sums grows by at most 1 a healthy sample on average, so
 * reaching a level takes that many samples or more, and the level follows from the operator's arl, the share of the
 * budget and the overshoot. The single-value test spends the other 0.3 of the budget, split
 * over the lanes by weight. The lanes that carry the evidence are named. Each speaks once per level, and again after it
 * was quiet.
 */
export function decide(
  state: DetectorState,
  key: string,
  judged: Judged[],
  o: Observation,
  settings: DetectSettings,
): Anomaly[] {
  const mean = state.evidence / state.weight;
  const enough = (settings.arl * OVERSHOOT) / ACCUMULATED_SHARE;
  const reached: Level = mean >= enough ? 2 : mean >= enough / WATCH_RATIO ? 1 : 0;
  let named = state.evidence;
  let top: Judged | null = null;
  let together: Level = 0;
  for (const one of judged) {
    if (one.metric === JOINT) {
      together = singleLevel(state, one, settings);
      named -= one.lane.carried;
    } else if (top === null || one.nats > top.nats || (one.nats === top.nats && one.lane.carried > top.lane.carried)) {
      top = one;
    }
  }
  let anomalies: Anomaly[] | null = null;
  for (const one of judged) {
    let single = singleLevel(state, one, settings);
    if (one === top && together > single) single = together;
    const accumulated: Level = one.lane.carried > QUIET && one.lane.carried >= NAMED_SHARE * named ? reached : 0;
    const level = single > accumulated ? single : accumulated;
    if (level === 0 && one.lane.fired > 0 && one.lane.carried < QUIET && !isGauge(one)) one.lane.fired = 0;
    if (level <= one.lane.fired) continue;
    one.lane.fired = level;
    const gauge = state.strata[key]?.forecasts[gaugeOf(one.metric)];
    if (gauge !== undefined) {
      if (level <= gauge.told) continue;
      gauge.mute = MUTE;
      gauge.told = level;
    }
    if (one.metric === JOINT) continue;
    const bySingle = single >= accumulated;
    anomalies ??= [];
    anomalies.push(
      anomaly(
        one,
        key,
        o,
        level,
        bySingle ? "single" : "accumulated",
        bySingle ? Math.max(one.nats, alone(state, 1, settings)) : Math.log(mean),
        bySingle ? alone(state, weightOf(one), settings) : Math.log(enough),
      ),
    );
  }
  return anomalies === null ? NONE : anomalies.sort((a, b) => b.severity - a.severity);
}

const NONE: Anomaly[] = [];

const weightOf = (one: Judged) => (one.kind === "rate" ? RATES[one.metric].weight : one.spec.weight);

/** Weight reserved, in the single-value test, for run totals, spending and timing. */
const TOTALS_WEIGHT = 2;
export const singleWeight = (state: DetectorState) => state.weight + TOTALS_WEIGHT;

/** Nats that one value of a lane of this weight needs to prove alone. */
const isGauge = (one: Judged) => one.kind === "value" && one.spec.side === "both";

const alone = (state: DetectorState, weight: number, settings: DetectSettings) =>
  Math.log((settings.arl * singleWeight(state)) / (SINGLE_SHARE * weight));

const LOG_WATCH_RATIO = Math.log(WATCH_RATIO);

function singleLevel(state: DetectorState, one: Judged, settings: DetectSettings): Level {
  if (one.nats === 0) return 0;
  const needed = isGauge(one) ? Math.log(settings.arl * state.gauges) : alone(state, weightOf(one), settings);
  return one.nats >= needed && one.kind === "value" && one.spec.contains
    ? 2
    : one.nats >= needed - LOG_WATCH_RATIO
      ? 1
      : 0;
}

function anomaly(
  one: Judged,
  stratum: string,
  o: Observation,
  level: Level,
  by: "single" | "accumulated",
  statistic: number,
  threshold: number,
): Anomaly {
  const expected = expectedOf(one);
  const effect = effectOf(one, expected.mid);
  const type: AnomalyType = one.kind === "rate" ? RATES[one.metric].type : one.spec.type;
  return {
    type,
    metric: gaugeOf(one.metric),
    stratum,
    verdict: level === 2 ? containVerdict(type) : "watch",
    severity: severityOf(statistic / threshold, effect),
    at: o.at,
    seq: o.seq,
    value: one.value,
    expected,
    evidence: by,
    statistic,
    threshold,
    effect,
    samples: by === "single" ? 1 : Math.max(1, one.lane.since),
    runId: o.runId,
    detail: one.metric.includes("#") ? { against: one.metric.slice(one.metric.indexOf("#")) } : {},
  };
}

function expectedOf(one: Judged): { low: number; mid: number; high: number } {
  if (one.kind === "rate") {
    const mid = rateOf(one.lane);
    return { low: 0, mid, high: mid };
  }
  const band = bandOf(one.lane, one.spec.gap);
  const { fromScale } = one.spec;
  if (band === null) return { low: one.value, mid: one.value, high: one.value };
  const { offset } = one;
  return { low: fromScale(band.low) + offset, mid: fromScale(band.mid) + offset, high: fromScale(band.high) + offset };
}

/** Ratios to nearly nothing are cut: a cost of 0 before says little about how bad 1 is. */
const RATIO_MAX = 1000;

function effectOf(one: Judged, mid: number): number {
  if (one.kind === "rate") return Math.min(1 / mid, RATIO_MAX);
  if (one.spec.side === "both") return 2 ** (Math.abs(one.against) / 2);
  if (mid > 0) return Math.min(one.value / mid, RATIO_MAX);
  return one.value > 0 ? RATIO_MAX : 1;
}

/** Learn what was judged, except on lanes that have proved a change; gauges always. */
export function learnFrom(judged: Judged[]): void {
  for (const one of judged) {
    if (one.kind === "value" && one.spec.side === "both") learn(one.lane.sketch, one.scaled, one.spec.gap);
    else if (one.lane.fired === 2) continue;
    else if (one.kind === "rate") absorbRate(one.lane, one.value === 1);
    else absorb(one.lane, one.scaled, one.spec.gap);
  }
}
