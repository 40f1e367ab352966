/** Longest wait that a Retry-After may ask for: a server's mistake must not silence an agent for a day. */
const MAX_RETRY_AFTER_MS = 300_000;

/** Exponential back-off with full jitter (Brooker 2015, "Exponential Backoff And Jitter"), never below a tenth of `minMs`. */
export function backoffMs(attempt: number, minMs: number, maxMs: number, random: () => number): number {
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return Math.max(minMs / 10, random() * ceiling);
}

/** A Retry-After header (seconds, or an HTTP date) as ms from `now`; null when absent or unreadable. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined || header.trim() === "") return null;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS) : null;
}
