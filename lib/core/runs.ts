import type { Anomaly, DetectSettings, Observation } from "./detect";
import { type DetectorState, enlist, type Level, type OpenRun, specOf } from "./detector-state";
import { SINGLE_SHARE, WATCH_RATIO } from "./judge";
import { noteGap } from "./liveness";
import { absorb, bandOf, createLane, type Lane, score } from "./lane";
import { createTrail, step, type Trail } from "./repetition";
import { containVerdict, severityOf } from "./severity";
import { tailNats } from "./stats";

/**
 * What a run has used up so far, judged while it goes on against the totals of runs that ended. A running total can only
 * grow, so "beyond α of the final totals" is reached by at most α of healthy runs, whenever it is looked at.
 */

/** Open runs kept per agent; the least recent is closed, unlearned, to make room. */
const OPEN_MAX = 64;
/** Smoothing of the mean number of events per run. */
const EVENTS_GAIN = 0.05;
const MINUTE_MS = 60_000;

/** Run totals, depth, spend per minute and repetition of one event. */
export function judgeRun(state: DetectorState, o: Observation, settings: DetectSettings): Anomaly[] {
  const anomalies: Anomaly[] = [];
  anomalies.push(...judgeSpend(state, o, settings));
  if (o.runId === null) {
    repeat(state.trail, state.fired, o, anomalies);
    return anomalies;
  }
  const known = state.runs[o.runId];
  const run = known ?? openRun(state, o);
  state.runs[o.runId] = run;
  if (known !== undefined) noteGap(state, "run_gap", o.at - run.lastAt, o.learn);
  run.lastAt = o.at;
  add(run, o);
  repeat(run.trail, run.fired, o, anomalies);
  const totals: [string, number][] = [];
  if (run.hasCost) totals.push(["run_cost", run.cost]);
  if (run.hasTokens) totals.push(["run_tokens", run.tokens]);
  if (run.calls > 0) totals.push(["run_calls", run.calls]);
  if (run.depth > 0) totals.push(["run_depth", run.depth]);
  for (const [metric, value] of totals) {
    const anomaly = judgeTotal(state, run, metric, value, o, settings);
    if (anomaly !== null) anomalies.push(anomaly);
  }
  if (o.kind === "run_end") close(state, o.runId, run, totals, o.learn);
  return anomalies;
}

function openRun(state: DetectorState, o: Observation): OpenRun {
  const ids = Object.keys(state.runs);
  if (ids.length >= OPEN_MAX) {
    let oldest = ids[0]!;
    for (const id of ids) if (state.runs[id]!.lastAt < state.runs[oldest]!.lastAt) oldest = id;
    delete state.runs[oldest];
  }
  const parent = o.parentRunId === null ? undefined : state.runs[o.parentRunId];
  return {
    startedAt: o.at,
    lastAt: o.at,
    events: 0,
    depth: parent === undefined ? (o.parentRunId === null ? 0 : 1) : parent.depth + 1,
    cost: 0,
    tokens: 0,
    calls: 0,
    hasCost: false,
    hasTokens: false,
    fired: {},
    trail: createTrail(),
  };
}

function add(run: OpenRun, o: Observation): void {
  run.events++;
  if (o.kind !== "model_call" && o.kind !== "tool_call") return;
  run.calls++;
  const { cost, token_count, input_tokens, output_tokens } = o.values;
  if (cost !== undefined) {
    run.cost += cost;
    run.hasCost = true;
  }
  const tokens =
    token_count ??
    (input_tokens === undefined && output_tokens === undefined
      ? undefined
      : (input_tokens ?? 0) + (output_tokens ?? 0));
  if (tokens !== undefined) {
    run.tokens += tokens;
    run.hasTokens = true;
  }
}

function laneOf(state: DetectorState, metric: string): Lane {
  const spec = specOf(metric);
  enlist(state, metric, spec.weight);
  return (state.totals[metric] ??= createLane(spec.side));
}

function judgeTotal(
  state: DetectorState,
  run: OpenRun,
  metric: string,
  value: number,
  o: Observation,
  settings: DetectSettings,
): Anomaly | null {
  const lane = laneOf(state, metric);
  return judgeSoFar(state, lane, metric, value, run.fired, state.eventsPerRun, run.events, o, settings);
}

/** Judge a total that can only grow against the totals of its kind that are complete; one anomaly per level. */
function judgeSoFar(
  state: DetectorState,
  lane: Lane,
  metric: string,
  value: number,
  fired: Record<string, Level>,
  eventsEach: number,
  events: number,
  o: Observation,
  settings: DetectSettings,
): Anomaly | null {
  const spec = specOf(metric);
  const s = score(lane, spec.toScale(value), spec.gap);
  if (s === null || s.up <= 0) return null;
  const nats = tailNats(s.up);
  const threshold = Math.log((settings.arl * state.weight) / (SINGLE_SHARE * spec.weight * Math.max(1, eventsEach)));
  const level: Level = nats >= threshold ? 2 : nats >= threshold - Math.log(WATCH_RATIO) ? 1 : 0;
  if (level <= (fired[metric] ?? 0)) return null;
  fired[metric] = level;
  const band = bandOf(lane, spec.gap)!;
  const mid = spec.fromScale(band.mid);
  const effect = mid > 0 ? value / mid : 1;
  return {
    type: spec.type,
    metric,
    stratum: metric === "spend_per_min" ? "agent" : "run",
    verdict: level === 2 ? containVerdict(spec.type) : "watch",
    severity: severityOf(nats / threshold, effect),
    at: o.at,
    seq: o.seq,
    value,
    expected: { low: spec.fromScale(band.low), mid, high: spec.fromScale(band.high) },
    evidence: "single",
    statistic: nats,
    threshold,
    effect,
    samples: events,
    runId: o.runId,
    detail: {},
  };
}

function close(state: DetectorState, id: string, run: OpenRun, totals: [string, number][], learn: boolean): void {
  delete state.runs[id];
  state.eventsPerRun += EVENTS_GAIN * (run.events - state.eventsPerRun);
  if (!learn || Object.values(run.fired).some((level) => level > 1)) return;
  for (const [metric, value] of totals) {
    const spec = specOf(metric);
    const lane = laneOf(state, metric);
    absorb(lane, spec.toScale(value), spec.gap);
  }
}

/** The cost of the present minute, judged while it grows; complete minutes in which anything was spent are learned. */
function judgeSpend(state: DetectorState, o: Observation, settings: DetectSettings): Anomaly[] {
  const cost = o.values.cost;
  if (cost === undefined || o.kind === "run_end") return [];
  const minute = Math.floor(o.at / MINUTE_MS);
  const spend = state.spend;
  const lane = laneOf(state, "spend_per_min");
  if (minute !== spend.minute) {
    const spec = specOf("spend_per_min");
    if (spend.events > 0 && o.learn && (spend.fired["spend_per_min"] ?? 0) === 0)
      absorb(lane, spec.toScale(spend.total), spec.gap);
    state.spend = { minute, total: 0, events: 0, fired: {} };
  }
  state.spend.total += cost;
  state.spend.events++;
  const anomaly = judgeSoFar(
    state,
    lane,
    "spend_per_min",
    state.spend.total,
    state.spend.fired,
    1,
    state.spend.events,
    o,
    settings,
  );
  return anomaly === null ? [] : [anomaly];
}

/** Occurrences of one action with one result among the last ten that are watched, and that prove a loop. */
const REPEATS_WATCH = 4;
const REPEATS_PROOF = 6;

function repeat(trail: Trail, fired: Record<string, Level>, o: Observation, anomalies: Anomaly[]): void {
  if (o.actionHash === null) return;
  const times = step(trail, o.actionHash, o.resultHash);
  const level: Level = times >= REPEATS_PROOF ? 2 : times >= REPEATS_WATCH ? 1 : 0;
  if (level <= (fired["repetition"] ?? 0)) return;
  fired["repetition"] = level;
  anomalies.push({
    type: "repetition",
    metric: "repetition",
    stratum: o.runId === null ? "agent" : "run",
    verdict: level === 2 ? "quarantine" : "watch",
    severity: severityOf(times / REPEATS_PROOF, times),
    at: o.at,
    seq: o.seq,
    value: times,
    expected: { low: 1, mid: 1, high: REPEATS_WATCH - 1 },
    evidence: "rule",
    statistic: times,
    threshold: REPEATS_PROOF,
    effect: times,
    samples: times,
    runId: o.runId,
    detail: { action: o.actionHash, result: o.resultHash },
  });
}
