import {
  MINUTE_MS,
  minuteOf,
  SPAN_SIGNALS,
  type SpanMinute,
  type SpanSignal,
  spanSignals,
} from "@/lib/core/services/span-signals";
import type { Db } from "@/lib/db/client";
import { grouped } from "@/lib/core/base/grouped";
import { listHeardMinutes, listSpanMinutes, listTraced } from "@/lib/db/queries/span-rollups";
import { couldNotLook, found } from "./looked";
import { type Prometheus, stepFor } from "./prometheus";
import { selector } from "./promql";

/** What a series of spans is read by, as a query would be written: `traces_errors{service="shop"}`. */
export const tracesQuery = (signal: string, service: string): string => `traces_${signal}${selector({ service })}`;

const QUERY = new RegExp(`^traces_(${SPAN_SIGNALS.join("|")})\\{service=("(?:[^"\\\\]|\\\\.)*")\\}$`, "s");

/** Null for what is a query to somebody else. */
function parse(query: string): { signal: SpanSignal; service: string } | null {
  const match = QUERY.exec(query);
  if (match === null) return null;
  try {
    return { signal: match[1] as SpanSignal, service: JSON.parse(match[2]!) as string };
  } catch {
    // Alerts' expressions are read too: an escape that JSON does not have is none of ours.
    return null;
  }
}

/** Whether a minute without spans of a service was one without requests: others were heard, or there are no others. */
const heardIn = (heard: ReadonlySet<number>, traced: number, t: number): boolean =>
  traced <= 1 || heard.has(minuteOf(t)) || heard.has(minuteOf(t) - MINUTE_MS);

/** What can be asked for a series: spans that were taken, and Prometheus where one is configured. */
export type SeriesReader = Pick<Prometheus, "source" | "range">;

/**
 * Reads series of spans from the database, and all others from `prometheus` (null: none is configured). Null where there is nothing
 * to ask for any of the queries. `now`: epoch ms.
 */
export function seriesReader(
  db: Db,
  prometheus: SeriesReader | null,
  queries: readonly { query: string }[],
  now: number,
): SeriesReader | null {
  if (prometheus === null && !queries.some(({ query }) => parse(query) !== null)) return null;
  return {
    source: prometheus?.source ?? "traces",
    range: async (query, range, signal) => {
      const asked = parse(query);
      if (asked === null)
        return prometheus?.range(query, range, signal) ?? couldNotLook("metrics", "no Prometheus is configured");
      const window = { from: minuteOf(range.from * 1e3) - MINUTE_MS, to: range.to * 1e3 };
      const [rows, heard, traced] = await Promise.all([
        listSpanMinutes(db, { ...window, service: asked.service }),
        listHeardMinutes(db, window),
        listTraced(db),
      ]);
      const firstAt = traced.find(({ id }) => id === asked.service)?.firstAt ?? null;
      // One that spans do not measure here: a recording may have its series.
      if (firstAt === null) return prometheus?.range(query, range, signal) ?? found("traces", []);
      const minutes = new Map(rows.map((row) => [row.at, row]));
      const minutesHeard = new Set(heard);
      const step = stepFor(range);
      const points: [number, number][] = [];
      for (let t = Math.ceil(Math.max(range.from, firstAt / 1e3) / step) * step; t <= range.to; t += step) {
        const at = t * 1e3;
        const value = spanSignals(minutes, {
          t: at,
          now,
          firstAt,
          heard: heardIn(minutesHeard, traced.length, at),
        })[asked.signal];
        if (value !== undefined) points.push([t, value]);
      }
      return found("traces", points.length > 0 ? [{ labels: { service: asked.service }, points }] : []);
    },
  };
}

export interface TracedNow {
  values: Readonly<Record<string, number>>;
  /** Spans arrived within the last minute or two. */
  heard: boolean;
}

/** The signals of every service that spans measure, at this moment (epoch ms). */
export async function tracedSignals(db: Db, now: number): Promise<Map<string, TracedNow>> {
  const from = minuteOf(now) - MINUTE_MS;
  const traced = await listTraced(db);
  if (traced.length === 0) return new Map();
  const rows = await listSpanMinutes(db, { from, to: now });
  const of = grouped(rows, ({ serviceId }) => serviceId);
  const heard = new Set(rows.map(({ at }) => at));
  return new Map(
    traced.map(({ id, firstAt }): [string, TracedNow] => {
      const own = of.get(id) ?? [];
      const minutes = new Map<number, SpanMinute>(own.map((row) => [row.at, row]));
      const values =
        firstAt === null
          ? {}
          : spanSignals(minutes, { t: now, now, firstAt, heard: heardIn(heard, traced.length, now) });
      return [id, { values, heard: own.length > 0 }];
    }),
  );
}
