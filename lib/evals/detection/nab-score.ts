/**
 * The Numenta Anomaly Benchmark's score (Lavin & Ahmad 2015, "Evaluating Real-time Anomaly Detection Algorithms"): the
 * first alert in a window earns up to 1, the earlier the more; a missed window costs 1; an alert outside costs up to
 * `fpWeight`, less just after a window. 0 is saying nothing, 100 is perfect.
 */
export interface ScoredSeries {
  rows: number;
  /** First and last row of each window. */
  windows: [number, number][];
  /** Alerting rows. */
  alerts: number[];
}

/** False-positive weights of the published profiles. */
export const NAB_PROFILES = { standard: 0.11, lowFalsePositives: 0.22 } as const;

/** Rows at the start that are not scored: 15 %, at most 750. */
export const unscored = (rows: number) => Math.min(Math.floor(0.15 * rows), 750);

/** 1 far before a window's end, 0 at it, −1 far behind; y in widths of the window. */
const sigmoid = (y: number) => (y > 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1);
const EARLIEST = sigmoid(-1);

export function nabScore(series: readonly ScoredSeries[], fpWeight: number): number {
  let score = 0;
  let total = 0;
  for (const { rows, windows, alerts } of series) {
    total += windows.length;
    const from = unscored(rows);
    const caught = new Map<number, number>();
    for (const row of alerts) {
      if (row < from) continue;
      const inside = windows.findIndex(([a, b]) => row >= a && row <= b);
      if (inside >= 0) {
        const [a, b] = windows[inside]!;
        const worth = sigmoid(-(b - row + 1) / (b - a + 1)) / EARLIEST;
        caught.set(inside, Math.max(caught.get(inside) ?? 0, worth));
        continue;
      }
      const before = windows.filter(([, b]) => b < row).at(-1);
      score += fpWeight * (before === undefined ? -1 : sigmoid((row - before[1]) / Math.max(before[1] - before[0], 1)));
    }
    for (let w = 0; w < windows.length; w++) score += caught.get(w) ?? -1;
  }
  return (100 * (score + total)) / (2 * total);
}
