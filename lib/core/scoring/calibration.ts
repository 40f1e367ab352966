import type { Forecast } from "../base/isotonic";
import { nearness } from "./fits";
import type { Trajectory } from "./trajectory";
import type { Truth } from "./truth";

/**
 * The confidence in the first cause, and whether that was right or acceptable, its kind included. An abstention counts like any other: it is
 * right where truth accepts `unknown`. Null where nothing was opened, or nothing named.
 */
export function forecast({ opened }: Trajectory, truth: Truth): Forecast | null {
  const first = opened?.causes[0];
  return first === undefined ? null : { confidence: first.confidence, right: nearness(first, truth) === "right" };
}

export interface Bin {
  from: number;
  to: number;
  n: number;
  /** Mean confidence. */
  confidence: number;
  /** Share that was right. */
  accuracy: number;
}

export interface Calibration {
  bins: Bin[];
  /** Expected calibration error; null without forecasts. */
  ece: number | null;
  /** Mean squared error of confidences; null without forecasts. */
  brier: number | null;
  /** 1 − Brier / Brier of saying the base rate each time; null where all or none were right, as there is nothing to tell. */
  skill: number | null;
  baseRate: number | null;
  n: number;
}

/** As many bins as the target of the calibration is stated for. */
const BINS = 5;

/** Reliability bins, expected calibration error, Brier score and skill of these forecasts. */
export function calibration(forecasts: readonly Forecast[], bins = BINS): Calibration {
  const n = forecasts.length;
  const reliability = reliabilityBins(forecasts, bins);
  if (n === 0) return { bins: [], ece: null, brier: null, skill: null, baseRate: null, n };
  const baseRate = forecasts.filter(({ right }) => right).length / n;
  const brier = brierScore(forecasts);
  const ofBaseRate = baseRate * (1 - baseRate);
  return {
    bins: reliability,
    ece: expectedError(reliability),
    brier,
    skill: ofBaseRate === 0 ? null : 1 - brier / ofBaseRate,
    baseRate,
    n,
  };
}

/**
 * The points of a reliability diagram (Murphy & Winkler 1977), bins of equal mass: n forecasts by rising confidence in `bins` parts whose sizes
 * differ by one at most. Equal confidences stay together, in the bin that most of their places lie in by their middle, since which of them
 * came first means nothing; so a bin may be larger, or missing.
 */
export function reliabilityBins(forecasts: readonly Forecast[], bins: number): Bin[] {
  const sorted = forecasts.toSorted((a, b) => a.confidence - b.confidence);
  const parts: Forecast[][] = Array.from({ length: bins }, () => []);
  for (let i = 0; i < sorted.length;) {
    const from = i;
    while (i < sorted.length && sorted[i]!.confidence === sorted[from]!.confidence) i += 1;
    const middle = (from + i) / 2;
    const part = Math.min(bins - 1, Math.floor((middle * bins) / sorted.length));
    parts[part]!.push(...sorted.slice(from, i));
  }
  return parts.filter((part) => part.length > 0).map(binOf);
}

function binOf(part: readonly Forecast[]): Bin {
  const n = part.length;
  return {
    from: part[0]!.confidence,
    to: part.at(-1)!.confidence,
    n,
    confidence: part.reduce((sum, { confidence }) => sum + confidence, 0) / n,
    accuracy: part.filter(({ right }) => right).length / n,
  };
}

/** Mean distance of confidence and accuracy over bins, by their mass (Naeini, Cooper & Hauskrecht 2015). */
function expectedError(bins: readonly Bin[]): number {
  const all = bins.reduce((sum, { n }) => sum + n, 0);
  return bins.reduce((sum, { n, confidence, accuracy }) => sum + (n / all) * Math.abs(confidence - accuracy), 0);
}

/** Brier 1950, of one class: 0 is perfect, .25 is what saying a half each time gives. */
const brierScore = (forecasts: readonly Forecast[]): number =>
  forecasts.reduce((sum, { confidence, right }) => sum + (confidence - (right ? 1 : 0)) ** 2, 0) / forecasts.length;
