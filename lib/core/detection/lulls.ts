/**
 * Times in which nothing was heard of anybody: the network, the machine or we ourselves were away, and whoever was quiet then
 * proves nothing by it. All times are epoch ms of our own clock.
 */
export interface Lulls {
  /** When anybody was last heard of; null: not yet. */
  heardAt: number | null;
  /** By their ends, each shorter than the one before it: a lull is of no more use once a later one was as long. */
  past: Lull[];
}
interface Lull {
  from: number;
  until: number;
}

/** Shorter ones make no difference to what is judged in seconds, and a busy fleet is full of them, in ms. */
const SHORTEST_MS = 250;
/** Nothing is judged by what is older, in ms. */
const KEPT_MS = 24 * 3_600_000;

export const createLulls = (): Lulls => ({ heardAt: null, past: [] });

/** Somebody was heard of. */
export function hear(lulls: Lulls, now: number): void {
  if (lulls.heardAt !== null) noteLull(lulls, lulls.heardAt, now);
  lulls.heardAt = Math.max(lulls.heardAt ?? now, now);
}

/** Nothing could be heard from one time to another: nobody listened. */
export function noteLull(lulls: Lulls, from: number, until: number): void {
  if (until - from < SHORTEST_MS) return;
  while (lulls.past.length > 0 && length(lulls.past.at(-1)!) <= until - from) lulls.past.pop();
  lulls.past.push({ from, until });
  while (lulls.past[0]!.until < until - KEPT_MS) lulls.past.shift();
}

/** How long the longest lull since then was, the one that goes on included, in ms: 0 to `now - since`. */
export function longestLull({ heardAt, past }: Lulls, since: number, now: number): number {
  const open = now - Math.max(heardAt ?? since, since);
  return past.reduce((longest, { from, until }) => Math.max(longest, until - Math.max(from, since)), Math.max(open, 0));
}

const length = ({ from, until }: Lull): number => until - from;
