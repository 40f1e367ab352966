/** Counts of one or several series, each with its labelled runs and the rows on which there was an alarm. */
export interface GaugeCounts {
  points: number;
  runs: number;
  found: number;
  falseEpisodes: number;
}
export const NO_COUNTS: GaugeCounts = { points: 0, runs: 0, found: 0, falseEpisodes: 0 };

/** Alarms with at least so many quiet points between them are episodes of their own. */
const QUIET_POINTS = 10;
/** Alarms so many points before a labelled run belong to it. */
const EARLY_POINTS = 2;

/** First and last row of each stretch that is labelled. */
export function runsOf(labels: readonly boolean[]): [number, number][] {
  const runs: [number, number][] = [];
  labels.forEach((ill, i) => {
    const last = runs.at(-1);
    if (!ill) return;
    if (last !== undefined && last[1] === i - 1) last[1] = i;
    else runs.push([i, i]);
  });
  return runs;
}

/** Labelled runs that were found, and episodes of alarms that touch none; `alarms`: rows, ascending. */
export function gaugeCounts(labels: readonly boolean[], alarms: readonly number[]): GaugeCounts {
  const runs = runsOf(labels);
  const episodes: [number, number][] = [];
  for (const row of alarms) {
    const last = episodes.at(-1);
    if (last !== undefined && row - last[1] <= QUIET_POINTS) last[1] = row;
    else episodes.push([row, row]);
  }
  return {
    points: labels.length,
    runs: runs.length,
    found: runs.filter(([a, b]) => alarms.some((row) => row >= a - EARLY_POINTS && row <= b)).length,
    falseEpisodes: episodes.filter(([a, b]) => !runs.some(([c, d]) => b >= c - EARLY_POINTS && a <= d)).length,
  };
}

export const sumOf = (counts: readonly GaugeCounts[]): GaugeCounts =>
  counts.reduce(
    (sum, c) => ({
      points: sum.points + c.points,
      runs: sum.runs + c.runs,
      found: sum.found + c.found,
      falseEpisodes: sum.falseEpisodes + c.falseEpisodes,
    }),
    NO_COUNTS,
  );
