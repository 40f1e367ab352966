import type { Anomaly, DetectSettings, Observation } from "./anomaly";
import { singleSampleThreshold, levelOf } from "./budget";
import { type DetectorState, type Level, type OpenRun, runKey } from "./detector-state";
import { isUsualGap, noteGap } from "./liveness";
import { absorb, bandOf, createLane, type Lane, score } from "./lane";
import { specOf, VALUE_MAX } from "./metrics";
import { createTrail } from "./repetition";
import { learnRepeats } from "./loop-detection";
import { containVerdict, severityOf } from "./severity";
import { tailNats } from "../base/stats";

/**
 * What a run has used up so far, judged while it goes on against the totals of runs that ended. A running total can only
 * grow, so "beyond α of the final totals" is reached by at most α of healthy runs, whenever it is looked at.
 */

/** Open runs kept per agent; the least recent is taken for ended to make room. */
const OPEN_MAX = 32;
/** Runs that began since an agent's oldest one was last heard of, after which that one is over, where runs are never said to end. */
const NEWER_MIN = 4;
/** Smoothing of the mean number of events per run. */
const EVENTS_GAIN = 0.05;
const MINUTE_MS = 60_000;

/** The run an event belongs to, opened if new; null for events outside of runs. */
export function enterRun(state: DetectorState, o: Observation): OpenRun | null {
  if (o.runId === null) return null;
  const key = runKey(o.runId);
  const known = state.runs[key];
  if (known !== undefined) {
    noteGap(state, "run_gap", o.at - known.lastAt, o.learn);
    known.lastAt = o.at;
    known.heardAt = o.heardAt ?? o.at;
    return known;
  }
  makeRoom(state, o);
  const parent = o.parentRunId === null ? undefined : state.runs[runKey(o.parentRunId)];
  const run: OpenRun = {
    startedAt: o.at,
    quick: soon(state, o.at),
    lastAt: o.at,
    heardAt: o.heardAt ?? o.at,
    events: 0,
    depth: parent === undefined ? (o.parentRunId === null ? 0 : 1) : parent.depth + 1,
    cost: null,
    tokens: null,
    calls: 0,
    fired: {},
    trail: createTrail(),
    before: {},
  };
  state.runs[key] = run;
  state.runBeganAt = o.at;
  return run;
}

/** Whether a run that begins now follows the last one as quickly as steps, of runs if it has any, usually follow one another. */
function soon(state: DetectorState, at: number): boolean {
  const last = state.runBeganAt;
  if (last === undefined || at < last) return false;
  return isUsualGap(state, "run_gap", at - last) ?? isUsualGap(state, "agent_gap", at - last) ?? false;
}

/** Whether one of its totals, or its going in circles, has proved a run sick: nothing of it is learned any more. */
export function hasFired(run: OpenRun): boolean {
  for (const metric in run.fired) if (run.fired[metric] === 2) return true;
  return false;
}

function makeRoom(state: DetectorState, o: Observation): void {
  const ids = Object.keys(state.runs);
  if (ids.length < NEWER_MIN) return;
  let oldest = ids[0]!;
  for (const id of ids) if (state.runs[id]!.lastAt < state.runs[oldest]!.lastAt) oldest = id;
  if (ids.length < OPEN_MAX && !isOver(state, state.runs[oldest]!, o.at)) return;
  state.dropped++;
  close(state, oldest, state.runs[oldest]!, o.learn);
}

/** Whether a run of an agent that never says that runs end has been quiet for longer than its steps are apart, while newer ones began. */
function isOver(state: DetectorState, run: OpenRun, at: number): boolean {
  if (state.ended > 0) return false;
  let newer = 0;
  for (const key in state.runs) if (state.runs[key]!.startedAt > run.lastAt) newer++;
  return newer >= NEWER_MIN - 1 && isUsualGap(state, "run_gap", at - run.lastAt) === false;
}

/** Run totals and spending per minute after one event. */
export function judgeTotals(
  state: DetectorState,
  run: OpenRun | null,
  o: Observation,
  settings: DetectSettings,
): Anomaly[] {
  const anomalies: Anomaly[] = [];
  if (o.values.cost !== undefined && o.kind !== "run_end") judgeSpend(state, o, o.values.cost, settings, anomalies);
  if (run === null || o.runId === null) return anomalies;
  add(run, o);
  const { eventsPerRun } = state;
  for (const [metric, value] of totalsOf(run)) {
    judgeSoFar(state, metric, value, run.fired, eventsPerRun, run.events, "run", o, settings, anomalies);
  }
  if (o.kind === "run_end") {
    state.ended++;
    close(state, runKey(o.runId), run, o.learn);
  }
  return anomalies;
}

function add(run: OpenRun, o: Observation): void {
  run.events++;
  const isCall = o.kind === "model_call" || o.kind === "tool_call";
  if (!isCall && o.kind !== "usage") return;
  if (isCall) run.calls++;
  const { cost, token_count, input_tokens, output_tokens } = o.values;
  if (cost !== undefined) run.cost = sum(run.cost, cost);
  const parts =
    input_tokens === undefined && output_tokens === undefined ? undefined : (input_tokens ?? 0) + (output_tokens ?? 0);
  const tokens = token_count ?? parts;
  if (tokens !== undefined) run.tokens = sum(run.tokens, tokens);
}

const sum = (total: number | null, x: number) => Math.min((total ?? 0) + x, VALUE_MAX);

function totalsOf(run: OpenRun): [string, number][] {
  const totals: [string, number][] = [];
  if (run.cost !== null) totals.push(["run_cost", run.cost]);
  if (run.tokens !== null) totals.push(["run_tokens", run.tokens]);
  if (run.calls > 0) totals.push(["run_calls", run.calls]);
  if (run.depth > 0) totals.push(["run_depth", run.depth]);
  return totals;
}

const laneOf = (state: DetectorState, metric: string): Lane =>
  (state.totals[metric] ??= createLane(specOf(metric).side));

/** Judge a total that can only grow against the complete totals of its kind; one anomaly a level. */
function judgeSoFar(
  state: DetectorState,
  metric: string,
  value: number,
  fired: Record<string, Level>,
  eventsEach: number,
  events: number,
  stratum: "run" | "agent",
  o: Observation,
  settings: DetectSettings,
  anomalies: Anomaly[],
): void {
  const spec = specOf(metric);
  const lane = laneOf(state, metric);
  const s = score(lane, spec.toScale(value), spec.gap);
  if (s === null || s.up <= 0) return;
  const nats = tailNats(s.up);
  const threshold = singleSampleThreshold(state, spec.weight, settings, eventsEach);
  const level = levelOf(nats, threshold);
  if (level <= (fired[metric] ?? 0)) return;
  fired[metric] = level;
  const band = bandOf(lane, spec.gap)!;
  const mid = spec.fromScale(band.mid);
  const effect = mid > 0 ? value / mid : 1;
  anomalies.push({
    type: spec.type,
    metric,
    stratum,
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
  });
}

/** A run ended: its totals become part of what is normal, unless one of them proved it sick. */
function close(state: DetectorState, key: string, run: OpenRun, learn: boolean): void {
  delete state.runs[key];
  state.eventsPerRun += EVENTS_GAIN * (run.events - state.eventsPerRun);
  if (!learn || hasFired(run)) return;
  for (const [metric, value] of totalsOf(run)) {
    const spec = specOf(metric);
    absorb(laneOf(state, metric), spec.toScale(value), spec.gap);
  }
  learnRepeats(state, run.trail);
}

/** The cost of the present minute, judged while it grows; complete minutes in which anything was spent are learned. */
function judgeSpend(
  state: DetectorState,
  o: Observation,
  cost: number,
  settings: DetectSettings,
  anomalies: Anomaly[],
): void {
  // What comes after a minute has begun counts towards it: instances' clocks differ, and nothing may go uncounted.
  const minute = Math.max(Math.floor(o.at / MINUTE_MS), state.spend.minute);
  if (minute !== state.spend.minute) {
    const { total, events, fired } = state.spend;
    const spec = specOf("spend_per_min");
    if (events > 0 && o.learn && fired["spend_per_min"] !== 2)
      absorb(laneOf(state, "spend_per_min"), spec.toScale(total), spec.gap);
    state.spend = { minute, total: 0, events: 0, fired: {} };
  }
  const { spend } = state;
  spend.total = sum(spend.total, cost);
  spend.events++;
  judgeSoFar(state, "spend_per_min", spend.total, spend.fired, 1, spend.events, "agent", o, settings, anomalies);
}
