/** Nats that a shift has to exceed to say anything at all: with dozens of series, one in twenty windows is nothing. */
const NATS_NOTHING = 3;
/** Nats beyond that at which the strength is 1 − 1/e. */
const NATS_SCALE = 3;

/** Evidence in nats as a strength from 0 to 1. */
export const strengthOf = (nats: number) =>
  nats <= NATS_NOTHING ? 0 : 1 - Math.exp((NATS_NOTHING - nats) / NATS_SCALE);

/** How likely a shift is no accident, for amounts that are compared with one another and need no threshold: 1 − p. */
export const significance = (nats: number) => 1 - Math.exp(-Math.max(0, nats));

/**
 * Nats of a count against what a rate from `learned` events expects of it: half the deviance of a negative binomial, the law of
 * a Poisson count whose rate is itself known from few events (Gamma posterior, Jeffreys prior) and scatters by `scatter` (log scale).
 */
export function rateNats(count: number, expected: number, learned: number, scatter: number): number {
  const shape = 1 / (scatter ** 2 + 1 / (learned + 0.5));
  const mean = Math.max(expected, Number.MIN_VALUE);
  const own = count === 0 ? 0 : count * Math.log(count / mean);
  return Math.max(0, own - (count + shape) * Math.log((count + shape) / (mean + shape)));
}
