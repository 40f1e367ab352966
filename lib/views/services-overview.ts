import { and, count, eq, isNull, sql } from "drizzle-orm";
import { quantile } from "simple-statistics";
import type { OverviewAnswer } from "@/lib/contracts/overview";
import { ANSWERS, type EventType } from "@/lib/core/base/events";
import { SERVICE_STATES, type ServiceState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { alerts, services } from "@/lib/db/schema";

/** Durations are told of the newest so many incidents: what is true now, not what was a year ago. */
const RECENT_INCIDENTS = 200;

/** The services in figures: how many are how, and how long their incidents took to be answered by a person and to be over. */
export async function loadServicesOverview(db: Db): Promise<OverviewAnswer["services"]> {
  const [states, [firing], acknowledge, resolve] = await Promise.all([
    db.select({ state: services.state, n: count() }).from(services).groupBy(services.state),
    db
      .select({ n: count() })
      .from(alerts)
      .where(and(isNull(alerts.endsAt), eq(alerts.muted, false))),
    untilEvent(db, ANSWERS),
    untilEvent(db, ["incident.resolved"]),
  ]);
  const none = Object.fromEntries(SERVICE_STATES.map((state) => [state, 0])) as Record<ServiceState, number>;
  return {
    total: states.reduce((sum, { n }) => sum + n, 0),
    by_state: { ...none, ...Object.fromEntries(states.map(({ state, n }) => [state, n])) },
    firing: firing?.n ?? 0,
    time_to_acknowledge: acknowledge,
    time_to_resolve: resolve,
  };
}

/** From the opening of a service incident to its first event of these types, over the newest that got there. */
async function untilEvent(db: Db, types: readonly EventType[]): Promise<OverviewAnswer["services"]["time_to_resolve"]> {
  const rows = await db.all<{ ms: number }>(sql`
    SELECT max(0, min(e.at) - i.opened_at) AS ms
    FROM incidents i JOIN stream_events e ON e.incident_id = i.id
    WHERE i.kind = 'service' AND e.type IN (SELECT value FROM json_each(${JSON.stringify(types)}))
    GROUP BY i.id ORDER BY i.opened_at DESC LIMIT ${RECENT_INCIDENTS}`);
  if (rows.length === 0) return null;
  const [p50, p90] = quantile(
    rows.map(({ ms }) => ms),
    [0.5, 0.9],
  );
  return { p50: p50!, p90: p90!, n: rows.length };
}
