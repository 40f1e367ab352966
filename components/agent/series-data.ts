import type { SeriesAnswer } from "@/lib/contracts/agent-activity";

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

/** Steps of an axis that people read without thinking. */
const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The top of an axis that holds `highest`, as a round number. */
export function axisTop(highest: number): number {
  if (highest <= 0) return 1;
  const decade = 10 ** Math.floor(Math.log10(highest));
  return (ROUND.find((step) => step * decade >= highest) ?? 10) * decade;
}

/** The highest of what is drawn. */
export const highest = (points: readonly Point[]): number =>
  Math.max(0, ...points.flatMap(({ value, band, range }) => [value ?? 0, band?.[1] ?? 0, range?.[1] ?? 0]));

interface Order {
  version: number;
  status: string;
  created_at: number;
}

/** The stretches of `from` to `to` in which the directive in force held the agent. */
export function heldStretches(directives: readonly Order[], from: number, to: number): { from: number; to: number }[] {
  const ordered = directives.toSorted((a, b) => a.version - b.version);
  return ordered.flatMap(({ status, created_at }, index) => {
    const end = ordered[index + 1]?.created_at ?? to;
    const held = status === "quarantined" && end > from && created_at < to;
    return held ? [{ from: Math.max(created_at, from), to: Math.min(end, to) }] : [];
  });
}

/** Of marks along a line those that have room for a word: none within `apart` of the one before it that has. */
export function labelled<M>(marks: readonly M[], at: (mark: M) => number, apart: number): ReadonlySet<M> {
  const chosen = new Set<M>();
  let last = Number.NEGATIVE_INFINITY;
  for (const mark of marks.toSorted((a, b) => at(a) - at(b))) {
    if (at(mark) - last < apart) continue;
    chosen.add(mark);
    last = at(mark);
  }
  return chosen;
}
