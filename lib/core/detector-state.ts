import type { Forerunners } from "./dependence";
import type { Lane } from "./lane";
import type { RateName } from "./metrics";
import type { RateLane } from "./rate";
import { createTrail, type Telling, type Trail } from "./repetition";
import type { Forecast } from "./seasonal";
import { createIdentity, type Identity } from "./strata";

/** What one agent's detector remembers: plain data, a few kilobytes, stored and loaded as JSON by whoever owns it. */
export interface DetectorState {
  v: 2;
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
  /** Shares of repeats in the run last told of, and those accepted as normal. */
  circled: Partial<Record<Telling, number>>;
  accepted: Partial<Record<Telling, number>>;
  /** Runs that ended, and runs that were dropped open. */
  ended: number;
  dropped: number;
  lastAt: number | null;
  /** When it was last heard, by our own clock. */
  heardAt?: number;
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
export const unbooked = (): Booked => ({ fired: 0, carried: 0 });

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
  /** When it was last heard of, by our own clock. */
  heardAt?: number;
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

/** Key of a run in the state: an agent may call its run "__proto__". */
export const runKey = (id: string) => `run ${id}`;
export const runIdOf = (key: string) => key.slice("run ".length);

/** Strata kept per agent: models × prompts × steps in use at one time, with room to spare. */
const STRATA_MAX = 32;

export const createDetector = (): DetectorState => ({
  v: 2,
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
  circled: {},
  accepted: {},
  ended: 0,
  dropped: 0,
  lastAt: null,
  silent: false,
});

/**
 * The stratum for a step, made if new. A new one is heir to the stratum last used for the same class of step: the old
 * normal still judges, unless the caller knows that the change was announced.
 */
export function stratumFor(state: DetectorState, key: string, kind: string): { stratum: Stratum; isNew: boolean } {
  const found = state.strata[key];
  if (found !== undefined) return { stratum: found, isNew: false };
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
  }
  state.strata[key] = stratum;
  evict(state);
  return { stratum, isNew: true };
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
  for (const kind of Object.keys(state.latest)) if (state.latest[kind] === oldest) delete state.latest[kind];
}
