import { middle, tailNats, zOfNats } from "../base/stats";

/**
 * What is normal for one number: nine quantiles, placed where a standard normal has z = ±2.6, ±1.9, ±1.25, ±0.6 and 0.
 * A value is read off as a normal score: linear between quantiles (a normal law is a straight line in this picture, any
 * other shape a bent one), and beyond the outermost quantile along an exponential tail that continues the slope found
 * there. That tail is exact for exponential laws and errs on the safe side for normal ones, so that one wild value of a
 * heavy-tailed metric is not mistaken for proof.
 *
 * Quantiles follow the stream by stochastic approximation with an estimated density (Tierney 1983, "A space-efficient
 * recursive procedure for estimating a quantile"), with gain 1/n down to 1/MEMORY. One value can move a quantile by one
 * bounded step only, however wild it is: the sketch is robust by construction.
 */
export interface Sketch {
  /** Values learned, own and borrowed; capped at MEMORY. */
  n: number;
  /** Quantiles at GRID_Z, ascending. Empty while only the buffer is filled. */
  q: number[];
  /** The first values as they came, until there are enough of them for quantiles. */
  first: number[];
  /** Quantiles borrowed from a parent stratum or from peers, and how many own values their centre weighs. Dropped once own quantiles are formed. */
  lent: Loan | null;
  /** Lowest and highest value ever learned (empty before the first), for gauges: what happened once can happen again. */
  range: number[] | null;
}

export interface Loan {
  q: number[];
  centreWeight: number;
}

export const GRID_Z = [-2.6, -1.9, -1.25, -0.6, 0, 0.6, 1.25, 1.9, 2.6] as const;
const GRID_SIZE = GRID_Z.length;
const CENTRE = 4;
const TOP = GRID_SIZE - 1;
const GRID_P = GRID_Z.map((z) => Math.exp(-tailNats(-z)));
/** dp = density(z) dz: turns a step in probability into a step in z. */
const GRID_DENSITY = GRID_Z.map((z) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI));
const EDGE_NATS = tailNats(GRID_Z[TOP]!);
/** Hazard of the normal tail at the outermost quantile: nats per z there. */
const EDGE_HAZARD = GRID_DENSITY[TOP]! / GRID_P[0]!;

/** Effective number of values remembered. Baseline error costs false alarms: at 4,000 it is 0.016 sd, a few per cent of the rate. */
export const MEMORY = 4000;
/** Values kept as they came before quantiles are formed. */
export const FIRST = 32;
/** How many values the outer spacing needs before it is believed as much as the half-scale. */
const EDGE_TRUST = 300;
/** Share of the values that inform a tail's rate. */
const TAIL_SHARE = 1 / 3;
/** Outer slope may fall to this share of the half-scale, for bounded metrics; lower would call rounding an anomaly. */
const EDGE_FLOOR = 0.35;

export const createSketch = (lent: Loan | null = null): Sketch => ({ n: 0, q: [], first: [], lent, range: null });

/** Own values needed before a sketch may be read: alone, and with borrowed quantiles. */
export const READABLE_ALONE = 20;
export const READABLE_LENT = 5;

/**
 * Quantiles to judge by, and how many values stand behind them; null while there are too few. Formed sketches return their own.
 */
export function reading(s: Sketch, gap: number): Reading | null {
  if (s.q.length > 0) return s;
  const enough = s.lent === null ? READABLE_ALONE : READABLE_LENT;
  if (s.first.length < enough) return null;
  return { q: quantilesOf(s.first, gap, s.lent), n: s.first.length + (s.lent === null ? 0 : SHAPE_WEIGHT) };
}

export type Reading = { q: readonly number[]; n: number; range?: readonly number[] | null };

/** Slopes (units per z) of the tail above (`side` 1) or below (−1) the outermost quantile. */
function edgeSlope(s: Reading, side: 1 | -1): number {
  const edge = s.q[CENTRE + side * 4]!;
  const half = Math.abs(edge - s.q[CENTRE]!) / 2.6;
  const outer = Math.abs(edge - s.q[CENTRE + side * 2]!) / (2.6 - 1.25);
  if (outer >= half) return outer;
  const trust = s.n / (s.n + EDGE_TRUST);
  return Math.max(half + trust * (outer - half), EDGE_FLOOR * half);
}

/**
 * Nats of an exponential tail whose rate was estimated, not known: its predictive law is Lomax's, the gamma mixture of
 * exponentials, with as many degrees of freedom as values informed the rate.
 */
const predictive = (nats: number, n: number) => {
  const informed = n * TAIL_SHARE;
  return informed * Math.log1p(nats / informed);
};

/** Nats by which `y` lies beyond the outermost quantile; a range that reaches further flattens the tail, so that its end is one in n. */
function beyond(s: Reading, y: number, edge: number, side: 1 | -1, effectiveSamples: number): number {
  const slope = edgeSlope(s, side) / EDGE_HAZARD;
  const end = s.range?.[side === 1 ? 1 : 0];
  const far = end === undefined ? 0 : side * (end - edge);
  const atEnd = Math.max(Math.log(s.n + 1) - EDGE_NATS, END_NATS);
  return predictive((side * (y - edge)) / Math.max(slope, far / atEnd), effectiveSamples);
}

/** Nats at least between the outermost quantile and the end of the range. */
const END_NATS = 1;

/**
 * Normal score of `y` (any real). `effectiveSamples`: how many independent values the quantiles rest on, if fewer than `n`.
 */
export function scoreOf(s: Reading, y: number, effectiveSamples = s.n): number {
  const q = s.q;
  if (y >= q[TOP]!) return zOfNats(EDGE_NATS + beyond(s, y, q[TOP]!, 1, effectiveSamples));
  if (y <= q[0]!) return -zOfNats(EDGE_NATS + beyond(s, y, q[0]!, -1, effectiveSamples));
  let i = y >= q[CENTRE]! ? CENTRE : 0;
  while (y >= q[i + 1]!) i++;
  const low = q[i]!;
  return GRID_Z[i]! + ((GRID_Z[i + 1]! - GRID_Z[i]!) * (y - low)) / (q[i + 1]! - low);
}

/** The value with normal score `z`, |z| ≤ 2.6; for bands on a chart. */
export function valueAt(s: Reading, z: number): number {
  let i = 0;
  while (i < TOP - 1 && z > GRID_Z[i + 1]!) i++;
  const share = (z - GRID_Z[i]!) / (GRID_Z[i + 1]! - GRID_Z[i]!);
  return s.q[i]! + share * (s.q[i + 1]! - s.q[i]!);
}

/** Learn one value. `gap` is the smallest spacing per z that this metric can have (its resolution), in the same units. */
export function learn(s: Sketch, y: number, gap: number): void {
  if (s.n < MEMORY) s.n++;
  if (s.range !== null) s.range = [Math.min(s.range[0] ?? y, y), Math.max(s.range[1] ?? y, y)];
  if (s.q.length === 0) {
    s.first.push(y);
    if (s.first.length < FIRST) return;
    s.q = quantilesOf(s.first, gap, s.lent);
    s.first = [];
    s.lent = null;
    return;
  }
  const q = s.q;
  const gain = 1 / s.n;
  let below = q[0]!;
  for (let i = 0; i < GRID_SIZE; i++) {
    const lowIndex = i === 0 ? 0 : i - 1;
    const highIndex = i === TOP ? TOP : i + 1;
    const low = i === 0 ? q[0]! : below;
    const here = q[i]!;
    const slope = (q[highIndex]! - low) / (GRID_Z[highIndex]! - GRID_Z[lowIndex]!);
    const excess = y > here ? GRID_P[i]! : GRID_P[i]! - 1;
    below = here;
    q[i] = here + (gain * excess * slope) / GRID_DENSITY[i]!;
  }
  keepOrder(q, gap);
}

function keepOrder(q: number[], gap: number): void {
  for (let i = CENTRE; i < TOP; i++) {
    const least = q[i]! + gap * (GRID_Z[i + 1]! - GRID_Z[i]!);
    if (q[i + 1]! < least) q[i + 1] = least;
  }
  for (let i = CENTRE; i > 0; i--) {
    const most = q[i]! - gap * (GRID_Z[i]! - GRID_Z[i - 1]!);
    if (q[i - 1]! > most) q[i - 1] = most;
  }
}

/** How many own values a borrowed shape weighs. */
const SHAPE_WEIGHT = 20;

/**
 * Quantiles from few values: empirical ones near the centre, the outer ones from the half-scales (mean distance from the
 * median, less a wild value's excess), pulled towards a borrowed shape if there is one.
 */
export function quantilesOf(values: readonly number[], gap: number, lent: Loan | null): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const own = middle(sorted);
  const spread = halfScales(sorted, own, gap);
  const lentCentre = lent?.q[CENTRE] ?? own;
  const weight = lent?.centreWeight ?? 0;
  const centre = (n * own + weight * lentCentre) / (n + weight);
  const q = GRID_Z.map((z, i) => {
    const parametric = z * (z > 0 ? spread.up : spread.down);
    const inner = Math.abs(z) < 1.3 ? at(sorted, GRID_P[i]!) - own : parametric;
    const shape = (inner + parametric) / 2;
    if (lent === null) return centre + shape;
    return centre + (n * shape + SHAPE_WEIGHT * (lent.q[i]! - lentCentre)) / (n + SHAPE_WEIGHT);
  });
  q[CENTRE] = centre;
  keepOrder(q, gap);
  return q;
}

const at = (sorted: readonly number[], p: number) => {
  const place = Math.min(Math.max(p * sorted.length - 0.5, 0), sorted.length - 1);
  const i = Math.floor(place);
  const next = sorted[Math.min(i + 1, sorted.length - 1)]!;
  return sorted[i]! + (place - i) * (next - sorted[i]!);
};

/** E|z| of a standard normal. */
const MEAN_ABS = 0.7979;
/** Distances beyond this many MADs count as this many: one wild value must not widen a young baseline. */
const WINSOR = 6;
/** Share of each half's own scale in its estimate; the rest is pooled over both halves. */
const OWN_HALF = 0.6;

function halfScales(sorted: readonly number[], centre: number, gap: number): { up: number; down: number } {
  const mad = Math.max(middle(sorted.map((y) => Math.abs(y - centre))), gap * 0.67);
  let up = 0;
  let down = 0;
  for (const y of sorted) {
    const d = Math.min(Math.abs(y - centre), WINSOR * mad);
    if (y > centre) up += d;
    else down += d;
  }
  const scale = 2 / (sorted.length * MEAN_ABS);
  const pooled = ((up + down) / 2) * scale;
  return {
    up: Math.max(OWN_HALF * up * scale + (1 - OWN_HALF) * pooled, gap),
    down: Math.max(OWN_HALF * down * scale + (1 - OWN_HALF) * pooled, gap),
  };
}
