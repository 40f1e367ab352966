import { normalTail } from "../base/stats";

/** Below this share of chance, a gain is beyond noise; the usual level. */
export const SIGNIFICANT = 0.05;
/** So many differences are tried in every pattern of signs; with more, their sum is as good as normal. */
const EXACT_MAX = 16;
/** Differences below this are the same number, added up in another order. */
const ROUNDING = 1e-9;

/**
 * How likely a sum of paired differences at least as large is if each was as likely to be as far below zero: the one-sided randomization
 * test for pairs (Fisher, The Design of Experiments, 1935, §21). Pairs that do not differ say nothing either way. Exact up to 16 pairs that
 * differ (so fewer than 5 can never be significant), beyond that by the normal limit with continuity left out. 1 without any.
 */
export function chanceOfGain(differences: readonly number[]): number {
  const moved = differences.filter((d) => Math.abs(d) > ROUNDING);
  const sum = moved.reduce((total, d) => total + d, 0);
  if (moved.length === 0) return 1;
  if (moved.length > EXACT_MAX) return normalTail(sum / Math.sqrt(moved.reduce((total, d) => total + d * d, 0)));
  const patterns = 2 ** moved.length;
  let asLarge = 0;
  for (let signs = 0; signs < patterns; signs++) {
    const other = moved.reduce((total, d, i) => total + (signs & (1 << i) ? d : -d), 0);
    if (other >= sum - ROUNDING) asLarge += 1;
  }
  return asLarge / patterns;
}
