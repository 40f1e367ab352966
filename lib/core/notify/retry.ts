/** First wait after a failure, and the longest one, in ms: a receiver that restarts is back in seconds, one that is down is not hammered. */
const FIRST_MS = 1_000;
const LONGEST_MS = 5 * 60_000;
/** A receiver that asks for more patience than this is asked again all the same, in ms. */
const LONGEST_ASKED_MS = 60 * 60_000;

/** What could not be sent for this long is given up, in ms: by then people know otherwise, and a page of yesterday wakes nobody rightly. */
export const GIVE_UP_MS = 24 * 60 * 60_000;

/**
 * How long to wait after so many failures in a row (1: the first), in ms: exponential backoff with "equal jitter" (half fixed, half
 * random; M. Brooker, "Exponential Backoff And Jitter", 2015), and never less than the receiver asked for by Retry-After.
 * `random`: from 0 to 1.
 */
export function retryAfter(failures: number, random: number, askedMs: number | null = null): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 30));
  return Math.max(full / 2 + (full / 2) * random, Math.min(askedMs ?? 0, LONGEST_ASKED_MS));
}

/** What a Retry-After header asks for, in ms from `now`; null where it says nothing that can be read. */
export function retryAfterHeader(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
