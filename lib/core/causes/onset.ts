/** One sign of the incident: since when, how sure, and the last time before it at which all was still well. */
export interface Start {
  at: number;
  before: number;
  strength: number;
}

/** Strengths below this do not date an incident. */
const STRENGTH_MIN = 0.3;

/**
 * When the incident began: the weighted median of the starts of its signs, so that one early blip or one late series does not
 * move it. The bounds reach from the last healthy point before the earlier quarter of the signs to the start of the later
 * quarter. An alert may come long after it. Null without a sign that is strong enough.
 */
export function onsetOf(starts: readonly Start[]): { at: number; from: number; to: number } | null {
  const sure = starts.filter((s) => s.strength >= STRENGTH_MIN);
  if (sure.length === 0) return null;
  const at = weighted(sure, 0.5, (s) => s.at);
  return {
    at,
    from: Math.min(
      at,
      weighted(sure, 0.25, (s) => s.before),
    ),
    to: Math.max(
      at,
      weighted(sure, 0.75, (s) => s.at),
    ),
  };
}

/** Weighted quantile: the first value at which so much of the weight has passed. */
function weighted(starts: readonly Start[], share: number, of: (s: Start) => number): number {
  const sorted = [...starts].sort((a, b) => of(a) - of(b));
  const whole = sorted.reduce((sum, s) => sum + s.strength, 0);
  let passed = 0;
  for (const s of sorted) {
    passed += s.strength;
    if (passed >= share * whole) return of(s);
  }
  return of(sorted.at(-1)!);
}
