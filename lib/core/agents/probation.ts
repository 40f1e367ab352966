import type { Anomaly, Observation } from "../detection/anomaly";
import { type DetectorState, runKey } from "../detection/detector-state";
import { score } from "../detection/lane";
import { JOINT, type RateName, specOf } from "../detection/metrics";
import { rateOf } from "../detection/rate";
import { clamp } from "../base/stats";
import { stratumClass } from "../detection/strata";
import { metricName } from "./words";
import type { AnomalyType } from "../base/vocabulary";

/**
 * Did the action help? Measured on fresh vitals only, against the baseline from before the illness: for every metric of
 * the incident a sequential probability ratio test (Wald 1945) of "back in the baseline" against "still as far off as half
 * the illness", at 1 % error each way. What has no baseline of its own (repetition, overrun runs, silence) has to stay
 * away for as many events as the test would take.
 */
export interface Probation {
  /** Samples of each metric, at least, before recovery may be called. */
  needed: number;
  /** Events taken in, whatever they carried. */
  events: number;
  targets: Target[];
  /** Classes of step of tools that the action took away: no call of theirs is to be waited for. */
  revoked?: string[];
  /** Of a watch over a member of a shared cause: when it began, nobody else's trouble vouched for that cause any more. */
  alone?: boolean;
}

interface Target {
  metric: string;
  stratum: string;
  type: AnomalyType;
  /** The class of step it belongs to: a rollback changes the stratum, not the step. */
  kind: string;
  /** `score`: normal scores, `rate`: yes or no, `rule`: must not come again. */
  by: "score" | "rate" | "rule";
  /** How ill: normal score, or rate. */
  ill: number;
  /** Level that counts as still ill: half the illness. */
  half: number;
  /** Healthy rate; 0 for scores. */
  healthy: number;
  seen: number;
  sum: number;
  /** ln likelihood of still ill over healthy. */
  llr: number;
  /** Times it came again. */
  again: number;
}

export type Judgement = {
  /** contained: what was ill is kept from happening, and the rest is well. It is not cured. */
  kind: "pending" | "recovered" | "contained" | "no_effect" | "worse" | "cannot_tell";
  reason: string;
  evidence: { metric: string; stratum: string; samples: number; before: number; now: number; llr: number }[];
};

/** ln 99: 1 % error each way. */
const DECIDED = Math.log(99);
/** A shift of less than this many sd is not worth telling from none. */
const HALF_MIN = 0.75;
/** Further off than it was by this many sd is worse. */
const WORSE_Z = 2;
/** Undecided after this many times the needed samples means: cannot tell. */
const PATIENCE = 3;
const Z_CUT = 8;

/**
 * Begin probation. `metrics` are those of the incident; `n` the samples each needs (at least 1); `tools`: those that the action took away,
 * so that their calls can be no sign of a cure.
 */
export function startProbation(
  state: DetectorState,
  metrics: { metric: string; stratum: string; type: AnomalyType }[],
  n: number,
  tools: readonly string[] = [],
): Probation {
  const revoked = tools.map((tool) => stratumClass("tool_call", tool));
  const targets = metrics.map((m) => target(state, m));
  return { needed: Math.max(1, n), events: 0, targets, ...(revoked.length > 0 && { revoked }) };
}

/**
 * Look again, at fresh samples only. Illness is what it was at its worst: measured against what is left of it, a subject that is
 * well would differ from one that is ill by too little to tell, and chance would decide.
 */
export function restartProbation(
  before: Probation,
  state: DetectorState,
  metrics: { metric: string; stratum: string; type: AnomalyType }[],
  n: number,
): Probation {
  const fresh = startProbation(state, metrics, n);
  const targets = fresh.targets.map((t) => {
    const was = before.targets.find(
      ({ metric, stratum, by }) => metric === t.metric && stratum === t.stratum && by === t.by,
    );
    return was !== undefined && was.half > t.half ? { ...t, ill: was.ill, half: was.half, healthy: was.healthy } : t;
  });
  return { ...fresh, targets, ...(before.revoked && { revoked: before.revoked }) };
}

/** Each metric of these anomalies once: what has to be back in band. */
export function watched(anomalies: readonly Pick<Anomaly, "metric" | "stratum" | "type">[]) {
  const metrics = new Map(
    anomalies.map(({ metric, stratum, type }) => [`${metric} ${stratum}`, { metric, stratum, type }]),
  );
  return [...metrics.values()];
}

/**
 * Measure these anomalies' metrics as well: they fired since it began. `again`: what must not come again has (it came after the
 * action). Everything that is measured is waited for anew.
 */
export function widenProbation(
  p: Probation,
  state: DetectorState,
  anomalies: readonly Anomaly[],
  again: boolean,
): void {
  for (const one of watched(anomalies)) {
    if (p.targets.some((t) => t.metric === one.metric && t.stratum === one.stratum)) continue;
    const added = target(state, one);
    p.targets.push(added.by === "rule" && again ? { ...added, again: 1 } : added);
    p.events = 0;
  }
}

function target(state: DetectorState, m: { metric: string; stratum: string; type: AnomalyType }): Target {
  const stratum = state.strata[m.stratum];
  const kind = m.stratum.split("|", 2).join("|");
  const base = { ...m, kind, seen: 0, sum: 0, llr: 0, again: 0, ill: 0, half: 0, healthy: 0 };
  const rate = stratum?.rates[m.metric as RateName];
  if (rate !== undefined) {
    const healthy = clamp(rateOf(rate), 0.005, 0.9);
    const ill = Math.max(rate.recent, Math.min(0.95, healthy * 2));
    return { ...base, by: "rate", healthy, ill, half: clamp((healthy + ill) / 2, healthy + 0.02, 0.97) };
  }
  const lane = stratum?.lanes[m.metric];
  if (lane === undefined || m.metric === JOINT) return { ...base, by: "rule" };
  const ill = Math.abs(lane.recent);
  return { ...base, by: "score", ill, half: Math.max(HALF_MIN, ill / 2) };
}

/**
 * Take in one event after the acknowledgement, and the anomalies that the agent's own detector found in it. `own` is that detector
 * where `state`, which the values are measured against, is another agent's.
 */
export function observeProbation(
  p: Probation,
  state: DetectorState,
  o: Observation,
  anomalies: readonly Anomaly[] = [],
  own: DetectorState = state,
): void {
  if (o.kind === "heartbeat" || o.kind === "outcome" || o.kind === "queued_task") return;
  p.events++;
  const kind = stratumClass(o.kind, o.kind === "tool_call" ? o.tool : o.stepKind);
  for (const t of p.targets) {
    if (t.by === "rule") {
      t.seen++;
      if (anomalies.some((a) => a.type === t.type && a.verdict !== "watch") || stands(t, own, o)) t.again++;
    } else if (t.kind === kind) {
      if (t.by === "rate") observeRate(t, o);
      else observeScore(t, state, o);
    }
  }
}

/** A rule tells a breach once; the run, minute or trail that it told of is in breach as long as its mark stands. */
function stands(t: Target, state: DetectorState, o: Observation): boolean {
  if (t.metric === "spend_per_min") return state.spend.fired[t.metric] === 2;
  if (t.metric !== "repetition" && t.type !== "run_overrun") return false;
  const fired = o.runId === null ? state.fired : state.runs[runKey(o.runId)]?.fired;
  return fired?.[t.metric] === 2;
}

function observeRate(t: Target, o: Observation): void {
  const yes = RATES_READ[t.metric as RateName](o);
  if (yes === null) return;
  t.seen++;
  t.sum += yes ? 1 : 0;
  t.llr += yes ? Math.log(t.half / t.healthy) : Math.log((1 - t.half) / (1 - t.healthy));
}

const zero = (x: number | undefined) => (x === undefined ? null : x === 0);
const above = (x: number | undefined) => (x === undefined ? null : x > 0);
const RATES_READ: Record<RateName, (o: Observation) => boolean | null> = {
  error: (o) => above(o.values.error),
  retried: (o) => above(o.values.retries),
  zero_tokens: (o) => zero(o.values.token_count),
  zero_output: (o) => zero(o.values.output_tokens),
  zero_tools: (o) => zero(o.values.tool_calls),
};

function observeScore(t: Target, state: DetectorState, o: Observation): void {
  const value = o.values[t.metric as keyof typeof o.values] ?? o.gauges?.[t.metric];
  const lane = state.strata[t.stratum]?.lanes[t.metric];
  if (value === undefined || lane === undefined) return;
  const spec = specOf(t.metric);
  const s = score(lane, spec.toScale(value), spec.gap);
  if (s === null) return;
  const z = clamp(spec.side === "down" ? -s.z : spec.side === "both" ? Math.abs(s.z) - FOLDED : s.z, -Z_CUT, Z_CUT);
  t.seen++;
  t.sum += z;
  t.llr += t.half * z - (t.half * t.half) / 2;
}

/** E|z| of a healthy two-sided score. */
const FOLDED = 0.8;

/**
 * The verdict so far. `peers`: of the untouched peers that were ill of the same, how many are well again. If most are, the
 * action is not what helped. All targets must recover; one that does not decides.
 */
export function judgeProbation(p: Probation, peers: { ill: number; recovered: number } | null = null): Judgement {
  const evidence = p.targets.map((t) => ({
    metric: t.metric,
    stratum: t.stratum,
    samples: t.seen,
    before: t.ill,
    now: t.by === "rule" ? t.again : t.seen === 0 ? Number.NaN : t.sum / t.seen,
    llr: t.llr,
  }));
  if (p.targets.length === 0)
    return { kind: "cannot_tell", reason: "the incident names no metric to measure", evidence };
  const worked = p.events >= PATIENCE * p.needed;
  // A revoked tool is called no more. If it is called all the same, its calls count like any others.
  const gone = p.targets.filter((t) => t.seen === 0 && p.revoked?.includes(t.kind));
  // What is never reported again cannot be waited for: the others decide, if there are any.
  const present = p.targets.filter((t) => !gone.includes(t) && (t.seen > 0 || !worked));
  if (present.length === 0 && gone.length === 0)
    return { kind: "cannot_tell", reason: "none of the affected metrics has been reported since", evidence };
  const states = present.map((t) => ({ t, state: stateOf(t, p.needed) }));
  const worse = states.find((s) => s.state === "worse");
  if (worse)
    return {
      kind: "worse",
      reason: `${metricName(worse.t.metric)} is further from its baseline than before the action`,
      evidence,
    };
  const ill = states.find((s) => s.state === "ill");
  if (ill)
    return {
      kind: "no_effect",
      reason: `${metricName(ill.t.metric)} is still out of its band after ${ill.t.seen} samples`,
      evidence,
    };
  const open = states.find((s) => s.state === "open");
  if (open)
    return { kind: "pending", reason: `${metricName(open.t.metric)}: ${open.t.seen} of ${p.needed} samples`, evidence };
  const unclear = states.find((s) => s.state === "unclear");
  if (unclear)
    return {
      kind: "cannot_tell",
      reason: `${metricName(unclear.t.metric)} is neither clearly in its band nor clearly out of it`,
      evidence,
    };
  if (peers !== null && peers.ill > 0 && peers.recovered * 2 >= peers.ill) {
    return {
      kind: "cannot_tell",
      reason: `${peers.recovered} of ${peers.ill} abnormal peers without an action recovered at the same time`,
      evidence,
    };
  }
  if (gone.length > 0) {
    const without = `no call of a revoked tool in ${p.events} events`;
    return worked
      ? { kind: "contained", reason: `${without}, and everything else is in band`, evidence }
      : { kind: "pending", reason: `${without}; ${PATIENCE * p.needed} are needed`, evidence };
  }
  return {
    kind: "recovered",
    reason: `in band for ${Math.min(...p.targets.map((t) => t.seen))} samples`,
    evidence,
  };
}

function stateOf(t: Target, needed: number): "open" | "well" | "ill" | "worse" | "unclear" {
  if (t.by === "rule") return t.again > 0 ? "ill" : t.seen >= needed ? "well" : "open";
  if (t.llr >= DECIDED)
    return t.by === "score" && t.seen >= 3 && t.sum / t.seen > t.ill + WORSE_Z
      ? "worse"
      : t.seen >= ILL_MIN
        ? "ill"
        : "open";
  if (t.seen < needed) return "open";
  if (t.llr <= -DECIDED) return "well";
  return t.seen >= PATIENCE * needed ? "unclear" : "open";
}

/** A single wild sample must not decide against an action. */
const ILL_MIN = 5;
