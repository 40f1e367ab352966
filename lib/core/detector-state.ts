import type { Forerunners } from "./dependence";
import { createLane, type Lane, reset } from "./lane";
import { type MetricSpec, RATES, type RateName, SPECS } from "./metrics";
import type { TypePrior } from "./prior";
import { createRate, type RateLane, resetRate } from "./rate";
import { createTrail, type Trail } from "./repetition";
import type { Forecast } from "./seasonal";
import { READABLE_ALONE, reading } from "./sketch";
import { createIdentity, type Identity } from "./strata";
import type { ChangeKind, Verdict } from "./vocabulary";

/** What one agent's detector remembers: plain data, a few kilobytes, stored and loaded as JSON by whoever owns it. */
export interface DetectorState {
  v: 1;
  /** Events judged or learned so far. */
  seen: number;
  identity: Identity;
  /** Baselines by stratum key. */
  strata: Record<string, Stratum>;
  /** The stratum last used for each class of step: a new one starts from it. */
  latest: Record<string, string>;
  /** Names of all lanes ever opened: they share the false-alarm budget by weight. */
  lanes: string[];
  /** Sum of their weights. */
  weight: number;
  /** Weighted evidence of all lanes together; divided by `weight` it is the mean that is compared with the setting. */
  evidence: number;
  /** Gauges ever seen; they share a budget of their own. */
  gauges: number;
  runs: Record<string, OpenRun>;
  /** Baselines of run totals, spend and timing: they belong to the agent, not to a stratum. */
  totals: Record<string, Lane>;
  /** Mean events per run: what one run counts in samples. */
  eventsPerRun: number;
  spend: { minute: number; total: number; events: number; fired: Record<string, Level> };
  /** Repeated actions outside of runs. */
  trail: Trail;
  fired: Record<string, Level>;
  lastAt: number | null;
  silent: boolean;
}

export type Level = 0 | 1 | 2;

/** What the detector notes beside each lane: the level it has spoken at, and its weighted part of the agent's evidence. */
interface Booked {
  fired: Level;
  carried: number;
}
export type StratumLane = Lane & Booked;
export type StratumRate = RateLane & Booked;
const unbooked = (): Booked => ({ fired: 0, carried: 0 });

export interface Stratum {
  /** When it was last used, in events seen; the least recent one makes room for a new one. */
  used: number;
  lanes: Record<string, StratumLane>;
  rates: Partial<Record<RateName, StratumRate>>;
  /** What gauges should be right now. */
  forecasts: Record<string, Forecast>;
}

export interface OpenRun {
  startedAt: number;
  lastAt: number;
  events: number;
  depth: number;
  /** Null while nothing was reported. */
  cost: number | null;
  tokens: number | null;
  calls: number;
  fired: Record<string, Level>;
  trail: Trail;
  /** Scores so far, by class of step and metric. */
  before: Record<string, Record<string, Forerunners>>;
}

/** Strata kept per agent: models × prompts × steps in use at one time, with room to spare. */
const STRATA_MAX = 32;

export const createDetector = (): DetectorState => ({
  v: 1,
  seen: 0,
  identity: createIdentity(),
  strata: {},
  latest: {},
  lanes: [],
  weight: 0,
  evidence: 0,
  gauges: 0,
  runs: {},
  totals: {},
  eventsPerRun: 1,
  spend: { minute: 0, total: 0, events: 0, fired: {} },
  trail: createTrail(),
  fired: {},
  lastAt: null,
  silent: false,
});

/**
 * The stratum for a step, made if new. A new one is heir to the stratum last used for the same class of step: as it
 * stands if the change was not announced (the old normal still judges), only its shape if it was.
 */
export function stratumFor(state: DetectorState, key: string, kind: string, announced: boolean): Stratum {
  const found = state.strata[key];
  if (found !== undefined) return found;
  const parentKey = state.latest[kind];
  const parent = parentKey === undefined ? undefined : state.strata[parentKey];
  const stratum: Stratum = { used: state.seen, lanes: {}, rates: {}, forecasts: {} };
  if (parent !== undefined) {
    const heir = structuredCloneOf(parent);
    stratum.lanes = heir.lanes;
    stratum.rates = heir.rates;
    stratum.forecasts = heir.forecasts;
    for (const lane of [...Object.values(stratum.lanes), ...Object.values(stratum.rates)]) {
      lane.carried = 0;
      lane.r.fill(0);
    }
    if (announced) relearn(stratum);
  }
  state.strata[key] = stratum;
  evict(state);
  return stratum;
}

const structuredCloneOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function evict(state: DetectorState): void {
  const keys = Object.keys(state.strata);
  if (keys.length <= STRATA_MAX) return;
  let oldest = keys[0]!;
  for (const key of keys) if (state.strata[key]!.used < state.strata[oldest]!.used) oldest = key;
  for (const lane of [...Object.values(state.strata[oldest]!.lanes), ...Object.values(state.strata[oldest]!.rates)]) {
    state.evidence -= lane.carried;
  }
  delete state.strata[oldest];
}

/** Keep the shapes, forget the levels: the next values say what is normal now. */
export function relearn(stratum: Stratum): void {
  for (const metric of Object.keys(stratum.lanes)) relearnLane(stratum, metric);
  for (const name of Object.keys(stratum.rates)) relearnLane(stratum, name);
}

export function relearnLane(stratum: Stratum, metric: string): void {
  if (metric.split("#", 1)[0]! in stratum.forecasts) return;
  const lane = stratum.lanes[metric];
  if (lane !== undefined) stratum.lanes[metric] = { ...relearned(lane, specOf(metric)), ...unbooked() };
  if (metric in RATES && stratum.rates[metric as RateName] !== undefined) {
    stratum.rates[metric as RateName] = { ...createRate(), ...unbooked() };
  }
}

export function relearned(lane: Lane, spec: MetricSpec): Lane {
  const known = reading(lane.sketch, spec.gap);
  return createLane(spec.side, known === null ? null : { q: [...known.q], centreWeight: 0 });
}

/** The lane of a metric in a stratum, opened with the peers' prior if there is one. */
export function laneFor(state: DetectorState, stratum: Stratum, kind: string, metric: string, prior: TypePrior | null) {
  const found = stratum.lanes[metric];
  if (found !== undefined) return found;
  const spec = specOf(metric);
  enlist(state, metric, spec.weight);
  const lent = prior?.lanes[`${kind}/${metric}`] ?? null;
  const lane = { ...createLane(spec.side, lent), ...unbooked() };
  stratum.lanes[metric] = lane;
  return lane;
}

export function rateFor(state: DetectorState, stratum: Stratum, kind: string, name: RateName, prior: TypePrior | null) {
  const found = stratum.rates[name];
  if (found !== undefined) return found;
  enlist(state, name, RATES[name].weight);
  const lane = { ...createRate(prior?.rates[`${kind}/${name}`] ?? null), ...unbooked() };
  stratum.rates[name] = lane;
  return lane;
}

export function enlist(state: DetectorState, metric: string, weight: number): void {
  if (state.lanes.includes(metric)) return;
  state.lanes.push(metric);
  state.weight += weight;
}

/** Specification of any lane: a vitals metric, the joint lane, or a gauge of a backtest (`gauge:NAME`). */
export function specOf(metric: string): MetricSpec {
  return ALL_SPECS.get(metric) ?? GAUGE_SPEC;
}

/** The lane in which metrics that move together are judged together. */
export const JOINT = "joint";
const identity = (x: number) => x;
const JOINT_SPEC: MetricSpec = {
  type: "token_spike",
  side: "up",
  toScale: identity,
  fromScale: identity,
  gap: 0.3,
  rounding: 0,
  ofInput: false,
  contains: true,
  weight: 1,
};
const GAUGE_SPEC: MetricSpec = {
  type: "gauge_shift",
  side: "both",
  toScale: identity,
  fromScale: identity,
  gap: 0.3,
  rounding: 0,
  ofInput: false,
  contains: true,
  weight: 1,
};

const ALL_SPECS = new Map<string, MetricSpec>([...Object.entries(SPECS), [JOINT, JOINT_SPEC]]);

/**
 * Announce a change. If its identity is reported with the samples, the next new one starts a stratum without an alarm;
 * if not (a config change, a deploy, an agent that reports no hashes), all levels are learned anew from now on.
 */
export function declareChange(state: DetectorState, change: { at: number; kind: ChangeKind }): void {
  const { kind } = change;
  if (kind === "healing" || kind === "scale") return;
  const reported =
    (kind === "prompt" && state.identity.prompt !== null) ||
    (kind === "model" && state.identity.model !== null) ||
    (kind === "tools" && state.identity.tools !== null);
  if (reported) {
    state.identity.announced.push(kind);
    return;
  }
  for (const stratum of Object.values(state.strata)) relearn(stratum);
  for (const metric of Object.keys(state.totals))
    state.totals[metric] = relearned(state.totals[metric]!, specOf(metric));
}

/** Learn the present level of these metrics as normal, and close their evidence. */
export function acceptAsNormal(state: DetectorState, metrics: { metric: string; stratum: string }[] | "all"): void {
  if (metrics === "all") {
    for (const stratum of Object.values(state.strata)) relearn(stratum);
    for (const metric of Object.keys(state.totals))
      state.totals[metric] = relearned(state.totals[metric]!, specOf(metric));
  } else {
    for (const { metric, stratum } of metrics) {
      const at = state.strata[stratum];
      if (at !== undefined) relearnLane(at, metric);
      const total = state.totals[metric];
      if (total !== undefined) state.totals[metric] = relearned(total, specOf(metric));
    }
  }
  resetEvidence(state);
}

/** After a release or an action: accumulated evidence starts from zero, baselines stay. */
export function resetEvidence(state: DetectorState): void {
  state.evidence = 0;
  for (const stratum of Object.values(state.strata)) {
    for (const lane of Object.values(stratum.lanes)) {
      reset(lane);
      Object.assign(lane, unbooked());
    }
    for (const lane of Object.values(stratum.rates)) {
      resetRate(lane);
      Object.assign(lane, unbooked());
    }
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

/** True until a first stratum has a baseline of its own to judge by. */
export function isLearning(state: DetectorState): boolean {
  return state.seen < READABLE_ALONE;
}

export const rank: Record<Verdict, number> = { watch: 1, suspect: 2, quarantine: 2 };
