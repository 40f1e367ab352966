import type { Anomaly, DetectSettings, Observation } from "./anomaly";
import { singleSampleThreshold, accumulatedThreshold, levelOf } from "./budget";
import type { DetectorState, Level } from "./detector-state";
import { gaugeOf } from "./gauge";
import type { Judged } from "./judged";
import { bandOf } from "./lane";
import { JOINT, RATES } from "./metrics";
import { rateOf } from "./rate";
import { containVerdict, severityOf } from "./severity";

/** Evidence at which a lane that fired counts as quiet again. */
const QUIET = 10;
/** A lane is named in an alarm if it carries at least this share of the evidence. */
const NAMED_SHARE = 0.1;

/** Evidence and what a quarantine needs, in nats. */
interface Proof {
  by: "single" | "accumulated";
  level: Level;
  statistic: number;
  threshold: number;
}

/**
 * Turn evidence into anomalies. The lanes that carry it are named; metrics that only prove something together are spoken
 * for by the one furthest off. Each lane speaks once a level, and again after it was quiet.
 */
export function decide(
  state: DetectorState,
  key: string,
  judged: Judged[],
  o: Observation,
  settings: DetectSettings,
): Anomaly[] {
  const needed = accumulatedThreshold(settings);
  const mean = state.evidence / state.weight;
  const reached: Proof = {
    by: "accumulated",
    level: levelOf(Math.log(mean), Math.log(needed)),
    statistic: Math.log(mean),
    threshold: Math.log(needed),
  };
  let named = state.evidence;
  let joint: Judged | null = null;
  let top: Judged | null = null;
  for (const one of judged) {
    if (one.metric === JOINT) {
      joint = one;
      named -= one.lane.carried;
    } else if (top === null || one.nats > top.nats || (one.nats === top.nats && one.lane.carried > top.lane.carried)) {
      top = one;
    }
  }
  const together = joint === null ? NOTHING : single(state, joint, settings);
  const anomalies: Anomaly[] = [];
  for (const one of judged) {
    let proof = one.nats === 0 ? NOTHING : single(state, one, settings);
    if (one === top && together.level > proof.level) proof = together;
    const carries = one.lane.carried > QUIET && one.lane.carried >= NAMED_SHARE * named;
    if (carries && reached.level > proof.level) proof = reached;
    const { fired } = one.lane;
    if (proof.level === 0 && fired > 0 && one.lane.carried < QUIET) one.lane.fired = 0;
    if (proof.level <= fired) continue;
    one.lane.fired = proof.level;
    // Said once, by the stratum where it can.
    if (one.pooled && anomalies.some((said) => said.metric === one.metric)) continue;
    if (one.metric === JOINT) continue;
    anomalies.push(anomaly(one, key, o, proof));
  }
  return anomalies.length > 1 ? anomalies.sort((a, b) => b.severity - a.severity) : anomalies;
}

const NOTHING: Proof = { by: "single", level: 0, statistic: 0, threshold: 1 };

/** What one value proves by itself. */
function single(state: DetectorState, one: Judged, settings: DetectSettings): Proof {
  if (one.kind === "rate" || one.nats === 0) return NOTHING;
  const { weight, contains } = one.spec;
  const threshold = one.needed ?? singleSampleThreshold(state, weight, settings);
  const level = levelOf(one.nats, threshold);
  return { by: "single", level: level === 2 && !contains ? 1 : level, statistic: one.nats, threshold };
}

function anomaly(one: Judged, stratum: string, o: Observation, proof: Proof): Anomaly {
  const expected = expectedOf(one);
  const effect = effectOf(one, expected.mid);
  const type = one.kind === "rate" ? RATES[one.metric].type : one.spec.type;
  const { by, level, statistic, threshold } = proof;
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
    detail: gaugeOf(one.metric) === one.metric ? {} : { judged_for: one.metric.slice(one.metric.indexOf("#") + 1) },
  };
}

function expectedOf(one: Judged): Anomaly["expected"] {
  if (one.kind === "rate") {
    const mid = rateOf(one.lane);
    return { low: 0, mid, high: mid };
  }
  const band = bandOf(one.lane, one.spec.gap);
  if (band === null) return { low: one.value, mid: one.value, high: one.value };
  const { offset } = one;
  const { fromScale } = one.spec;
  return { low: fromScale(band.low) + offset, mid: fromScale(band.mid) + offset, high: fromScale(band.high) + offset };
}

/** Ratios to nearly nothing are cut: a cost of 0 before says little about how bad 1 is. */
const RATIO_MAX = 1000;

/** How large: ratio to the centre of normal, of the recent rate for rates; two scores count as a doubling for gauges. */
function effectOf(one: Judged, mid: number): number {
  if (one.kind === "rate") return Math.min(Math.max(one.lane.recent / mid, 1), RATIO_MAX);
  if (one.spec.side === "both") return 2 ** (Math.abs(one.against) / 2);
  if (mid > 0) return Math.min(one.value / mid, RATIO_MAX);
  return one.value > 0 ? RATIO_MAX : 1;
}
