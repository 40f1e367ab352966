import type { Series } from "./bundle";
import { natureOf } from "./metric-kinds";
import { clamp, middle } from "./stats";

/** How one series moved within itself, where no normal time is known to compare it with. */
export interface Move {
  series: Series;
  /** `rose` and `fell` to another level; `stopped` at zero; `full`: near all of its capacity the whole time. */
  kind: "rose" | "fell" | "stopped" | "full";
  /** When it left its first level, and when it was back there; epoch seconds. */
  at: number;
  back: number | null;
  before: number;
  /** The level it moved to; at a passing move the furthest value. */
  after: number;
  now: number;
  /** 0 to 1. */
  strength: number;
}

/** Fewer points have no course. */
const POINTS_MIN = 5;
/** Points at the end that say how it is now. */
const NOW_POINTS = 3;
/** A level has moved when the step is so many times the noise around the levels … */
const STEP_NOISE = 4;
/** … and by this factor: smaller steps of a short series are weather. */
const STEP_RATIO = 1.5;
/** A share of its capacity that is trouble by itself. */
const FULL_PERCENT = 90;
/** A move that ends back at this share of the way has passed. */
const BACK_SHARE = 0.25;

/**
 * The one step or passing excursion that best describes a series, null when a constant does as well. Two levels are fitted by least
 * absolute deviations over all splits (a median on each side: Bai 1995), so that single outliers make no level; a passing
 * excursion is what leaves the level that its first and its last points share. Noise is the typical difference of
 * neighbours, which a step hardly moves (von Neumann 1941). A ramp counts as a step in its middle, dated at its start.
 */
export function moveOf(series: Series): Move | null {
  const { points } = series;
  if (points.length < POINTS_MIN) return null;
  const values = points.map(([, value]) => value);
  const noise = noiseOf(values);
  const now = middle(values.slice(-NOW_POINTS));
  const split = bestSplit(values);
  const first = middle(values.slice(0, split));
  const rest = middle(values.slice(split));
  const base = passed(values, noise);
  if (base !== null) return excursion(series, base, noise, now);
  if (!differ(first, rest, noise)) return fullness(series, values, now);
  const leaves = values.findIndex((value, i) => i > 0 && beyond(value, first, rest, noise));
  const at = leaves < 0 ? split : Math.min(leaves, split);
  const kind = rest === 0 ? "stopped" : rest > first ? "rose" : "fell";
  return {
    series,
    kind,
    at: points[at]![0],
    back: null,
    before: first,
    after: rest > first ? Math.max(...values.slice(at)) : Math.min(...values.slice(at)),
    now,
    strength: strengthOf(first, rest, noise),
  };
}

/** The level that first and last points share while something in between left it far behind; null if they do not. */
function passed(
  values: readonly number[],
  noise: number,
): { level: number; from: number; to: number; peak: number } | null {
  const edge = Math.max(2, Math.floor(values.length / 5));
  const head = middle(values.slice(0, edge));
  const tail = middle(values.slice(-Math.max(NOW_POINTS, edge)));
  const level = middle(values);
  const far = values
    .map((value, i) => ({ i, value, away: Math.abs(value - tail) }))
    .toSorted((a, b) => b.away - a.away)[0]!;
  if (!differ(tail, far.value, noise) || Math.abs(head - tail) > BACK_SHARE * Math.abs(far.value - tail)) {
    // It may have come back to a better place than it began: more room than before. Then only the end says that it passed.
    return null;
  }
  const out = values.map((value) => Math.abs(value - tail) > BACK_SHARE * far.away && Math.abs(value - level) > noise);
  const from = out.indexOf(true);
  const to = out.lastIndexOf(true);
  // One point out of line, and not at zero, is an outlier.
  if (from < 0 || to >= values.length - 2 || (to === from && far.value !== 0)) return null;
  return { level: tail, from, to, peak: far.value };
}

function excursion(
  series: Series,
  { level, from, to, peak }: NonNullable<ReturnType<typeof passed>>,
  noise: number,
  now: number,
): Move {
  const { points } = series;
  return {
    series,
    kind: peak === 0 ? "stopped" : peak > level ? "rose" : "fell",
    at: points[from]![0],
    back: points[to + 1]![0],
    before: level,
    after: peak,
    now,
    strength: strengthOf(level, peak, noise),
  };
}

/** A share in percent that stands near its whole is full, even if it did not move. */
function fullness(series: Series, values: readonly number[], now: number): Move | null {
  const { kind, bad } = natureOf(series.metric, series.unit);
  const percent = /%|percent/i.test(`${series.metric} ${series.unit ?? ""}`);
  if (!percent || kind !== "resource" || bad !== "up" || now < FULL_PERCENT || now > 100) return null;
  return {
    series,
    kind: "full",
    at: series.points[0]![0],
    back: null,
    before: values[0]!,
    after: Math.max(...values),
    now,
    strength: 0.6,
  };
}

const noiseOf = (values: readonly number[]): number =>
  middle(values.slice(1).map((value, i) => Math.abs(value - values[i]!)));

function bestSplit(values: readonly number[]): number {
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let split = 1; split < values.length; split++) {
    const cost = deviation(values.slice(0, split)) + deviation(values.slice(split));
    if (cost < least) [least, best] = [cost, split];
  }
  return best;
}

function deviation(values: readonly number[]): number {
  const level = middle(values);
  return values.reduce((sum, value) => sum + Math.abs(value - level), 0);
}

function differ(from: number, to: number, noise: number): boolean {
  const [low, high] = [Math.min(Math.abs(from), Math.abs(to)), Math.max(Math.abs(from), Math.abs(to))];
  if (high === 0 || (low > 0 && high / low < STEP_RATIO && from * to > 0)) return false;
  // A ramp moves a little with each point; its whole way is still many of those steps.
  return (
    Math.abs(to - from) >= STEP_NOISE * Math.min(noise, Math.abs(to - from) / (STEP_NOISE + 1)) &&
    Math.abs(to - from) > noise
  );
}

const beyond = (value: number, from: number, to: number, noise: number): boolean =>
  Math.abs(value - from) > Math.max(noise, 0.1 * Math.abs(to - from)) && value > from === to > from;

/** Log ratio on a scale where 1.5 times is weak and ten times is plain, less where noise is large. */
function strengthOf(from: number, to: number, noise: number): number {
  const low = Math.max(
    Math.min(Math.abs(from), Math.abs(to)),
    1e-9 * Math.max(Math.abs(from), Math.abs(to)),
    Number.MIN_VALUE,
  );
  const ratio = Math.log(Math.max(Math.abs(from), Math.abs(to)) / low) / Math.log(10);
  const clear = Math.abs(to - from) / (Math.abs(to - from) + 2 * noise);
  return clamp(0.3 + 0.6 * Math.min(ratio, 1), 0, 0.95) * clear;
}
