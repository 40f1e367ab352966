import type { Anomaly, DetectSettings, Observation } from "./detect";
import { type DetectorState, JOINT, laneFor, type Level, rateFor, specOf, type Stratum } from "./detector-state";
import { absorb, bandOf, bet, evidence, type Lane, score } from "./lane";
import { type MetricSpec, RATES, type RateName } from "./metrics";
import type { TypePrior } from "./prior";
import { absorbRate, betRate, rateEvidence, type RateLane, rateOf } from "./rate";
import { containVerdict, severityOf } from "./severity";
import { tailNats, weyl } from "./stats";
import type { AnomalyType } from "./vocabulary";

/** Shares of the false-alarm budget: what one sample may prove alone, and what samples prove together. */
export const SINGLE_SHARE = 0.3;
const ACCUMULATED_SHARE = 0.7;
/** A watch may be false this many times as often as a quarantine. */
export const WATCH_RATIO = 100;
/** Evidence at which a lane that fired counts as quiet again. */
const QUIET = 10;
/** A lane is named in an alarm if it carries at least this share of the evidence. */
const NAMED_SHARE = 0.1;

/** One lane's part in one event. */
interface Judged {
  metric: string;
  type: AnomalyType;
  value: number;
  /** Plain normal score; null while too young to judge, and for rates. */
  z: number | null;
  /** −ln p of this value alone; 0 for rates, whose single samples prove little. */
  nats: number;
  /** Weight in the budget. */
  weight: number;
  /** Evidence of the lane, before weighting. */
  evidence: number;
  lane: { fired: Level; since: number };
  band: () => { low: number; mid: number; high: number };
  effect: (mid: number) => number;
  learn: () => void;
}

const RATE_OF_VALUE: Record<string, { name: RateName; yes: (x: number) => boolean } | undefined> = {
  error: { name: "error", yes: (x) => x > 0 },
  retries: { name: "retried", yes: (x) => x > 0 },
  token_count: { name: "zero_tokens", yes: (x) => x === 0 },
  output_tokens: { name: "zero_output", yes: (x) => x === 0 },
  tool_calls: { name: "zero_tools", yes: (x) => x === 0 },
};

/** Score every value of an event against its baseline and place the bets. */
export function judge(
  state: DetectorState,
  stratum: Stratum,
  kind: string,
  o: Observation,
  prior: TypePrior | null,
): Judged[] {
  const judged: Judged[] = [];
  let together = 0;
  let upward = 0;
  let worst: Judged | null = null;
  for (const metric in o.values) {
    const value = o.values[metric as keyof typeof o.values]!;
    const rate = RATE_OF_VALUE[metric];
    if (rate !== undefined) judged.push(judgeRate(state, stratum, kind, rate.name, rate.yes(value), prior));
    if (metric === "error") continue;
    const spec = specOf(metric);
    const lane = laneFor(state, stratum, kind, metric, prior);
    const scaled = spec.toScale(value + (spec.rounding === 0 ? 0 : spec.rounding * (weyl(state.seen) - 0.5)));
    const one = judgeLane(lane, spec, metric, value, scaled);
    judged.push(one);
    if (spec.side === "up" && one.z !== null) {
      together += one.z;
      upward++;
      if (worst === null || one.nats > worst.nats) worst = one;
    }
  }
  for (const name in o.gauges) {
    const spec = specOf(name);
    judged.push(judgeLane(laneFor(state, stratum, kind, name, prior), spec, name, o.gauges[name]!, o.gauges[name]!));
  }
  if (upward > 1) {
    const spec = specOf(JOINT);
    const joint = judgeLane(laneFor(state, stratum, kind, JOINT, prior), spec, JOINT, together, together);
    if (worst !== null) joint.type = worst.type;
    judged.push(joint);
  }
  return judged;
}

function judgeLane(
  lane: Lane & { fired: Level },
  spec: MetricSpec,
  metric: string,
  value: number,
  scaled: number,
): Judged {
  const s = score(lane, scaled, spec.gap);
  const against = s === null ? 0 : spec.side === "up" ? s.up : spec.side === "down" ? -s.down : Math.max(s.up, -s.down);
  return {
    metric,
    type: spec.type,
    value,
    z: s === null ? null : s.z,
    nats: against > 0 ? tailNats(against) - (spec.side === "both" ? Math.LN2 : 0) : 0,
    weight: spec.weight,
    evidence: s === null ? 0 : bet(lane, s, spec.side),
    lane,
    band: () => {
      const b = bandOf(lane, spec.gap);
      return b === null
        ? { low: value, mid: value, high: value }
        : { low: spec.fromScale(b.low), mid: spec.fromScale(b.mid), high: spec.fromScale(b.high) };
    },
    effect: (mid) => (spec.side === "both" || metric === JOINT ? 2 ** (Math.abs(against) / 2) : ratio(value, mid)),
    learn: () => {
      if (lane.fired === 0) absorb(lane, scaled, spec.gap);
    },
  };
}

/** Ratios to nearly nothing are cut: a cost of 0 before says little about how bad 1 is. */
const RATIO_MAX = 1000;
const ratio = (value: number, mid: number) => (mid > 0 ? Math.min(value / mid, RATIO_MAX) : value > 0 ? RATIO_MAX : 1);

function judgeRate(
  state: DetectorState,
  stratum: Stratum,
  kind: string,
  name: RateName,
  yes: boolean,
  prior: TypePrior | null,
): Judged {
  const lane = rateFor(state, stratum, kind, name, prior);
  const usual = rateOf(lane);
  return {
    metric: name,
    type: RATES[name].type,
    value: yes ? 1 : 0,
    z: null,
    nats: 0,
    weight: RATES[name].weight,
    evidence: betRate(lane, yes) ?? 0,
    lane,
    band: () => ({ low: 0, mid: usual, high: usual }),
    effect: () => Math.min(1 / usual, RATIO_MAX),
    learn: () => {
      if (lane.fired === 0) absorbRate(lane as RateLane, yes);
    },
  };
}

/**
 * Turn evidence into anomalies. The weighted mean of all lanes' sums grows by at most 1 a healthy sample on average, so
 * reaching arl / 0.7 takes that many samples or more; the single-value test spends the other 0.3 of the budget, split
 * over the lanes by weight. Each lane speaks once per level, and again after it was quiet.
 */
export function decide(
  state: DetectorState,
  stratum: Stratum,
  key: string,
  judged: Judged[],
  o: Observation,
  settings: DetectSettings,
): Anomaly[] {
  stratum.evidence = evidenceOf(stratum);
  let total = 0;
  for (const each of Object.values(state.strata)) total += each.evidence;
  const mean = total / state.weight;
  const enough = settings.arl / ACCUMULATED_SHARE;
  const joint: Level = mean >= enough ? 2 : mean >= enough / WATCH_RATIO ? 1 : 0;
  const anomalies: Anomaly[] = [];
  for (const one of judged) {
    const carried = one.weight * one.evidence;
    const alone = Math.log((settings.arl * state.weight) / (SINGLE_SHARE * one.weight));
    const single: Level = one.nats >= alone ? 2 : one.nats >= alone - Math.log(WATCH_RATIO) ? 1 : 0;
    const share: Level = joint > 0 && carried >= NAMED_SHARE * total ? joint : 0;
    const level = single > share ? single : share;
    if (level === 0 && one.evidence < QUIET) one.lane.fired = 0;
    if (level <= one.lane.fired || one.metric === JOINT) {
      if (one.metric === JOINT && level > one.lane.fired) one.lane.fired = level;
      continue;
    }
    one.lane.fired = level;
    const bySingle = single >= share;
    const threshold = bySingle ? alone : Math.log(enough);
    const statistic = bySingle ? one.nats : Math.log(mean);
    const band = one.band();
    const effect = one.effect(band.mid);
    anomalies.push({
      type: one.type,
      metric: one.metric,
      stratum: key,
      verdict: level === 2 ? containVerdict(one.type) : "watch",
      severity: severityOf(statistic / threshold, effect),
      at: o.at,
      seq: o.seq,
      value: one.value,
      expected: band,
      evidence: bySingle ? "single" : "accumulated",
      statistic,
      threshold,
      effect,
      samples: bySingle ? 1 : Math.max(1, one.lane.since),
      runId: o.runId,
      detail: {},
    });
  }
  return anomalies.sort((a, b) => b.severity - a.severity);
}

function evidenceOf(stratum: Stratum): number {
  let total = 0;
  for (const metric in stratum.lanes) total += specOf(metric).weight * evidence(stratum.lanes[metric]!.r);
  for (const name in stratum.rates)
    total += RATES[name as RateName].weight * rateEvidence(stratum.rates[name as RateName]!);
  return total;
}
