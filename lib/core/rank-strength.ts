/** Nats that a shift has to exceed to say anything at all: with dozens of series, one in twenty windows is nothing. */
const NATS_NOTHING = 3;
/** Nats beyond that at which the strength is 1 − 1/e. */
const NATS_SCALE = 3;

/** Evidence in nats as a strength from 0 to 1. */
export const strengthOf = (nats: number) =>
  nats <= NATS_NOTHING ? 0 : 1 - Math.exp((NATS_NOTHING - nats) / NATS_SCALE);

/** Nats of a deviation of z standard deviations whose law has heavy tails (Student's t with 3 degrees of freedom). */
export const natsOf = (z: number) => (z <= 0 ? 0 : 2 * Math.log(1 + (z * z) / 3));
