import { QUARTER_MS, type Window } from "./windows";

/** What was used in a quarter of an hour, by its beginning in epoch ms. Quarters without use are left out. */
export interface Point {
  at: number;
  used: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far back the rate is taken from: the last hour for what ends today, a whole day for a month, since nights are quiet. */
export const lookbackMs = (window: Window): number => (window.end - window.start > 2 * DAY_MS ? DAY_MS : HOUR_MS);
/** Part of the look-back that has to be known before anything is said: a few calls are no rate. */
const KNOWN = 1 / 2;

export type Forecast =
  /** `reason` as people read it. */
  | { kind: "none"; reason: string }
  | {
      kind: "forecast";
      /** Used per hour, over `overMs` until now. */
      perHour: number;
      overMs: number;
      /** What will have been used when the window ends, at this rate. */
      atEnd: number;
      /** When the limit is reached, epoch ms; null: not within the window. */
      reachesAt: number | null;
    };

/**
 * Where use leads if it goes on as it did: the mean rate over the last hour (of a month: day), carried on in a straight line.
 * It knows nothing of working hours, which is why it is said together with its rate. No forecast before half of that time is known.
 */
export function forecast(input: {
  points: readonly Point[];
  window: Window;
  used: number;
  /** Null: there is none; then only rate and end are told. */
  limit: number | null;
  now: number;
}): Forecast {
  const { window, used, limit, now } = input;
  const lookback = lookbackMs(window);
  const began = input.points.reduce((first, { at }) => Math.min(first, at), Infinity);
  const from = Math.max(now - lookback, began);
  const overMs = now - from;
  if (!(overMs >= lookback * KNOWN)) return { kind: "none", reason: "too little data for a forecast" };
  // A quarter that began before counts with the part that lies in the look-back.
  const recent = input.points.reduce((sum, { at, used: one }) => sum + one * partAfter(at, from, now), 0);
  const perHour = (recent * HOUR_MS) / overMs;
  const atEnd = used + (perHour * Math.max(0, window.end - now)) / HOUR_MS;
  const reaches = limit === null || used >= limit || perHour === 0 ? null : now + ((limit - used) * HOUR_MS) / perHour;
  return {
    kind: "forecast",
    perHour,
    overMs,
    atEnd,
    reachesAt: reaches !== null && reaches < window.end ? Math.round(reaches) : null,
  };
}

/** Which part of a quarter, as far as it is over, lies after a moment. */
function partAfter(at: number, from: number, now: number): number {
  const end = Math.min(at + QUARTER_MS, now);
  if (end <= from) return 0;
  return at >= from ? 1 : (end - from) / Math.max(1, end - at);
}
