import type { Observation } from "./anomaly";
import {
  type DetectorState,
  type OpenRun,
  type Pool,
  type Stratum,
  type StratumLane,
  structuredCloneOf,
  newTally,
} from "./detector-state";
import { carry, priorScores, type Judged } from "./judged";
import { absorb, bet, createLane, score, type Score } from "./lane";
import { registerMetric } from "./lanes";
import { RATES, type RateName } from "./metrics";
import { absorbRate, betRate, createRate, nearlyAlways } from "./rate";
import { tailNats } from "../base/stats";
import { ANY_STEP } from "./strata";
import type { EventKind } from "../base/vocabulary";

/**
 * What is normal for an agent whatever its steps, models and prompts are called. Strata know more, so they judge wherever
 * they can; but a new one knows nothing, and what makes it new is said by the host. So failures and retries are judged here
 * besides the strata, always, and a value is judged here while its own stratum cannot: a step that nothing is known of may
 * use several times what any other does, but not a hundred times.
 *
 * An agent with one class of step has no pool: its only stratum is all of it. The pool begins as a copy of that stratum when
 * a second one shows up, or when its levels are about to be learned anew.
 */

/** How far above everything known a step may be that nothing is known of. */
const ALLOWANCE = 8;
/** Share of a metric's part in the false-alarm budget that its lane in the pool has besides. */
const SHARE = 0.25;
/** Scores below this prove nothing alone, as in judged.ts. */
const SINGLE_FROM = 2.6;
/** Beyond ENOUGH values the pool learns from one event in SPARSE: it moves slowly, and need not cost what a stratum does. */
const ENOUGH = 200;
const SPARSE = 4;
/** Evidence below this is none: a value that its own stratum judged need not take it back. */
const OPEN = 1;

const POOLED_RATES: readonly RateName[] = ["error", "retried"];
/** Metrics whose size says something across kinds of steps. Tools are as different as can be in their time and in what they return. */
const POOLED: Record<"calls" | "tools", ReadonlySet<string>> = {
  calls: new Set(["latency_ms", "token_count", "input_tokens", "output_tokens", "cost", "tool_calls", "retries"]),
  tools: new Set(["token_count", "input_tokens", "output_tokens", "cost", "retries"]),
};
const isPooled = (kind: string, metric: string) => POOLED[kind === "tool_call" ? "tools" : "calls"].has(metric);

/** The agent's pool, made once it has more than one stratum; null before. `key`: of the stratum at hand, which may be new. */
export function poolFor(state: DetectorState, kind: EventKind, key: string): Pool | null {
  if (state.pool === undefined && Object.keys(state.strata).length < 2) return null;
  state.pool ??= { rates: copyRates(newest(state, "", key)), lanes: {} };
  state.pool.lanes[kind] ??= copyLanes(newestOf(state, kind, key), kind);
  return state.pool;
}

/** Keeps what is normal now, before the strata forget it. */
export function keepInPool(state: DetectorState): void {
  for (const key of Object.keys(state.strata)) {
    const kind = key.slice(0, key.indexOf("|"));
    state.pool ??= { rates: copyRates(newest(state, "", "")), lanes: {} };
    state.pool.lanes[kind] ??= copyLanes(newestOf(state, kind, ""), kind);
  }
}

/** What a tool uses is known from the model's calls until tools are known: it is no more. A whole run uses more than a call. */
const newestOf = (state: DetectorState, kind: string, but: string): Stratum | null =>
  newest(state, `${kind}|`, but) ?? (kind === "tool_call" ? newest(state, "model_call|", but) : null);

/** The stratum used last, other than the one at hand, among those whose key begins so. */
function newest(state: DetectorState, prefix: string, but: string): Stratum | null {
  let found: Stratum | null = null;
  for (const [key, stratum] of Object.entries(state.strata))
    if (key !== but && key.startsWith(prefix) && stratum.used >= (found?.used ?? 0)) found = stratum;
  return found;
}

function copyOf<L extends { r: number[] }>(lane: L): L {
  const copy = { ...structuredCloneOf(lane), ...newTally() };
  copy.r.fill(0);
  return copy;
}

const copyRates = (stratum: Stratum | null): Pool["rates"] =>
  Object.fromEntries(
    POOLED_RATES.flatMap((name) => {
      const lane = stratum?.rates[name];
      return lane === undefined ? [] : [[name, copyOf(lane)]];
    }),
  );

const copyLanes = (stratum: Stratum | null, kind: string): Record<string, StratumLane> =>
  Object.fromEntries(
    Object.entries(stratum?.lanes ?? {}).flatMap(([metric, lane]) =>
      isPooled(kind, metric) ? [[metric, copyOf(lane)]] : [],
    ),
  );

/** Every lane of the pool, with its evidence. */
export const poolLanes = ({ pool }: DetectorState) =>
  pool === undefined
    ? { values: [], rates: [] }
    : { values: Object.values(pool.lanes).flatMap((lanes) => Object.values(lanes)), rates: Object.values(pool.rates) };

const scoreOf = ({ z, against }: Judged & { kind: "value" }): Score | null =>
  z === null ? null : { z, up: against, down: z };

/** Judges over all steps what the event's own stratum has judged, and learns from it. What speaks is added to `judged`. */
export function judgePooled(at: PoolPlace, o: Observation, judged: Judged[]): void {
  for (let i = 0, own = judged.length; i < own; i++) {
    const one = judged[i]!;
    if (one.kind === "value") {
      if (isPooled(o.kind, one.metric)) judgeValue(at, at.pool.lanes[o.kind]!, one, judged);
    } else if (POOLED_RATES.includes(one.metric)) judgeRate(at, one.metric, one.value === 1, judged);
  }
}

/** Where an event is judged over all steps. */
interface PoolPlace {
  state: DetectorState;
  pool: Pool;
  run: OpenRun | null;
  learn: boolean;
}

/** Samples of a run are alike here too, whatever their steps. */
const before = ({ run }: PoolPlace, metric: string) => priorScores({ run, kind: ANY_STEP }, metric);

/** Steps differ in how often they fail, so that another mix of them is another rate: only what nearly always fails counts here. */
function judgeRate(at: PoolPlace, metric: RateName, yes: boolean, judged: Judged[]): void {
  const { state, pool, learn } = at;
  const lane = (pool.rates[metric] ??= { ...createRate(), ...newTally() });
  const weight = SHARE * RATES[metric].weight;
  registerMetric(state, `${metric} of all steps`, weight);
  carry(state, lane, betRate(lane, yes, before(at, metric), learn) === null ? 0 : weight * nearlyAlways(lane));
  if (learn && lane.fired !== 2) absorbRate(lane, yes);
  judged.push({ kind: "rate", metric, value: yes ? 1 : 0, nats: 0, lane, pooled: true });
}

/**
 * A value of a step that is new is judged less what a new one is allowed. While that leaves evidence here, values of known
 * steps add to it or take it back by what their own strata make of them.
 */
function judgeValue(
  at: PoolPlace,
  lanes: Record<string, StratumLane>,
  own: Judged & { kind: "value" },
  judged: Judged[],
): void {
  const { state, learn } = at;
  const { metric, value, scaled } = own;
  const spec = { ...own.spec, weight: SHARE * own.spec.weight };
  const lane = (lanes[metric] ??= { ...createLane("up"), ...newTally() });
  const isNew = own.z === null;
  const s = isNew ? score(lane, spec.toScale(value / ALLOWANCE), spec.gap) : lane.carried > OPEN ? scoreOf(own) : null;
  if (s !== null) {
    registerMetric(state, `${metric} of all steps`, spec.weight);
    carry(state, lane, spec.weight * bet(lane, s, "up", before(at, metric), learn && !isNew));
    const nats = isNew && s.up > SINGLE_FROM ? tailNats(s.up) : 0;
    judged.push({ ...own, spec, lane, z: s.z, against: s.up, nats, pooled: true });
  }
  const learns = learn && lane.fired !== 2 && (lane.sketch.n < ENOUGH || state.seen % SPARSE === 0);
  if (learns) absorb(lane, scaled, spec.gap);
}
