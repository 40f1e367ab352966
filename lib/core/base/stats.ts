import { probit } from "simple-statistics";

/**
 * Normal tails in nats. The detector speaks of evidence as −ln p, because p itself underflows where evidence gets interesting.
 */

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** Below this z the complementary error function is still accurate in double precision; beyond it the continued fraction is used. */
const TAIL_FROM = 5;

/**
 * Upper normal tail 1 − Φ(z), absolute error below 1.2e-7 relative to erfc (rational Chebyshev fit, Press et al., Numerical Recipes, erfcc).
 */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const poly =
    -1.26551223 +
    t *
      (1.00002368 +
        t *
          (0.37409196 +
            t *
              (0.09678418 +
                t *
                  (-0.18628806 +
                    t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  const upper = 0.5 * t * Math.exp(-x * x + poly);
  return z >= 0 ? upper : 1 - upper;
}

/** −ln(1 − Φ(z)) in nats, for any z; the Mills ratio as a continued fraction in the far tail (Abramowitz & Stegun 26.2.14). */
export function tailNats(z: number): number {
  if (z < TAIL_FROM) return -Math.log(normalTail(z));
  let fraction = z;
  for (let k = 12; k >= 1; k--) fraction = z + k / fraction;
  return 0.5 * z * z + HALF_LOG_TWO_PI + Math.log(fraction);
}

/** More nats than this are counted as this many: no decision depends on them, and the tail's arithmetic would lose its digits. */
const NATS_MAX = 1e5;

const NEAR = 1e-5;

/** The z whose upper tail holds so many nats; inverse of {@link tailNats} for nats ≥ 0.7 (z ≥ 0), by Newton on the tail's hazard. */
export function zOfNats(wanted: number): number {
  const nats = Math.min(wanted, NATS_MAX);
  let z = nats < 4 ? -probit(Math.exp(-nats)) : Math.sqrt(2 * nats - Math.log(4 * Math.PI * nats));
  for (let i = 0; i < 4; i++) {
    const now = tailNats(z);
    const hazard = Math.exp(now - 0.5 * z * z - HALF_LOG_TWO_PI);
    const step = (now - nats) / hazard;
    z -= step;
    // Newton doubles the digits each time: what is left is the square of this.
    if (Math.abs(step) < NEAR) return z;
  }
  return z;
}

/** Golden ratio's fraction: the Weyl sequence with the lowest discrepancy. */
const GOLDEN = 0.6180339887498949;

/**
 * A number in (0, 1) for the n-th sample: equidistributed and deterministic. It stands in for the uniform draw of a
 * randomised probability integral transform, which makes counts continuous (Dunn & Smyth 1996).
 */
export function weyl(n: number): number {
  const u = (n + 0.5) * GOLDEN;
  return u - Math.floor(u);
}

/** Median of a list; NaN when empty. The list is not changed. */
export function middle(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

export const clamp = (x: number, low: number, high: number) => (x < low ? low : x > high ? high : x);

/** Normal score of a two-sided 95 % interval. */
const Z95 = 1.959963984540054;

/**
 * 95 % interval of a share, of which `hits` of `n` were seen (Wilson 1927): within 0 to 1, and of use for few samples and extreme shares.
 * `n` of 0 says nothing: 0 to 1.
 */
export function wilson(hits: number, n: number): { low: number; high: number } {
  if (n === 0) return { low: 0, high: 1 };
  const share = hits / n;
  const z2 = Z95 ** 2;
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return { low: hits === 0 ? 0 : centre - half, high: hits === n ? 1 : centre + half };
}
