/**
 * Stretches in which no agent at all reported: the network, the host or Sentinel itself was down, so an agent's own silence
 * during one says nothing about that agent. All times are epoch ms of the server's clock.
 */
export interface IngestGaps {
  /** When the last event of any agent arrived; null before the first. */
  lastArrivalAt: number | null;
  /** By their ends, each shorter than the one before it: a gap is of no more use once a later one was as long. */
  past: Gap[];
}
interface Gap {
  from: number;
  until: number;
}

/** Shorter ones make no difference to what is judged in seconds, and a busy fleet is full of them, in ms. */
const SHORTEST_MS = 250;
/** Nothing is judged by what is older, in ms. */
const KEPT_MS = 24 * 3_600_000;

export const createIngestGaps = (): IngestGaps => ({ lastArrivalAt: null, past: [] });

/** An event of some agent arrived. */
export function recordArrival(gaps: IngestGaps, now: number): void {
  if (gaps.lastArrivalAt !== null) recordGap(gaps, gaps.lastArrivalAt, now);
  gaps.lastArrivalAt = Math.max(gaps.lastArrivalAt ?? now, now);
}

/** A stretch in which nothing could arrive, because nothing was listening. */
export function recordGap(gaps: IngestGaps, from: number, until: number): void {
  if (until - from < SHORTEST_MS) return;
  while (gaps.past.length > 0 && length(gaps.past.at(-1)!) <= until - from) gaps.past.pop();
  gaps.past.push({ from, until });
  while (gaps.past[0]!.until < until - KEPT_MS) gaps.past.shift();
}

/** Length of the longest gap since then, the ongoing one included, in ms: 0 to `now - since`. */
export function longestGap({ lastArrivalAt, past }: IngestGaps, since: number, now: number): number {
  const open = now - Math.max(lastArrivalAt ?? since, since);
  return past.reduce((longest, { from, until }) => Math.max(longest, until - Math.max(from, since)), Math.max(open, 0));
}

const length = ({ from, until }: Gap): number => until - from;
