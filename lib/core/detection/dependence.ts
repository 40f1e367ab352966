import { clamp } from "../base/stats";

/**
 * Samples that come together are alike: calls of one run share its task, and an agent's load comes and goes with the
 * hours of the day. Taken for independent, one odd run would look like a sick agent. So what could be expected of a
 * score from the scores before it is taken off it: from the earlier scores of its run (equally correlated with one another, the
 * model of a run's own level), or, outside of runs, from those just before, as in the
 * residual charts of Alwan & Roberts (1988). Unlike there, prior scores only ever take evidence away: what is left is not
 * divided by its smaller spread, and a run that began low is not held to it, so that a wrong correlation cannot make evidence.
 */
export interface PriorScores {
  n: number;
  sum: number;
}

/** What a lane knows of its correlation: a running mean of products of scores with their prior scores' mean. */
export interface Dependence {
  rho: number;
  pairs: number;
  /** Runs that have contributed. */
  runs: number;
  /** Smoothed score of the samples outside of runs. */
  lately: number;
}

export const createDependence = (): Dependence => ({ rho: 0, pairs: 0, runs: 0, lately: 0 });

/** What is assumed before anything is known, and how many pairs that weighs: calls of a run are alike, samples in a row are not. */
const ASSUMED_IN_RUNS = { rho: 0.3, pairs: 15, noise: 1 };
const ASSUMED_IN_A_ROW = { rho: 0, pairs: 30, noise: 1 };
/** Outside of runs, prior scores are the samples of about this long a window: load comes and goes slowly. */
const WINDOW = 24;
const PAIRS_MAX = 1000;
const RUNS_MAX = 4000;
const RHO_MAX = 0.95;
/** Scores count as no further off than this: a fault's first wild values must not pass for correlation. */
const CUT = 2.5;

/** Correlation to reckon with, 0 to 0.95: the estimate less its noise. */
export function correlation(d: Dependence): number {
  const assumed = d.runs > 0 ? ASSUMED_IN_RUNS : ASSUMED_IN_A_ROW;
  const pairs = d.pairs + assumed.pairs;
  return clamp((d.rho * d.pairs + assumed.rho * assumed.pairs) / pairs - assumed.noise / Math.sqrt(pairs), 0, RHO_MAX);
}

/** Weight of the prior scores' mean in predicting the next score (the best linear predictor under equal correlation). */
export const weightOf = (before: PriorScores, rho: number) => (before.n * rho) / (1 + (before.n - 1) * rho);

/** How many independent values `n` correlated ones are worth: n over the design effect of their runs or windows. */
export function effectiveSamples(d: Dependence, n: number): number {
  const rho = correlation(d);
  if (rho === 0) return n;
  const together = d.runs === 0 ? WINDOW : Math.max(n / d.runs, 1);
  return n / (1 + (together - 1) * rho);
}

/** Learn the correlation from a score and the mean of the scores before it. */
export function noteDependence(d: Dependence, z: number, before: PriorScores): void {
  if (before.n === 0) {
    if (d.runs < RUNS_MAX) d.runs++;
    return;
  }
  if (d.pairs < PAIRS_MAX) d.pairs++;
  const product = clamp(z, -CUT, CUT) * clamp(before.sum / before.n, -CUT, CUT);
  d.rho += (product - d.rho) / d.pairs;
}

/** The prior scores of a sample outside of runs. */
export const samplesBefore = (d: Dependence): PriorScores => ({ n: WINDOW, sum: d.lately * WINDOW });

/** Add a score to the samples outside of runs. */
export function addToWindow(d: Dependence, z: number): void {
  d.lately += (2 / (WINDOW + 1)) * (clamp(z, -CUT, CUT) - d.lately);
}

/** Add a score to the scores before it. */
export function addToRun(before: PriorScores, z: number): void {
  before.n++;
  before.sum += clamp(z, -CUT, CUT);
}
