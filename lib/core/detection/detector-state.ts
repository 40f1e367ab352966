import type { PriorScores } from "./dependence";
import type { Lane } from "./lane";
import type { RateName } from "./metrics";
import type { RateLane } from "./rate";
import { createTrail, type RepeatKind, type Trail } from "./repetition";
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
  /** What is normal over all steps of an agent, however they are named; from its second class of step on (see pool.ts). */
  pool?: Pool;
  /** When the last classes of steps were first seen, in events: those that come too fast are judged together. */
  newClasses?: number[];
  /** When a class was last refused a stratum of its own, in events. */
  refusedAt?: number;
  /** Metrics: in how many events they were reported, and in which last. */
  told?: Record<string, [count: number, last: number]>;
  /** Events of work in a row without any number. */
  blank?: number;
  /** Names of all lanes ever opened: they share the false-alarm budget by weight. */
  lanes: string[];
  /** Sum of their weights. */
  weight: number;
  /** Weighted evidence of all lanes together; divided by `weight` it is the mean that is compared with the setting. */
  evidence: number;
  /** Gauges ever seen; they share a budget of their own. */
  gauges: number;
  runs: Record<string, OpenRun>;
  /** When the newest run began. */
  runBeganAt?: number;
  /** Baselines of run totals, spend and timing: they belong to the agent, not to a stratum. */
  totals: Record<string, Lane>;
  /** Mean events per run: what one run counts in samples. */
  eventsPerRun: number;
  spend: { minute: number; total: number; events: number; fired: Record<string, Level> };
  /** Actions repeated outside of runs, and from one run to the next. */
  trail: Trail;
  /** Steps that no step of their own run came before, and those of them that repeat one of an earlier run. */
  across?: { steps: number; repeats: number };
  fired: Record<string, Level>;
  /** Shares of repeats in the run last told of, and those accepted as normal. */
  circled: Partial<Record<RepeatKind, number>>;
  accepted: Partial<Record<RepeatKind, number>>;
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
interface Tally {
  fired: Level;
  carried: number;
}
export type StratumLane = Lane & Tally;
export type StratumRate = RateLane & Tally;
export const newTally = (): Tally => ({ fired: 0, carried: 0 });

export interface Stratum {
  /** When it was last used, in events seen; the least recent one makes room for a new one. */
  used: number;
  lanes: Record<string, StratumLane>;
  rates: Partial<Record<RateName, StratumRate>>;
  /** What gauges should be right now. */
  forecasts: Record<string, Forecast>;
}

export interface Pool {
  rates: Partial<Record<RateName, StratumRate>>;
  /** By kind of event and metric. */
  lanes: Record<string, Record<string, StratumLane>>;
}

export interface OpenRun {
  startedAt: number;
  /** It began as soon after the run before it as this agent's next step usually comes (see liveness.ts). */
  quick?: boolean;
  lastAt: number;
  /** When it was last heard of, by our own clock. */
  heardAt?: number;
  /** How long it had hung when that was last told, in ms. */
  hungMs?: number;
  events: number;
  depth: number;
  /** Null while nothing was reported. */
  cost: number | null;
  tokens: number | null;
  calls: number;
  fired: Record<string, Level>;
  trail: Trail;
  /** Scores so far, by class of step and metric. */
  before: Record<string, Record<string, PriorScores>>;
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
 * normal still judges, and what was proved so far goes on with it, unless the caller knows that the change was announced.
 */
export function stratumFor(state: DetectorState, key: string, kind: string): { stratum: Stratum; isNew: boolean } {
  const found = state.strata[key];
  if (found !== undefined) return { stratum: found, isNew: false };
  const parentKey = state.latest[kind];
  const parent = parentKey === undefined ? undefined : state.strata[parentKey];
  const stratum: Stratum = { used: state.seen, lanes: {}, rates: {}, forecasts: {} };
  if (parent !== undefined) {
    Object.assign(stratum, structuredCloneOf(parent), { used: state.seen });
    // The evidence moves: it is one agent's, and counts once.
    for (const lane of lanesOf(parent)) {
      lane.carried = 0;
      lane.r.fill(0);
    }
  }
  state.strata[key] = stratum;
  evict(state);
  return { stratum, isNew: true };
}

export const lanesOf = ({ lanes, rates }: Pick<Stratum, "lanes" | "rates">): (StratumLane | StratumRate)[] => [
  ...Object.values(lanes),
  ...Object.values(rates),
];

export const structuredCloneOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** Classes of steps that may come within CLASS_WINDOW events of an agent that is known; the others share one. */
const CLASSES_MAX = 3;
const CLASS_WINDOW = 20;
/** Until it has so many events an agent may show all the kinds of steps that it has. */
const CLASSES_FREE = 50;

/**
 * Whether a class of step gets strata of its own. A limit on cardinality: new classes may come slowly, and as long as there is
 * room; otherwise each call could name a new one, which nothing is known of, and push out those that something is known of.
 */
export function admit(state: DetectorState, kind: string): boolean {
  if (state.latest[kind] !== undefined) return true;
  const recent = (state.newClasses ?? []).filter((at) => state.seen - at < CLASS_WINDOW);
  const full = Object.keys(state.latest).length >= STRATA_MAX;
  if (full || (state.seen > CLASSES_FREE && recent.length >= CLASSES_MAX)) {
    state.refusedAt = state.seen;
    return false;
  }
  state.newClasses = [...recent, state.seen];
  return true;
}

/** Values that make a stratum worth keeping over one that was used more recently. */
const MATURE = 20;

function evict(state: DetectorState): void {
  const keys = Object.keys(state.strata);
  if (keys.length <= STRATA_MAX) return;
  const young = keys.filter((key) => lanesOf(state.strata[key]!).every((lane) => sizeOf(lane) < MATURE));
  const among = young.length > 0 ? young : keys;
  let oldest = among[0]!;
  for (const key of among) if (state.strata[key]!.used < state.strata[oldest]!.used) oldest = key;
  for (const lane of lanesOf(state.strata[oldest]!)) state.evidence -= lane.carried;
  delete state.strata[oldest];
  for (const kind of Object.keys(state.latest)) if (state.latest[kind] === oldest) delete state.latest[kind];
}

const sizeOf = (lane: StratumLane | StratumRate): number => ("sketch" in lane ? lane.sketch.n : lane.n);
