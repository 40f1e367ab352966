import type { BudgetWindow } from "../base/vocabulary";
import { localTimeAt, zoneOf } from "../base/time-zone";

/** From `start` to before `end`, epoch ms. */
export interface Window {
  start: number;
  end: number;
}

/** A window that lasts as long as its run: it has no times of its own. */
export const RUN_WINDOW: Window = { start: 0, end: Number.MAX_SAFE_INTEGER };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Spending is kept by quarters of an hour: every zone's days begin at one, since offsets are multiples of it. */
export const QUARTER_MS = 900_000;
export const quarterOf = (at: number): number => Math.floor(at / QUARTER_MS) * QUARTER_MS;

/** The moment at which a local date begins: its midnight, or what comes right after where clocks skip that. */
function beginOf(zone: string, year: number, month: number, day: number): number {
  const local = Date.UTC(year, month, day);
  return local - (zoneOf(zone)?.offsetAt(local) ?? 0) * 60_000;
}

/**
 * The window around a moment, in a zone: days and months by its calendar (a day may last 23 or 25 hours), hours counted from the
 * beginning of the day. Windows of one kind follow each other without gap or overlap. Throws RangeError for a zone that there is not.
 */
export function windowAt(kind: BudgetWindow, zone: string, at: number): Window {
  if (kind === "run") return RUN_WINDOW;
  const local = localTimeAt(zone, at);
  if (local === null) throw new RangeError(`There is no time zone ${JSON.stringify(zone)}`);
  const { year, day } = local;
  const month = local.month - 1;
  if (kind === "month") return { start: beginOf(zone, year, month, 1), end: beginOf(zone, year, month + 1, 1) };
  const today = { start: beginOf(zone, year, month, day), end: beginOf(zone, year, month, day + 1) };
  if (kind === "day") return today;
  const start = today.start + Math.floor((at - today.start) / HOUR_MS) * HOUR_MS;
  return { start, end: Math.min(start + HOUR_MS, today.end) };
}

/** The same, remembering the last one of each kind and zone: events come in the order of time, more or less. */
export function createWindows(): (kind: BudgetWindow, zone: string, at: number) => Window {
  const last = new Map<string, Window>();
  return (kind, zone, at) => {
    const key = `${kind}\n${zone}`;
    const known = last.get(key);
    if (known && at >= known.start && at < known.end) return known;
    const window = windowAt(kind, zone, at);
    last.set(key, window);
    return window;
  };
}

/** Longest a window may be, in ms: for how long what is needed to fill one anew is kept. */
export const LONGEST_WINDOW_MS = 32 * DAY_MS;
