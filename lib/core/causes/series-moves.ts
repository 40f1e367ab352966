import type { Series } from "../evidence/bundle";
import { natureOf } from "./metric-kinds";
import { clamp, middle } from "../base/stats";

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

/** More points are thinned to so many: fits compare all splits and all pairs. */
const POINTS_MAX = 60;
/** Fewer points have no course. */
const POINTS_MIN = 5;
/** Points at the end that say how it is now. */
const NOW_POINTS = 3;
/** A level has moved when the step is so many standard deviations of what is left around the two levels … */
const STEP_SD = 4;
/** … or when the course is this monotonic (Kendall's τ): a ramp leaves much around any two levels … */
const RAMP_TAU = 0.8;
/** … and in either case by this factor: smaller steps of a short series are weather. */
const STEP_RATIO = 1.5;
/** An excursion that is over held on for this share of its time: what goes to and fro is no excursion. */
const HELD_SHARE = 0.6;
/** A share of its capacity that is trouble by itself. */
const FULL_PERCENT = 90;
/** A move that ends back at this share of the way has passed. */
const BACK_SHARE = 0.25;

type Points = Series["points"];

/**
 * The one step, ramp or passing excursion that best describes a series, null when a constant does as well. Two levels are fitted by
 * least absolute deviations over all splits (a median on each side: Bai 1995), so that single outliers make no level; a
 * passing excursion is what leaves the level that its first and its last points share. A ramp is dated at its start. A move that stays
 * within what the watch holds to be usual is none: three times next to nothing is next to nothing.
 */
export function moveOf(series: Series): Move | null {
  const move = farthestMove(series);
  const [low, high] = series.usual ?? [Infinity, -Infinity];
  return move !== null && move.kind !== "full" && move.after >= low && move.after <= high ? null : move;
}

function farthestMove(series: Series): Move | null {
  const points = thinned(series.points);
  if (points.length < POINTS_MIN) return null;
  const values = points.map(([, value]) => value);
  const now = middle(values.slice(-NOW_POINTS));
  if (!apart(Math.min(...values), Math.max(...values))) return fullness(series, values, now);
  const base = passed(values);
  if (base !== null) return excursion(series, points, base, now);
  const split = bestSplit(values);
  const [first, rest] = [values.slice(0, split), values.slice(split)];
  const [before, level] = [middle(first), middle(rest)];
  const spread = spreadOf(first, rest);
  const moved =
    apart(before, level) && (Math.abs(level - before) >= STEP_SD * spread || Math.abs(tauOf(values)) >= RAMP_TAU);
  const counts = natureOf(series.metric, series.unit).kind !== "availability";
  if (!moved || (counts && isChance(first, rest))) return fullness(series, values, now);
  // A ramp's spread is its own way, so that its start is told by the way alone.
  const still = Math.abs(level - before) >= STEP_SD * spread ? spread : 0;
  const leaves = values.findIndex(
    (value, i) => i > 0 && beyond(value, still === 0 ? values[0]! : before, level, still),
  );
  const at = leaves < 0 ? split : Math.min(leaves, split);
  return {
    series,
    kind: level === 0 ? "stopped" : level > before ? "rose" : "fell",
    at: points[at]![0],
    back: null,
    before,
    after: level > before ? Math.max(...values.slice(at)) : Math.min(...values.slice(at)),
    now,
    strength: strengthOf(before, level),
  };
}

/** Evidence that zeros must carry to be an end, in nats: one in 20,000, for the many series and splits that are looked at. */
const ZEROS_NATS = 10;

interface Excursion {
  level: number;
  from: number;
  to: number;
  peak: number;
}

/** The level that first and last points share while what lies between left it far behind; null if they do not. */
function passed(values: readonly number[]): Excursion | null {
  const edge = Math.max(2, Math.floor(values.length / 5));
  const head = middle(values.slice(0, edge));
  const level = middle(values.slice(-Math.max(NOW_POINTS, edge)));
  const peak = values.reduce((far, value) => (Math.abs(value - level) > Math.abs(far - level) ? value : far), level);
  const way = Math.abs(peak - level);
  if (!apart(level, peak) || Math.abs(head - level) > BACK_SHARE * way) return null;
  const out = values.map((value) => Math.abs(value - level) > BACK_SHARE * way);
  const from = out.indexOf(true);
  const to = out.lastIndexOf(true);
  const held = out.slice(from, to + 1).filter(Boolean).length / (to + 1 - from);
  // One point out of line, and not at zero, is an outlier.
  if (from < 1 || to >= values.length - 2 || (to === from && peak !== 0) || held < HELD_SHARE) return null;
  const within = values.slice(from, to + 1);
  const rest = [...values.slice(0, from), ...values.slice(to + 1)];
  return Math.abs(middle(within) - level) >= STEP_SD * spreadOf(rest, []) ? { level, from, to, peak } : null;
}

function excursion(series: Series, points: Points, { level, from, to, peak }: Excursion, now: number): Move {
  return {
    series,
    kind: peak === 0 ? "stopped" : peak > level ? "rose" : "fell",
    at: points[from]![0],
    back: points[to + 1]![0],
    before: level,
    after: peak,
    now,
    strength: strengthOf(level, peak),
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

/**
 * Standard deviation around each part's median: the larger of what the median and what the mean of the absolute deviations say
 * (both exact for a normal distribution). The median alone is 0 for a series that mostly stands still.
 */
function spreadOf(first: readonly number[], rest: readonly number[]): number {
  const left = [first, rest].flatMap((part) => {
    const level = middle(part);
    return part.map((value) => Math.abs(value - level));
  });
  return Math.max(1.4826 * middle(left), 1.2533 * (left.reduce((sum, x) => sum + x, 0) / left.length));
}

/** Small counts that end in zeros do so by chance: of a Poisson count of mean λ, n zeros in a row come up with e^−λn. */
function isChance(first: readonly number[], rest: readonly number[]): boolean {
  if (middle(rest) !== 0 || ![...first, ...rest].every(Number.isInteger)) return false;
  const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
  return mean * rest.length < ZEROS_NATS;
}

/** Kendall's τ-a against time: 1 rises throughout, −1 falls throughout. */
function tauOf(values: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) for (let j = 0; j < i; j++) sum += Math.sign(values[i]! - values[j]!);
  return sum / ((values.length * (values.length - 1)) / 2);
}

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

function apart(from: number, to: number): boolean {
  const [low, high] = [Math.min(Math.abs(from), Math.abs(to)), Math.max(Math.abs(from), Math.abs(to))];
  return high > 0 && (low === 0 || from * to < 0 || high / low >= STEP_RATIO);
}

const beyond = (value: number, from: number, to: number, spread: number): boolean =>
  Math.abs(value - from) > Math.max(spread, 0.1 * Math.abs(to - from)) && value > from === to > from;

/** By the logarithm of the factor: 1.5 times is weak, ten times is plain. */
function strengthOf(from: number, to: number): number {
  const [low, high] = [Math.min(Math.abs(from), Math.abs(to)), Math.max(Math.abs(from), Math.abs(to))];
  return clamp(0.3 + 0.6 * Math.min(1, Math.log10(high / Math.max(low, high / 1e9))), 0, 0.95);
}

/** Medians of equal runs of points. */
function thinned(points: Points): Points {
  const run = Math.ceil(points.length / POINTS_MAX);
  if (run === 1) return points;
  const out: Points = [];
  for (let i = 0; i < points.length; i += run)
    out.push([points[i]![0], middle(points.slice(i, i + run).map(([, value]) => value))]);
  return out;
}
