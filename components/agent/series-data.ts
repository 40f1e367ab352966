import type { SeriesAnswer } from "@/lib/contracts/agents";

export interface Point {
  at: number;
  value: number | null;
  /** Null where no band is known. */
  band: [number, number] | null;
  /** The extremes of the events that the point stands for. */
  range: [number, number] | null;
}

/** A silence this many times the usual distance between two points is drawn as a gap, not as a line across it. */
const GAP_FACTOR = 6;
const MIN_GAP_MS = 5_000;

/** The points as a chart wants them, with a hole wherever the agent reported nothing. Input is ordered by time. */
export function withGaps(points: SeriesAnswer["points"]): Point[] {
  const distances = points.slice(1).map((point, index) => point.at - points[index]!.at);
  const usual = [...distances].sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
  const limit = Math.max(usual * GAP_FACTOR, MIN_GAP_MS);
  return points.flatMap((point, index) => {
    const drawn: Point = {
      at: point.at,
      value: point.value,
      band: point.low === null || point.high === null ? null : [point.low, point.high],
      range: point.max > point.min ? [point.min, point.max] : null,
    };
    const before = points[index - 1];
    const hole = before !== undefined && point.at - before.at > limit;
    return hole ? [{ at: before.at + 1, value: null, band: null, range: null }, drawn] : [drawn];
  });
}

/** The top of the axis: everything that is drawn, with a little air. */
export function axisTop(points: readonly Point[]): number {
  const highs = points.flatMap(({ value, band, range }) => [value ?? 0, band?.[1] ?? 0, range?.[1] ?? 0]);
  return Math.max(...highs, 0) * 1.08 || 1;
}
