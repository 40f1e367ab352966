import { judgeCircling } from "./circling";
import { type DetectorState, JOINT, specOf, stratumFor } from "./detector-state";
import { decide, judge, learnFrom } from "./judge";
import { bandOf } from "./lane";
import { noteGap } from "./liveness";
import type { TypePrior } from "./prior";
import { rateOf } from "./rate";
import { enterRun, isSick, judgeTotals } from "./runs";
import { WATCHED_CHANGE_SEVERITY } from "./severity";
import { type IdentityChange, noteIdentity, stratumClass, stratumKey } from "./strata";
import type { AnomalyType, EventKind, Metric, Verdict } from "./vocabulary";

export {
  acceptAsNormal,
  createDetector,
  declareChange,
  type DetectorState,
  isLearning,
  resetEvidence,
} from "./detector-state";
export { tick } from "./liveness";
export { buildPrior, type PeerSummary, summarise, type TypePrior } from "./prior";

/** One event as the detector sees it. Missing values are unknown, never 0; all numbers are finite. */
export interface Observation {
  /** Arrival order. */
  seq: number;
  /** Epoch milliseconds. */
  at: number;
  kind: EventKind;
  model: string | null;
  responseModel: string | null;
  promptVersion: string | null;
  promptHash: string | null;
  toolsHash: string | null;
  stepKind: string | null;
  tool: string | null;
  runId: string | null;
  parentRunId: string | null;
  actionHash: string | null;
  resultHash: string | null;
  sideEffect?: string | null;
  success: boolean | null;
  values: Partial<Record<Metric, number>>;
  /** Numbers of unknown meaning (a backtest's generic columns): two-sided. */
  gauges?: Record<string, number>;
  /** False: judge, but never learn (an open incident, a quarantined agent). */
  learn: boolean;
}

export interface Anomaly {
  type: AnomalyType;
  metric: string;
  stratum: string;
  verdict: Verdict;
  /** 0 to 10, one decimal; see severity.ts. */
  severity: number;
  at: number;
  seq: number;
  value: number;
  /** Band of normal in the metric's own unit. */
  expected: { low: number; mid: number; high: number };
  evidence: "single" | "accumulated" | "change" | "rule";
  /** Evidence and what a quarantine needs, both in nats (natural logarithm of the e-value, or −ln p of a single value). */
  statistic: number;
  threshold: number;
  /** Ratio to the centre of normal; for gauges the difference in normal scores. */
  effect: number;
  /** Samples that carry the evidence: the change began about so many samples ago. */
  samples: number;
  runId: string | null;
  detail: Record<string, string | number | boolean | null>;
}

export interface DetectSettings {
  /** Expected number of samples between false quarantines of one agent, over all its metrics together. */
  arl: number;
  /** Whether an undeclared prompt, model or tools change may quarantine by itself. */
  promptChangeMayQuarantine: boolean;
}

export const DEFAULT_DETECT_SETTINGS: DetectSettings = { arl: 1_000_000, promptChangeMayQuarantine: false };

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
  state.silent = false;
  if (o.kind === "heartbeat" || o.kind === "outcome") return [];
  state.seen++;
  const changes = noteIdentity(state.identity, o);
  const step = o.kind === "tool_call" ? o.tool : o.stepKind;
  const kind = stratumClass(o.kind, step);
  const key = stratumKey(state.identity, o.kind, step);
  const announced = changes.some((change) => change.announced);
  const stratum = stratumFor(state, key, kind, announced);
  stratum.used = state.seen;
  state.latest[kind] = key;

  const anomalies = changes.filter((change) => !change.announced).map((change) => changed(change, key, o, settings));
  const run = enterRun(state, o);
  const learn = o.learn && (run === null || !isSick(run));
  const circling = judgeCircling(state, run, o, settings);
  const judged = judge({ state, stratum, kind, run, prior, learn, again: circling.again }, o);
  anomalies.push(...decide(state, key, judged, o, settings));
  if (circling.anomaly !== null) anomalies.push(circling.anomaly);
  anomalies.push(...judgeTotals(state, run, o, settings));
  if (learn) learnFrom(judged);
  return anomalies;
}

const CHANGE_TYPES = { prompt: "prompt_change", model: "model_change", tools: "tools_change" } as const;

/** An undeclared change of identity is watched at once, whatever the numbers say. */
function changed(change: IdentityChange, stratum: string, o: Observation, settings: DetectSettings): Anomaly {
  return {
    type: CHANGE_TYPES[change.kind],
    metric: change.kind,
    stratum,
    verdict: settings.promptChangeMayQuarantine ? "quarantine" : "watch",
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
    detail: { from: change.from, to: change.to },
  };
}

/** The bands of normal of all strata, in the metrics' own units; rates as 0 to 1. */
export function bands(state: DetectorState) {
  const { dynamicPrompt } = state.identity;
  return Object.entries(state.strata).flatMap(([stratum, { lanes, rates }]) => [
    ...Object.entries(lanes).flatMap(([metric, lane]) => {
      const spec = specOf(metric);
      const band = metric === JOINT ? null : bandOf(lane, spec.gap);
      if (band === null) return [];
      const { low, mid, high } = band;
      return [
        {
          metric,
          stratum,
          low: spec.fromScale(low),
          mid: spec.fromScale(mid),
          high: spec.fromScale(high),
          n: band.n,
          dynamicPrompt,
        },
      ];
    }),
    ...Object.entries(rates).map(([metric, lane]) => {
      const mid = rateOf(lane);
      return {
        metric,
        stratum,
        low: 0,
        mid,
        high: Math.min(1, mid + BAND_SD * Math.sqrt((mid * (1 - mid)) / BAND_WINDOW)),
        n: lane.n,
        dynamicPrompt,
      };
    }),
  ]);
}

/** A rate's band is drawn for the mean of this many samples, at this many standard errors. */
const BAND_WINDOW = 20;
const BAND_SD = 2.6;
