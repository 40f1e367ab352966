/** Failed attempts to prove who one is, in a row. */
export interface Guesses {
  failures: number;
  /** Epoch ms of the last one. */
  lastAt: number;
}

/** Failures that nobody waits for: a person tries what they may have typed, and what the password was before. */
export const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 2_000;
/** At one guess a quarter of an hour, ten characters stand for as long as anybody cares; a person is helped by a link meanwhile. */
export const LONGEST_WAIT_MS = 15 * 60_000;
/** What was failed so long ago is forgotten. */
export const RESET_AFTER_MS = 24 * 60 * 60_000;

/** With one more failure. */
export const failed = (before: Guesses | undefined, now: number): Guesses => ({
  failures: before !== undefined && now - before.lastAt < RESET_AFTER_MS ? before.failures + 1 : 1,
  lastAt: now,
});

/**
 * How long to wait until the next attempt, in ms: not at all for the first `free` failures, then twice as long after each (exponential
 * backoff), up to `longest`. 0 when it may be made now.
 */
export function waitMs(
  { failures, lastAt }: Guesses,
  now: number,
  { free = FREE_FAILURES, longest = LONGEST_WAIT_MS }: { free?: number; longest?: number } = {},
): number {
  if (failures < free || now - lastAt >= RESET_AFTER_MS) return 0;
  const wait = Math.min(longest, FIRST_WAIT_MS * 2 ** Math.min(failures - free, 30));
  return Math.max(0, lastAt + wait - now);
}
