import { absorbRate, betRate, createRate, type RateLane } from "./rate";

/**
 * A gauge that takes few values only: a flag, a code, a small count. How far a value is from the others says nothing then
 * (after three hundred zeros the first one is infinitely many standard deviations off), but how often it comes does. So it is
 * judged by two yes-or-no streams: is the value a rare one, and is it another than the usual one. One rare value proves
 * nothing; that they keep coming does.
 */
export interface FewValued {
  values: number[];
  counts: number[];
  /** Samples counted. */
  n: number;
  /** It has taken few values for long enough to be of that kind: further values are odd ones, up to a point. */
  settled: boolean;
  /** The value before, how often it changed, and samples since one was judged. */
  last: number | null;
  changes: number;
  skipped: number;
  rare: RateLane;
  off: RateLane;
}

/** A gauge that has taken more different values than this before it is settled is no gauge of few values. */
const FEW = 8;
/** One that has taken more than this ever is none any more. */
const FEW_MAX = 16;
const SETTLED = 100;
/** A value that made up less than this share so far is rare. */
const RARE = 0.1;
/** Changes of the value from which it can be told how long values usually last. */
const CHANGES_MIN = 4;

export const createFewValued = (): FewValued => ({
  values: [],
  counts: [],
  n: 0,
  settled: false,
  last: null,
  changes: 0,
  skipped: 0,
  rare: createRate(),
  off: createRate(),
});

/** Whether a gauge is still one of few values with this one among them. */
export function isFew(few: FewValued, value: number): boolean {
  const different = few.values.length + Number(!few.values.includes(value));
  return different <= (few.settled ? FEW_MAX : FEW);
}

/**
 * Judges a value by what came before it and takes note of it. Returns the evidence that values have begun to come with
 * other shares than before: a Shiryaev–Roberts sum (see rate.ts) that grows by 1 a sample on average while nothing changed.
 */
export function judgeFew(few: FewValued, value: number, learn: boolean): number {
  const at = few.values.indexOf(value);
  let evidence = 0;
  if (few.skipped + 1 >= lasting(few)) {
    few.skipped = 0;
    const share = at < 0 || few.n === 0 ? 0 : few.counts[at]! / few.n;
    const isRare = share < RARE;
    const isOff = few.counts.some((count, i) => i !== at && count > (few.counts[at] ?? 0));
    evidence = ((betRate(few.rare, isRare, null, learn) ?? 0) + (betRate(few.off, isOff, null, learn) ?? 0)) / 2;
    if (learn) {
      absorbRate(few.rare, isRare);
      absorbRate(few.off, isOff);
    }
  } else few.skipped++;
  if (learn) count(few, at, value);
  return evidence;
}

/**
 * For how many samples a value lasts once it has come, beyond what chance does: a switch that is on for hours says the same
 * thing all the while, so only one sample of so many is judged (thinning a Markov chain by its mean run). 1 for values that
 * come independently, with shares p, whose runs have 1/(1 − Σp²) samples on average.
 */
function lasting({ n, counts, changes }: FewValued): number {
  if (changes < CHANGES_MIN) return 1;
  const repeats = counts.reduce((sum, each) => sum + (each / n) ** 2, 0);
  return Math.max(1, Math.round((n / (changes + 1)) * (1 - repeats)));
}

function count(few: FewValued, at: number, value: number): void {
  if (at < 0) {
    few.values.push(value);
    few.counts.push(1);
  } else few.counts[at]!++;
  if (few.last !== null && few.last !== value) few.changes++;
  few.last = value;
  few.n++;
  few.settled ||= few.n >= SETTLED;
}

/** After an alarm rates are learned anew: nobody is asked whether it was a fault, and what recurs is normal. */
export function relearnFew(few: FewValued): void {
  few.rare = createRate();
  few.off = createRate();
}
