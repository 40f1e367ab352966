import type { Anomaly, DetectSettings, Observation } from "./anomaly";
import { applyHeadStart } from "./budget";
import { detectLoop } from "./loop-detection";
import { decide } from "./decide";
import { recordReportedFields } from "./blind-spots";
import { admit, type DetectorState, lanesOf, type Stratum, stratumFor } from "./detector-state";
import { judge } from "./judge";
import { learnFrom } from "./judged";
import { noteGap } from "./liveness";
import { judgePooled, poolFor } from "./pool";
import type { TypePrior } from "./prior";
import { relearn } from "./relearn";
import { enterRun, hasFired, judgeTotals } from "./runs";
import { WATCHED_CHANGE_SEVERITY } from "./severity";
import { READABLE_ALONE } from "./sketch";
import { ANY_STEP, arrivalOf, arrive, type IdentityChange, noteIdentity, stratumClass, stratumKey } from "./strata";

/**
 * Detection, one event at a time. The way of a sample:
 *
 * 1. strata.ts: who speaks (model, prompt, tools) and for which kind of step; an undeclared change is told at once.
 * 2. metrics.ts, sketch.ts: each number goes to the scale on which its noise is even, and is read off the quantiles learned for
 *    this stratum as a normal score, with tails that are exponential and predictive, so that few samples prove little.
 * 3. dependence.ts: what the run's earlier calls, or the sample before, made likely is taken off the score.
 * 4. lane.ts, rate.ts: the score places bets that pay 1 on average while nothing changed; their Shiryaev–Roberts sums, over all
 *    metrics, grow by 1 a sample, whatever the metrics' dependence. budget.ts turns the operator's false-alarm setting into
 *    the level that the sums, or one value alone, must reach; decide.ts names the metrics that carry the evidence.
 *    pool.ts judges besides what a stratum cannot, since its name is up to the host.
 * 5. runs.ts, loop-detection.ts, liveness.ts: totals of a run while it goes on, going in circles, spending, silence and hanging.
 * 6. What was healthy is learned, what was doubtful waits (lane.ts), what was proved sick is not learned at all.
 */
export { type Anomaly, DEFAULT_DETECT_SETTINGS, type DetectSettings, type Observation } from "./anomaly";
export { bands } from "./bands";
export { createDetector, type DetectorState } from "./detector-state";
export { restartGaps, tick } from "./liveness";
export { buildPrior, type PeerSummary, summarise, type TypePrior } from "./prior";
export { acceptAsNormal, declareChange, isLearning, resetEvidence } from "./relearn";

/**
 * Judge one event and learn from it. Changes `state`, which the caller owns; no clock, no randomness: the same events in
 * the same order give the same anomalies.
 */
export function observe(
  state: DetectorState,
  o: Observation,
  settings: DetectSettings,
  prior: TypePrior | null,
): Anomaly[] {
  noteGap(state, "agent_gap", state.lastAt === null ? null : o.at - state.lastAt, o.learn);
  state.lastAt = state.lastAt === null ? o.at : Math.max(state.lastAt, o.at);
  state.heardAt = Math.max(state.heardAt ?? 0, o.heardAt ?? o.at);
  state.silent = false;
  if (o.kind === "heartbeat" || o.kind === "outcome" || o.kind === "queued_task") return [];
  // What a counter grew by is no sample of a call: only the totals that it adds to are judged.
  if (o.kind === "usage") return judgeTotals(state, enterRun(state, o), o, settings);
  state.seen++;
  const changes = noteIdentity(state.identity, o);
  recordReportedFields(state, o);
  const named = o.kind === "tool_call" ? o.tool : o.stepKind;
  const step = admit(state, stratumClass(o.kind, named)) ? named : ANY_STEP;
  const kind = stratumClass(o.kind, step);
  const key = stratumKey(state.identity, o.kind, step);
  const { stratum, isNew } = stratumFor(state, key, kind);
  stratum.used = state.seen;
  state.latest[kind] = key;

  const news = state.seen <= READABLE_ALONE ? [] : changes.filter((change) => !change.announced);
  // What names no stratum makes nobody a newcomer.
  const arrivals = changes.filter(({ kind }) => kind !== "config");
  const unannounced = arrivals.some((change) => !change.announced) && state.seen > READABLE_ALONE;
  if (unannounced || arrivals.some((change) => change.announced)) arrive(state.identity, !unannounced);
  if (isNew) meet(state, stratum, settings);
  const anomalies = news.map((change) => changed(change, key, o, settings));
  const run = enterRun(state, o);
  const learn = o.learn && (run === null || !hasFired(run));
  const circling = detectLoop(state, run, o, settings, prior);
  const judged = judge({ state, stratum, kind, run, prior, learn, settings, again: circling.again }, o);
  const pool = poolFor(state, o.kind, key);
  if (pool !== null) judgePooled({ state, pool, run, learn }, o, judged);
  anomalies.push(...decide(state, key, judged, o, settings));
  if (circling.anomaly !== null) anomalies.push(circling.anomaly);
  anomalies.push(...judgeTotals(state, run, o, settings));
  if (learn) learnFrom(judged);
  return anomalies;
}

/** A class of step meets an identity for the first time: an announced one sets new levels, an undeclared one is watched closely. */
function meet(state: DetectorState, stratum: Stratum, settings: DetectSettings): void {
  const arrival = arrivalOf(state.identity);
  if (arrival === null) return;
  if (arrival.announced) {
    for (const lane of lanesOf(stratum)) state.evidence -= lane.carried;
    relearn(stratum);
  } else applyHeadStart(state, stratum, ++arrival.strata, settings);
}

const CHANGE_TYPES = {
  prompt: "prompt_change",
  model: "model_change",
  tools: "tools_change",
  config: "config_change",
} as const;

/** An undeclared change of identity is watched at once, whatever the numbers say; only a newcomer's first samples are not. */
function changed(change: IdentityChange, stratum: string, o: Observation, settings: DetectSettings): Anomaly {
  return {
    type: CHANGE_TYPES[change.kind],
    metric: change.kind,
    stratum,
    verdict: settings.promptChangeMayQuarantine && change.kind !== "config" ? "quarantine" : "watch",
    severity: WATCHED_CHANGE_SEVERITY,
    at: o.at,
    seq: o.seq,
    value: 1,
    expected: { low: 0, mid: 0, high: 0 },
    evidence: "change",
    statistic: 0,
    threshold: 0,
    effect: 1,
    samples: 1,
    runId: o.runId,
    detail: { from: change.from, to: change.to, ...(change.what === undefined ? {} : { what: change.what }) },
  };
}
