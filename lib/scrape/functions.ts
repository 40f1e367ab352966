import type { Labels, Sample } from "./store";

/** What a function takes: samples of a range, values at a moment, or a number. */
interface Spec {
  arity: [least: number, most: number];
}
const RANGE: Spec = { arity: [1, 1] };
const SIMPLE: Spec = { arity: [1, 1] };

export const FUNCTIONS = {
  rate: RANGE,
  increase: RANGE,
  delta: RANGE,
  irate: RANGE,
  changes: RANGE,
  resets: RANGE,
  avg_over_time: RANGE,
  min_over_time: RANGE,
  max_over_time: RANGE,
  sum_over_time: RANGE,
  count_over_time: RANGE,
  last_over_time: RANGE,
  quantile_over_time: { arity: [2, 2] },
  histogram_quantile: { arity: [2, 2] },
  absent: SIMPLE,
  abs: SIMPLE,
  ceil: SIMPLE,
  floor: SIMPLE,
  sqrt: SIMPLE,
  clamp_min: { arity: [2, 2] },
  clamp_max: { arity: [2, 2] },
  scalar: SIMPLE,
  vector: SIMPLE,
  time: { arity: [0, 0] },
} as const satisfies Record<string, Spec>;
export type FunctionName = keyof typeof FUNCTIONS;

/** Functions of one series' samples. Null: not enough of them to say. */
export type OverRange = (samples: Sample[], from: number, to: number) => number | null;

export const OVER_RANGE = {
  rate: (samples, from, to) => divided(extrapolated(samples, from, to, true), (to - from) / 1000),
  increase: (samples, from, to) => extrapolated(samples, from, to, true),
  delta: (samples, from, to) => extrapolated(samples, from, to, false),
  irate: (samples) => {
    const [before, last] = samples.slice(-2);
    if (!before || !last) return null;
    return (last.value < before.value ? last.value : last.value - before.value) / ((last.at - before.at) / 1000);
  },
  changes: (samples) => over(samples, (all) => pairs(all, (a, b) => a !== b)),
  resets: (samples) => over(samples, (all) => pairs(all, (a, b) => b < a)),
  avg_over_time: (samples) => over(samples, (all) => sum(all) / all.length),
  min_over_time: (samples) => over(samples, (all) => Math.min(...all)),
  max_over_time: (samples) => over(samples, (all) => Math.max(...all)),
  sum_over_time: (samples) => over(samples, sum),
  count_over_time: (samples) => over(samples, (all) => all.length),
  last_over_time: (samples) => samples.at(-1)?.value ?? null,
} as const satisfies Partial<Record<FunctionName, OverRange>>;
export type RangeFunction = keyof typeof OVER_RANGE;
export const isOverRange = (name: FunctionName): name is RangeFunction => Object.hasOwn(OVER_RANGE, name);

const over = (samples: Sample[], f: (all: number[]) => number) =>
  samples.length === 0 ? null : f(samples.map((s) => s.value));
const sum = (all: number[]) => all.reduce((a, b) => a + b, 0);
const divided = (value: number | null, by: number) => (value === null ? null : value / by);
const pairs = (all: number[], when: (a: number, b: number) => boolean) =>
  all.filter((value, i) => i > 0 && when(all[i - 1] ?? value, value)).length;

/** A gap at an end of the range up to this many average gaps long is taken as covered by the samples. */
const COVERED_GAPS = 1.1;

/**
 * By how much a counter (or gauge) grew over the whole range, from the samples in it, as Prometheus estimates it: resets of a
 * counter are added, the growth seen is extended to the ends of the range unless the samples end well before them, and a
 * counter is never extended below zero. Null with fewer than two samples. (Prometheus, promql/functions.go, extrapolatedRate.)
 */
function extrapolated(samples: Sample[], from: number, to: number, counter: boolean): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || samples.length < 2) return null;
  const lost = samples.reduce((sum, { value }, i) => {
    const before = samples[i - 1];
    return counter && before && value < before.value ? sum + before.value : sum;
  }, 0);
  const grown = last.value - first.value + lost;
  const seen = last.at - first.at;
  const gap = seen / (samples.length - 1);
  let toStart = first.at - from;
  if (counter && grown > 0 && first.value >= 0) toStart = Math.min(toStart, seen * (first.value / grown));
  const reach = (end: number) => (end < gap * COVERED_GAPS ? end : gap / 2);
  return grown * ((seen + reach(toStart) + reach(to - last.at)) / seen);
}

export const AGGREGATES = {
  sum: { parameter: false },
  avg: { parameter: false },
  min: { parameter: false },
  max: { parameter: false },
  count: { parameter: false },
  group: { parameter: false },
  quantile: { parameter: true },
} as const;
export type Aggregate = keyof typeof AGGREGATES;

/** One value of a group of values; the group is never empty. */
export function aggregate(op: Aggregate, values: number[], parameter: number): number {
  switch (op) {
    case "sum":
      return sum(values);
    case "avg":
      return sum(values) / values.length;
    case "min":
      return Math.min(...values);
    case "max":
      return Math.max(...values);
    case "count":
      return values.length;
    case "group":
      return 1;
    case "quantile":
      return quantile(parameter, values);
  }
}

/** Quantile with interpolation between neighbours; outside 0 to 1 infinite, as in Prometheus. */
export function quantile(q: number, values: number[]): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0 || q > 1) return q < 0 ? -Infinity : Infinity;
  const sorted = values.toSorted((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)] ?? Number.NaN, sorted[Math.ceil(rank)] ?? Number.NaN];
  return low + (high - low) * (rank - Math.floor(rank));
}

/**
 * Quantile of a classic histogram from its cumulative buckets, with linear interpolation inside the bucket it falls in; from the
 * last bucket its lower bound. NaN without a `+Inf` bucket or without observations. (Prometheus, promql/quantile.go.)
 */
export function histogramQuantile(q: number, buckets: { le: number; count: number }[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0 || q > 1) return q < 0 ? -Infinity : Infinity;
  const sorted = monotonic(buckets.toSorted((a, b) => a.le - b.le));
  const total = sorted.at(-1);
  if (sorted.length < 2 || !total || total.le !== Infinity || !(total.count > 0)) return Number.NaN;
  const rank = q * total.count;
  const i = sorted.findIndex(({ count }) => count >= rank);
  const [bucket, below] = [sorted[i], sorted[i - 1]];
  if (!bucket || bucket.le === Infinity) return sorted.at(-2)?.le ?? Number.NaN;
  if (!below && bucket.le <= 0) return bucket.le;
  const [start, counted] = [below?.le ?? 0, below?.count ?? 0];
  return start + (bucket.le - start) * ((rank - counted) / (bucket.count - counted));
}

/** Buckets read at slightly different times can shrink upwards; and two series of one bound are one bucket. */
function monotonic(sorted: { le: number; count: number }[]): { le: number; count: number }[] {
  const merged: { le: number; count: number }[] = [];
  for (const { le, count } of sorted) {
    const last = merged.at(-1);
    if (last && last.le === le) last.count += count;
    else merged.push({ le, count });
  }
  let most = -Infinity;
  return merged.map(({ le, count }) => ({ le, count: (most = Math.max(most, count)) }));
}

/** Upper bound that a bucket's label names. NaN when it is none. */
export const boundOf = ({ le }: Labels): number => (le === "+Inf" ? Infinity : le ? Number(le) : Number.NaN);
