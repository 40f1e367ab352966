export type Labels = Record<string, string>;

/** `__name__` is a label like the others. */
export const NAME = "__name__";

export interface Matcher {
  label: string;
  op: "=" | "!=" | "=~" | "!~";
  value: string;
  /** Whether a label's value ("" when it is missing) passes. */
  passes: (value: string) => boolean;
}

/** Samples of one series, oldest first. A value of NaN says that the series was not there any more. */
export interface Series {
  labels: Labels;
  /** Index of the oldest sample in the ring, and how many there are. */
  first: number;
  size: number;
  times: Float64Array;
  values: Float64Array;
}

export interface Store {
  /** False when there is no room for a new series. A value that is no number is no measurement and is not kept. */
  append(labels: Labels, at: number, value: number): boolean;
  /** Says that this series has ended at this time, so that nothing is read from it as if it still were. */
  end(labels: Labels, at: number): void;
  select(matchers: Matcher[]): Series[];
  size(): number;
}

/**
 * Series in memory, each a ring of as many samples as are kept; times are epoch ms. Bounded: `maxSeries` series of `points`
 * samples are 16 bytes a sample. Series that have ended longer ago than the ring reaches make room for new ones.
 */
export function createStore({
  maxSeries,
  points,
  keptMs,
}: {
  maxSeries: number;
  points: number;
  keptMs: number;
}): Store {
  const byKey = new Map<string, Series>();
  const byName = new Map<string, Set<Series>>();

  function make(key: string, labels: Labels, at: number): Series | null {
    if (byKey.size >= maxSeries) forget(at - keptMs);
    if (byKey.size >= maxSeries) return null;
    const series = { labels, first: 0, size: 0, times: new Float64Array(points), values: new Float64Array(points) };
    byKey.set(key, series);
    const name = labels[NAME] ?? "";
    const named = byName.get(name) ?? new Set();
    byName.set(name, named.add(series));
    return series;
  }

  function forget(before: number) {
    for (const [key, series] of byKey) {
      if (timeOf(series, series.size - 1) >= before) continue;
      byKey.delete(key);
      byName.get(series.labels[NAME] ?? "")?.delete(series);
    }
  }

  function push(series: Series, at: number, value: number) {
    if (series.size > 0 && timeOf(series, series.size - 1) >= at) return;
    const slot = (series.first + series.size) % points;
    series.times[slot] = at;
    series.values[slot] = value;
    if (series.size < points) series.size += 1;
    else series.first = (series.first + 1) % points;
  }

  return {
    append(labels, at, value) {
      if (Number.isNaN(value)) return true;
      const key = keyOf(labels);
      const series = byKey.get(key) ?? make(key, labels, at);
      if (series) push(series, at, value);
      return series !== null;
    },
    end(labels, at) {
      const series = byKey.get(keyOf(labels));
      if (series) push(series, at, Number.NaN);
    },
    select(matchers) {
      const name = matchers.find((m) => m.label === NAME && m.op === "=");
      const among = name ? (byName.get(name.value) ?? []) : byKey.values();
      return [...among].filter(({ labels }) => matchers.every((m) => m.passes(labels[m.label] ?? "")));
    },
    size: () => byKey.size,
  };
}

/** Equal for equal labels, whatever their order. */
export const keyOf = (labels: Labels): string =>
  JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const slotOf = (series: Series, i: number) => (series.first + i) % series.times.length;
const timeOf = (series: Series, i: number) => series.times[slotOf(series, i)] ?? -Infinity;
const valueOf = (series: Series, i: number) => series.values[slotOf(series, i)] ?? Number.NaN;

/** How many of its samples lie at or before this time. */
function countUntil(series: Series, at: number): number {
  let [low, high] = [0, series.size];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(series, middle) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The newest sample at or before a time, unless it is older than `lookbackMs` or the series had ended. */
export function latest(series: Series, at: number, lookbackMs: number): number | null {
  const i = countUntil(series, at) - 1;
  if (i < 0 || timeOf(series, i) < at - lookbackMs) return null;
  const value = valueOf(series, i);
  return Number.isNaN(value) ? null : value;
}

export interface Sample {
  /** Epoch ms. */
  at: number;
  value: number;
}

/** Samples between two times, both included; ends of the series are left out. */
export function between(series: Series, from: number, to: number): Sample[] {
  const found: Sample[] = [];
  for (let i = countUntil(series, to) - 1; i >= 0 && timeOf(series, i) >= from; i--) {
    const value = valueOf(series, i);
    if (!Number.isNaN(value)) found.push({ at: timeOf(series, i), value });
  }
  return found.toReversed();
}
