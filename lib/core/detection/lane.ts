import {
  correlation,
  createDependence,
  type Dependence,
  type PriorScores,
  addToRun,
  noteDependence,
  addToWindow,
  samplesBefore,
  weightOf,
  effectiveSamples,
} from "./dependence";
import { createSketch, learn, reading, scoreOf, type Loan, type Sketch, valueAt } from "./sketch";
import { clamp } from "../base/stats";

/**
 * One metric of one stratum: what is normal for it, and the evidence that it has left normal.
 *
 * Each value becomes a normal score z against its own baseline, and the score places bets that pay e = exp(δz − δ²/2).
 * Under the baseline a bet pays 1 on average, so each Shiryaev–Roberts sum R ← (1 + R)·e grows by 1 a sample on average,
 * and so does their weighted mean over bets, metrics and strata, however those depend on each other. Stopping when that
 * mean reaches A therefore takes A samples or more on average (optional stopping on R − n): the e-detector of Shin,
 * Ramdas & Rinaldo (2022), after Shiryaev (1963) and Roberts (1966). No Bonferroni over metrics is needed.
 */
export interface Lane {
  sketch: Sketch;
  /** Shiryaev–Roberts sums, upward bets first, then (two-sided or downward lanes) downward ones. */
  r: number[];
  /** Samples since the evidence was last nothing. */
  since: number;
  /** Where the metric has been lately, as a smoothed normal score: what an ill lane's healing is measured against. */
  recent: number;
  dependence: Dependence;
  /** Scaled values held back while under suspicion: learned once it lifts, dropped if it is confirmed. */
  held: number[];
}

/** Shifts bet on, in baseline sd: each catches shifts from half to twice its size with little loss (Lorden 1971 on such grids). */
export const BETS = [0.75, 1.5, 3] as const;
const BET_WEIGHTS = [0.3, 0.4, 0.3] as const;
const BET_DRIFTS = BETS.map((d) => Math.exp(-0.5 * d * d));
/** Sums saturate here, far above any threshold, so that evidence can fade again once a fault ends. */
const SATURATION = 1e12;
/** A lane whose evidence is below this has none: a change, if any, begins after it. */
const NOTHING = 2;
/** Evidence from which values are held back instead of learned: reached by a healthy lane in a few per cent of its samples. */
export const DOUBT = 60;
/** The same for the correlation of samples: stopping earlier would leave it unlearned where it is strong, and doubt lasting. */
const STRONG_DOUBT = 3000;
/**
 * Held values at most, and as a share of what is known; the oldest is learned then. A lane in lasting mild doubt still
 * follows slow healthy change, and a young baseline, whose doubt is mostly its own error, is corrected soon.
 */
const HELD_MAX = 48;
const HELD_SHARE = 1 / 8;
/**
 * How much a score is lowered for the baseline's own error. An error of s sd multiplies the false alarms of a bet on δ by
 * exp(2hs/δ), h being the threshold in nats, so on average over s ~ N(0, 1/n) by exp(2h²/(nδ²)); taking h/(nδ) off every
 * score pays for that. With h/δ about CAUTION this is less than one standard error, 1/√n, from n = CAUTION² on; before, one
 * standard error is taken, or a newcomer could prove nothing.
 */
const CAUTION = 12;
/** Standard errors taken off while young. */
const YOUNG = 1.3;

export const createLane = (side: "up" | "down" | "both", lent: Loan | null = null): Lane => ({
  sketch: side === "both" ? { ...createSketch(lent), range: [] } : createSketch(lent),
  r: side === "both" ? [0, 0, 0, 0, 0, 0] : [0, 0, 0],
  since: 0,
  recent: 0,
  dependence: createDependence(),
  held: [],
});

const EDGE_Z2 = 2.6 ** 2;

export interface Score {
  z: number;
  /** z with the baseline's standard error taken off, towards no evidence. */
  up: number;
  down: number;
}

/**
 * Cautious normal scores of a scaled value, or null while the baseline is too young to judge.
 * A score's variance is about (1 + z²/2)/n, the delta method on centre and scale; beyond the sketch's edge the tail is a
 * predictive one already.
 */
export function score(lane: Lane, y: number, gap: number): Score | null {
  const base = reading(lane.sketch, gap);
  if (base === null) return null;
  const n = Math.max(effectiveSamples(lane.dependence, base.n), 1);
  const z = scoreOf(base, y, n);
  const variance = (1 + 0.5 * Math.min(z * z, EDGE_Z2)) / n;
  const caution = Math.min(YOUNG * Math.sqrt(variance), CAUTION * variance);
  return { z, up: z - caution, down: z + caution };
}

const RECENT_GAIN = 0.25;

/**
 * Place the bets of one sample and return the lane's evidence: the weighted mean of its sums (1 a sample on average when
 * healthy). `run` are the scores of the same metric earlier in its run; null outside of runs.
 */
export function bet(
  lane: Lane,
  s: Score,
  side: "up" | "down" | "both",
  run: PriorScores | null,
  learn: boolean,
): number {
  const { dependence } = lane;
  const cut = clamp(s.z, -Z_CUT, Z_CUT);
  lane.recent += RECENT_GAIN * (cut - lane.recent);
  const before = run ?? samplesBefore(dependence);
  const rho = correlation(dependence);
  const expected = rho > 0 && before.n > 0 ? (weightOf(before, rho) * before.sum) / before.n : 0;
  if (learn && evidence(lane.r) < STRONG_DOUBT) noteDependence(dependence, s.z, before);
  if (run === null) addToWindow(dependence, s.z);
  else addToRun(run, s.z);
  const up = s.up - Math.max(expected, 0);
  const down = s.down - Math.min(expected, 0);
  let total = 0;
  if (side === "both") total = (stake(lane.r, 0, up) + stake(lane.r, 3, -down)) / 2;
  else total = stake(lane.r, 0, side === "up" ? up : -down);
  if (total < NOTHING) lane.since = 0;
  else lane.since++;
  return total;
}

/** Scores are cut here before betting: the far tail is the single-sample test's business, and exp must not overflow. */
const Z_CUT = 8;

function stake(r: number[], from: number, score: number): number {
  const z = clamp(score, -Z_CUT, Z_CUT);
  const e1 = Math.exp(BETS[0] * z);
  const e2 = e1 * e1;
  const e3 = e2 * e2;
  const a = Math.min((1 + r[from]!) * e1 * BET_DRIFTS[0]!, SATURATION);
  const b = Math.min((1 + r[from + 1]!) * e2 * BET_DRIFTS[1]!, SATURATION);
  const c = Math.min((1 + r[from + 2]!) * e3 * BET_DRIFTS[2]!, SATURATION);
  r[from] = a;
  r[from + 1] = b;
  r[from + 2] = c;
  return BET_WEIGHTS[0] * a + BET_WEIGHTS[1] * b + BET_WEIGHTS[2] * c;
}

/** The lane's evidence as it stands. */
export function evidence(r: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < r.length; i++) total += BET_WEIGHTS[i % 3]! * r[i]!;
  return r.length > 3 ? total / 2 : total;
}

/** Learn a judged value, or hold it back while the lane is in doubt. */
export function absorb(lane: Lane, y: number, gap: number): void {
  if (evidence(lane.r) < DOUBT) {
    if (lane.held.length > 0) {
      for (const held of lane.held) learn(lane.sketch, held, gap);
      lane.held = [];
    }
    learn(lane.sketch, y, gap);
    return;
  }
  lane.held.push(y);
  if (lane.held.length > Math.min(HELD_MAX, lane.sketch.n * HELD_SHARE)) learn(lane.sketch, lane.held.shift()!, gap);
}

/** Forget the evidence, keep the baseline. Values held back are dropped: they were under suspicion. */
export function reset(lane: Lane): void {
  lane.r.fill(0);
  lane.since = 0;
  lane.held = [];
}

/** z of a band's edges: 99.5 % of healthy values of a normal metric lie between. */
const BAND_Z = 2.6;

/** Band of normal on the metric's scale, or null while unknown. */
export function bandOf(lane: Lane, gap: number): { low: number; mid: number; high: number; n: number } | null {
  const base = reading(lane.sketch, gap);
  if (base === null) return null;
  return { low: valueAt(base, -BAND_Z), mid: valueAt(base, 0), high: valueAt(base, BAND_Z), n: lane.sketch.n };
}
