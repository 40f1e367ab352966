import type { Alert } from "./alert";

/** What is known of the latest occurrence of an alert (same source, same fingerprint). */
export interface KnownOccurrence {
  startsAt: number;
  /** Null while it fires. */
  endsAt: number | null;
}

/**
 * What a message says about an alert.
 * `new`: it began to fire; record it and look for its incident. `supersedes`: the occurrence before it never ended for us.
 * `repeat`: known already; count it, and nothing else.
 * `resolve`: the known occurrence ended.
 * `stray`: it ended before it was ever seen; record it, it opens nothing.
 * `old`: about an occurrence before the known one; count it, it changes nothing.
 */
export type OccurrenceChange = { kind: "new"; supersedes: boolean } | { kind: "repeat" | "resolve" | "stray" | "old" };

/**
 * Judges a message by fingerprint and start time. Senders repeat themselves for as long as an alert fires, deliver out of
 * order and more than once; a repeat never opens anything. A start that differs from the known one means:
 * later, another occurrence; earlier, while the known one fires, the same one (replicas of a Prometheus see the same
 * trouble at different times, and Alertmanager merges them to the earliest start), and else an old message. Without a start time, firing repeats
 * what fires and begins anew what had ended.
 */
export function classifyOccurrence(
  alert: Pick<Alert, "status" | "startsAt" | "startGiven">,
  known: KnownOccurrence | null,
): OccurrenceChange {
  const firing = alert.status === "firing";
  if (!known) return firing ? { kind: "new", supersedes: false } : { kind: "stray" };
  const wasFiring = known.endsAt === null;
  const later = alert.startGiven ? alert.startsAt > known.startsAt : firing && !wasFiring;
  const earlier = alert.startGiven && alert.startsAt < known.startsAt;
  if (firing) {
    if (later) return { kind: "new", supersedes: wasFiring };
    return earlier && !wasFiring ? { kind: "old" } : { kind: "repeat" };
  }
  if (earlier && !wasFiring) return { kind: "old" };
  if (wasFiring) return { kind: "resolve" };
  return later ? { kind: "stray" } : { kind: "repeat" };
}
