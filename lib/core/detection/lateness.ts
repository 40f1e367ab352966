/** When whoever reports an event was heard before it arrived; times are epoch ms of our own clock. */
export interface Heard {
  lastSeenAt: number;
  /** Its last silence of at least the lateness limit, if it was on time before. */
  awayFrom: number | null;
  awayUntil: number | null;
  /** How far the newest event of its last request was behind on arrival, in ms; negative is ahead; null: it stated no time. */
  latenessMs: number | null;
}

/** How long after a silence late events are taken for its backlog, in ms: a client drains its buffer in seconds. */
export const BACKLOG_MS = 60_000;
/** Events may have waited this long for their batch when the silence began, in ms. */
const BATCH_MS = 120_000;

/**
 * Whether a late event is the backlog of an outage: its source was on time before, was not heard for at least
 * `maxLateMs`, has just come back, and the event is from that silence. Any other late event comes from a clock that is
 * wrong: a source that was being heard all along, or that was never on time, cannot have been waiting to deliver it.
 */
export function isBacklog(saidAt: number, now: number, heard: Heard | null, maxLateMs: number): boolean {
  if (heard === null) return false;
  const { from, until } = silenceOf(heard, now, maxLateMs);
  return from !== null && until !== null && now <= until + BACKLOG_MS && saidAt >= from - BATCH_MS;
}

/** The source's last silence, the one that ends now included. */
function silenceOf({ lastSeenAt, awayFrom, awayUntil, latenessMs }: Heard, now: number, maxLateMs: number) {
  const wasOnTime = (latenessMs ?? 0) <= maxLateMs;
  return now - lastSeenAt >= maxLateMs && wasOnTime
    ? { from: lastSeenAt, until: now }
    : { from: awayFrom, until: awayUntil };
}
