import { clamp } from "./stats";

/**
 * Samples that come together are alike: calls of one run share its task, and an agent's load carries over from one
 * sample to the next. Taken for independent, one odd run would look like a sick agent. So each score is judged by how
 * much it surprises given its forerunners: the earlier scores of its run (equally correlated with one another, the model
 * of a run's own level), or, outside of runs, the sample before (a first-order autoregression). The standardised surprises of
 * healthy samples are independent again (the residual chart of Alwan & Roberts 1988).
 */
export interface Forerunners {
  n: number;
  sum: number;
}

/** What a lane knows of its correlation: a running mean of products of scores with their forerunners' mean. */
export interface Dependence {
  rho: number;
  pairs: number;
  /** Runs that have contributed. */
  runs: number;
  /** Last score outside of runs. */
  last: number;
}

export const createDependence = (): Dependence => ({ rho: 0, pairs: PRIOR_PAIRS, runs: 0, last: 0 });

/** The estimate starts at 0 with this many pairs behind it. */
const PRIOR_PAIRS = 10;
const PAIRS_MAX = 1000;
/** Correlation within this many standard errors of 0 counts as none. */
const NOISE_SE = 2;
const RUNS_MAX = 4000;
const RHO_MAX = 0.95;
const CUT = 3.5;

/** Correlation to reckon with: the estimate less its noise, 0 to 0.95. */
export const correlation = (d: Dependence) => clamp(d.rho - NOISE_SE / Math.sqrt(d.pairs), 0, RHO_MAX);

/** Weight of the forerunners' mean in predicting the next score (the best linear predictor under equal correlation). */
export const weightOf = (before: Forerunners, rho: number) => (before.n * rho) / (1 + (before.n - 1) * rho);

/** How many independent values `n` correlated ones are worth: n over the design effect of their runs, or of the autoregression. */
export function worth(d: Dependence, n: number): number {
  const rho = clamp(d.rho - 1 / Math.sqrt(d.pairs), 0, RHO_MAX);
  if (rho === 0) return n;
  if (d.runs === 0) return (n * (1 - rho)) / (1 + rho);
  return n / (1 + (Math.max(n / d.runs, 1) - 1) * rho);
}

/** Learn the correlation from a score and the mean of its forerunners. */
export function noteDependence(d: Dependence, z: number, before: Forerunners): void {
  if (before.n === 0) {
    if (d.runs < RUNS_MAX) d.runs++;
    return;
  }
  if (d.pairs < PAIRS_MAX) d.pairs++;
  const product = clamp(z, -CUT, CUT) * clamp(before.sum / before.n, -CUT, CUT);
  d.rho += (product - d.rho) / d.pairs;
}

/** Add a score to its forerunners. */
export function follow(before: Forerunners, z: number): void {
  before.n++;
  before.sum += clamp(z, -CUT, CUT);
}
