/** Sums of money are kept in whole billionths of a dollar, as Sentinel keeps them: a budget that is met exactly is used up at that call. */
const NANO = 1e9;
export const nanoOf = (usd: number): number => Math.round(usd * NANO);

/** Adds USD to a sum that may not be known, without what adding fractions leaves. */
export const plusUsd = (sum: number | undefined, usd: number | undefined): number | undefined =>
  usd === undefined ? sum : (nanoOf(sum ?? 0) + nanoOf(usd)) / NANO;

/** Whether USD have reached a limit. One below a billionth counts as that much. */
export const reachedUsd = (used: number, ...limit: readonly number[]): boolean =>
  nanoOf(used) >= Math.max(1, limit.reduce((sum, part) => sum + nanoOf(part), 0)); // prettier-ignore
