import type { Series } from "./bundle";
import { isRecord, type Json, type JsonRecord, numberOf, timeOf } from "./bundle-times";

/** Fewer points say nothing of a course over time. */
const POINTS_MIN = 2;

type Points = Series["points"];

/** What may stand as a point's value in a row, best first; else the row's only number. */
const VALUES = [
  "value",
  "average",
  "avg",
  "mean",
  "sum",
  "maximum",
  "max",
  "minimum",
  "min",
  "count",
  "p95",
  "p50",
  "v",
  "y",
];

/**
 * The course of one quantity that a record holds itself, whatever its shape: two lists of one length, times and numbers
 * (CloudWatch, Performance Insights), a list of `[time, value]` pairs (Prometheus, Datadog, Grafana), or a list of rows with a time
 * and a value (CloudWatch's datapoints). Rising in time; points without a number are left out. Null if there is none.
 */
export function pointsOf(record: JsonRecord): { points: Points; keys: string[] } | null {
  const lists = Object.entries(record).filter((entry): entry is [string, Json[]] => Array.isArray(entry[1]));
  const times = lists.find(([, list]) => list.length >= POINTS_MIN && list.every((item) => timeOf(item) !== null));
  if (times !== undefined) {
    const values = lists.find(
      ([key, list]) =>
        key !== times[0] && list.length === times[1].length && list.some((item) => numberOf(item) !== null),
    );
    if (values !== undefined)
      return {
        points: rising(times[1].map((t, i) => [timeOf(t), numberOf(values[1][i])])),
        keys: [times[0], values[0]],
      };
  }
  for (const [key, list] of lists) {
    // Grafana's frames: one list a column, the times first.
    const [at, of] = list;
    if (
      Array.isArray(at) &&
      Array.isArray(of) &&
      at.length === of.length &&
      at.length > POINTS_MIN &&
      at.every((t) => timeOf(t) !== null)
    )
      return { points: rising(at.map((t, i) => [timeOf(t), numberOf(of[i])])), keys: [key] };
    if (list.length < POINTS_MIN) continue;
    const pairs = list.map((item): [number | null, number | null] => {
      if (Array.isArray(item) && item.length === 2) return pairOf(item);
      if (isRecord(item)) return rowOf(item);
      return [null, null];
    });
    const points = rising(pairs);
    if (points.length >= POINTS_MIN && points.length * 2 >= list.length) return { points, keys: [key] };
  }
  return null;
}

/** Grafana writes `[value, time]`, everybody else `[time, value]`; a time is never mistaken for a small number. */
function pairOf([a, b]: Json[]): [number | null, number | null] {
  const t = timeOf(a);
  return t === null ? [timeOf(b), numberOf(a)] : [t, numberOf(b)];
}

function rowOf(row: JsonRecord): [number | null, number | null] {
  const t =
    Object.values(row)
      .map(timeOf)
      .find((at) => at !== null) ?? null;
  const numbers = Object.entries(row).filter(
    ([, value]) => typeof value !== "string" && numberOf(value) !== null && timeOf(value) === null,
  );
  // A row with a sentence in it is a message, whatever it counts.
  if (Object.values(row).some((value) => typeof value === "string" && timeOf(value) === null && /\s/.test(value)))
    return [null, null];
  if (t === null || numbers.length === 0 || Object.values(row).some((v) => typeof v === "object" && v !== null))
    return [null, null];
  for (const name of VALUES) {
    const hit = numbers.find(([key]) => key.toLowerCase() === name);
    if (hit !== undefined) return [t, numberOf(hit[1])];
  }
  return numbers.length === 1 ? [t, numberOf(numbers[0]![1])] : [null, null];
}

/** Rows of one table, each with a time and several named numbers and no text: one course a column. Empty if it is no such table. */
export function columnsOf(rows: JsonRecord[]): { metric: string; points: Points }[] {
  if (rows.length < POINTS_MIN) return [];
  const first = rows[0]!;
  const time = Object.keys(first).find((key) => timeOf(first[key]) !== null);
  if (time === undefined) return [];
  if (rows.some((row) => Object.values(row).some((value) => typeof value === "object" && value !== null))) return [];
  const names = Object.keys(first).filter((key) => key !== time && typeof first[key] === "number");
  const texts = Object.keys(first).filter((key) => key !== time && typeof first[key] === "string");
  if (names.length === 0 || texts.some((key) => new Set(rows.map((row) => row[key])).size > 1)) return [];
  return names
    .map((metric) => ({ metric, points: rising(rows.map((row) => [timeOf(row[time]), numberOf(row[metric])])) }))
    .filter(({ points }) => points.length >= POINTS_MIN);
}

const rising = (pairs: [number | null, number | null][]): Points =>
  pairs
    .filter((pair): pair is [number, number] => pair[0] !== null && pair[1] !== null)
    .toSorted((a, b) => a[0] - b[0]);
