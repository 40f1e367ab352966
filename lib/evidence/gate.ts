/** How much a source may be asked. Set so that watching costs a source little, and an outage of it nothing. */
export interface GateLimits {
  /** Questions a minute, as a token bucket: a burst may use a whole minute's. */
  perMinute: number;
  /** Questions under way at once; further ones wait in line. */
  concurrency: number;
}

export const DEFAULT_GATE: GateLimits = { perMinute: 240, concurrency: 4 };

/** Questions that may wait in line; beyond it the answer is "could not look" at once, since they would only time out there. */
const MAX_WAITING = 64;
/** So many failures in a row pause a source: one may be chance, three are an outage. */
const FAILURES_TO_PAUSE = 3;
/** The first pause, doubled at each failed try after it, up to the longest; in ms. */
const PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/** How a question ended. `stopped`: whoever asked gave up, which says nothing of the source. */
export type Left = { kind: "answered" | "stopped" } | { kind: "source_failed"; reason: string };

/** Behind the last failure's reason while a source is not asked. */
const PAUSED = "; paused after repeated failures";
/** A reason as it was before the pause that followed it, so that the same failure reads the same at every look. */
export const withoutPause = (reason: string): string =>
  reason.endsWith(PAUSED) ? reason.slice(0, -PAUSED.length) : reason;

export type Entry = { ok: true; leave: (outcome: Left) => void } | { ok: false; reason: string };

export interface Gate {
  /** Waits for a place; the signal ends the wait. Whoever enters calls `leave` exactly once. */
  enter(signal: AbortSignal): Promise<Entry>;
}

/**
 * The way to one source: a budget of questions, few at once, and a pause after failures (a circuit breaker, Nygard 2007:
 * after the pause one question tries whether the source is back, and the others wait in line for its outcome). A refusal
 * names the failure that led to the pause. One gate a source and process.
 */
export function createGate(limits: GateLimits, now: () => number): Gate {
  let tokens = limits.perMinute;
  let refilledAt = now();
  let running = 0;
  let failures = 0;
  let pausedUntil = 0;
  let lastReason = "";
  const waiting: (() => void)[] = [];

  const failing = () => failures >= FAILURES_TO_PAUSE;
  const refusal = (): string | null => (failing() && now() < pausedUntil ? `${lastReason}${PAUSED}` : null);
  const places = () => (failing() ? 1 : limits.concurrency);
  const letIn = () => {
    for (let free = places() - running; free > 0 && waiting.length > 0; free--) waiting.shift()!();
  };

  const takeToken = (): boolean => {
    const at = now();
    tokens = Math.min(limits.perMinute, tokens + (Math.max(0, at - refilledAt) * limits.perMinute) / 60_000);
    refilledAt = at;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };

  const leave = (outcome: Left): void => {
    running -= 1;
    if (outcome.kind === "answered") failures = 0;
    else if (outcome.kind === "source_failed") {
      failures += 1;
      lastReason = outcome.reason;
      const over = failures - FAILURES_TO_PAUSE;
      if (over >= 0) pausedUntil = now() + Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** over);
    }
    letIn();
  };

  return {
    async enter(signal) {
      // Again after each wait: a newcomer may have taken the place in the meantime.
      while (running >= places() && refusal() === null) {
        if (waiting.length >= MAX_WAITING) return { ok: false, reason: "too many requests are queued for it already" };
        await place(waiting, signal);
        if (signal.aborted) {
          // A place that was handed over while the wait ended goes to the next in line.
          letIn();
          return { ok: false, reason: "timed out waiting in the queue behind other requests" };
        }
      }
      const reason =
        refusal() ?? (takeToken() ? null : `its limit of ${limits.perMinute} requests a minute is reached`);
      if (reason !== null) {
        letIn();
        return { ok: false, reason };
      }
      running += 1;
      let left = false;
      return {
        ok: true,
        leave: (outcome) => {
          if (!left) leave(outcome);
          left = true;
        },
      };
    },
  };
}

/** Resolves when it is this one's turn or the signal ends the wait. */
function place(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener("abort", given);
      resolve();
    };
    const given = () => {
      const at = waiting.indexOf(done);
      if (at >= 0) waiting.splice(at, 1);
      resolve();
    };
    waiting.push(done);
    signal.addEventListener("abort", given, { once: true });
  });
}
