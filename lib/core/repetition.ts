/**
 * The same action with the same result, over and over. Kept per run (or per agent, when actions carry no run): the last
 * few pairs, short cycles included, since A-B-A-B makes as little progress as A-A.
 */
export interface Trail {
  /** The last pairs, oldest first, as small numbers: position in `known`. */
  last: string[];
}

/** How far back a repetition is looked for. */
export const TRAIL = 10;

export const createTrail = (): Trail => ({ last: [] });

/**
 * Add one action and its result; how often this very pair occurred in the window, this time included.
 */
export function step(trail: Trail, actionHash: string, resultHash: string | null): number {
  const pair = `${actionHash}\u0000${resultHash ?? ""}`;
  trail.last.push(pair);
  if (trail.last.length > TRAIL) trail.last.shift();
  let times = 0;
  for (const p of trail.last) if (p === pair) times++;
  return times;
}
