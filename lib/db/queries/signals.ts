import { and, eq, gte, inArray, lte } from "drizzle-orm";
import type { Series } from "@/lib/core/evidence/bundle";
import type { SignalNow } from "@/lib/core/services/signal-watch";
import type { SignalSpec } from "@/lib/core/services/signals";
import type { Db, Statement } from "../client";
import { incidentSignals, recordedSeries, signals } from "../schema";

export type Signal = typeof signals.$inferSelect;
export type IncidentSignal = typeof incidentSignals.$inferSelect;

export const listSignals = (db: Db, serviceIds?: readonly string[]): Promise<Signal[]> =>
  db
    .select()
    .from(signals)
    .where(serviceIds ? inArray(signals.serviceId, [...serviceIds]) : undefined);

export const listIncidentSignals = (db: Db, incidentId: string): Promise<IncidentSignal[]> =>
  db.select().from(incidentSignals).where(eq(incidentSignals.incidentId, incidentId));

/** What was measured of an incident is not measured any more. */
export const dropIncidentSignals = (db: Db, incidentId: string): Statement =>
  db.delete(incidentSignals).where(eq(incidentSignals.incidentId, incidentId));

/** What is measured of an incident is in this unit. */
export const setSignalUnit = (db: Db, incidentId: string, unit: string | null): Statement =>
  db.update(incidentSignals).set({ unit }).where(eq(incidentSignals.incidentId, incidentId));

/** What one look found: each signal as it stands now, in one statement however many services there are. */
export function saveSignals(
  list: readonly { serviceId: string; signal: SignalNow; detail?: string | null; query: string; spec: SignalSpec }[],
  now: number,
): Statement {
  const rows = list.map(({ serviceId, signal, detail, query, spec }) => [
    serviceId,
    signal.name,
    query,
    spec.unit,
    spec.upper ?? null,
    spec.lower ?? null,
    signal.state,
    signal.since,
    signal.expected === null ? null : JSON.stringify(signal.expected),
    signal.value,
    detail ?? null,
    signal.problem,
  ]);
  return {
    // What was not measured now keeps the value that it had, and the time of it.
    sql: `INSERT INTO signals (service_id, name, query, unit, upper, lower, state, since, expected, value, detail, problem, value_at)
          SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3, e.value->>4, e.value->>5, e.value->>6, e.value->>7, e.value->>8, e.value->>9,
            e.value->>10, e.value->>11, iif(e.value->>9 IS NULL, NULL, ?2) FROM json_each(?1) e WHERE true
          ON CONFLICT (service_id, name) DO UPDATE SET query = excluded.query, unit = excluded.unit, upper = excluded.upper, lower = excluded.lower,
            state = excluded.state, since = excluded.since, expected = excluded.expected,
            problem = excluded.problem, detail = iif(excluded.value IS NULL, detail, excluded.detail),
            value = coalesce(excluded.value, value), value_at = coalesce(excluded.value_at, value_at)`,
    args: [JSON.stringify(rows), now],
  };
}

/** Signals that were never measured and that nothing keeps from being read: their services do not have them. */
export const dropAbsentSignals: Statement = {
  sql: "DELETE FROM signals WHERE value_at IS NULL AND problem IS NULL",
  args: [],
};

/** Series that came with recorded incidents, cut to a window in epoch seconds. */
export async function listRecorded(
  db: Db,
  nodes: readonly string[],
  { from, to }: { from: number; to: number },
  metric?: string,
): Promise<Series[]> {
  const rows = await db
    .select()
    .from(recordedSeries)
    .where(
      and(
        inArray(recordedSeries.node, [...nodes]),
        gte(recordedSeries.to, from),
        lte(recordedSeries.from, to),
        metric === undefined ? undefined : eq(recordedSeries.metric, metric),
      ),
    )
    .orderBy(recordedSeries.createdAt);
  // Fired again, a recording replaces what it said before.
  const latest = new Map(rows.map((row) => [`${row.node} ${row.metric}`, row]));
  return [...latest.values()].map(({ node, metric: name, unit, points }) => ({
    node,
    metric: name,
    ...(unit ? { unit } : {}),
    points: points.filter(([t]) => t >= from && t <= to),
  }));
}
