import { and, desc, eq, gte, inArray, isNull, lte, or, sql } from "drizzle-orm";
import type { Series } from "@/lib/core/bundle";
import type { DetectorState } from "@/lib/core/detect";
import type { SignalNow } from "@/lib/core/signal-watch";
import type { SignalSpec } from "@/lib/core/signals";
import type { IncidentState, ServiceState } from "@/lib/core/vocabulary";
import { SentinelError } from "@/lib/errors";
import type { Db, Statement } from "../client";
import {
  episodes,
  incidentSignals,
  incidents,
  maintenanceWindows,
  recordedSeries,
  serviceEdges,
  services,
  signals,
} from "../schema";

export type Service = typeof services.$inferSelect;
export type Signal = typeof signals.$inferSelect;
export type IncidentSignal = typeof incidentSignals.$inferSelect;

export async function findService(db: Db, id: string): Promise<Service | null> {
  return (await db.query.services.findFirst({ where: eq(services.id, id) })) ?? null;
}

/** Throws not_found. */
export async function getService(db: Db, id: string): Promise<Service> {
  const service = await findService(db, id);
  if (!service) throw new SentinelError("not_found", { detail: "There is no service of this name" });
  return service;
}

export const listServices = (db: Db): Promise<Service[]> => db.select().from(services).orderBy(services.id);

export const listEdges = (db: Db): Promise<[caller: string, callee: string][]> =>
  db
    .select({ caller: serviceEdges.caller, callee: serviceEdges.callee })
    .from(serviceEdges)
    .then((rows) => rows.map(({ caller, callee }) => [caller, callee]));

export const listSignals = (db: Db, serviceIds?: readonly string[]): Promise<Signal[]> =>
  db
    .select()
    .from(signals)
    .where(serviceIds ? inArray(signals.serviceId, [...serviceIds]) : undefined);

export const listIncidentSignals = (db: Db, incidentId: string): Promise<IncidentSignal[]> =>
  db.select().from(incidentSignals).where(eq(incidentSignals.incidentId, incidentId));

/** Windows that are open now or will be. */
export const listMaintenance = (db: Db, now: number) =>
  db.select().from(maintenanceWindows).where(gte(maintenanceWindows.endsAt, now));

/** Service incidents that are not closed. */
export const listOpenServiceIncidents = (db: Db) =>
  db
    .select()
    .from(incidents)
    .where(and(eq(incidents.kind, "service"), isNull(incidents.closedAt)));

/**
 * Open service incidents in one of the states whose alerts have all ended (there was one, and none flaps), on whose services
 * nothing fires and no signal is off.
 */
export const listPassed = (db: Db, states: readonly IncidentState[]) =>
  db
    .select()
    .from(incidents)
    .where(
      and(
        eq(incidents.kind, "service"),
        isNull(incidents.closedAt),
        inArray(incidents.state, [...states]),
        sql`EXISTS (SELECT 1 FROM alerts a WHERE a.incident_id = ${incidents.id})`,
        sql`NOT EXISTS (SELECT 1 FROM alerts a WHERE a.incident_id = ${incidents.id} AND (a.ends_at IS NULL OR a.flapping))`,
        sql`NOT EXISTS (SELECT 1 FROM incident_subjects s WHERE s.incident_id = ${incidents.id} AND (
          EXISTS (SELECT 1 FROM alerts a WHERE a.service_id = s.subject_id AND a.ends_at IS NULL AND NOT a.muted)
          OR EXISTS (SELECT 1 FROM signals g WHERE g.service_id = s.subject_id AND g.state IN ('over_limit', 'out_of_band'))))`,
      ),
    );

/** A service that is seen for the first time is entered; one that is known stays as it is. */
export const enterService = (
  db: Db,
  id: string,
  source: string,
  now: number,
  more: Partial<Pick<Service, "kind" | "labelKey" | "labels" | "owner">> = {},
): Statement =>
  db
    .insert(services)
    .values({ id, source, stateSince: now, firstSeenAt: now, lastSeenAt: now, ...more })
    .onConflictDoNothing();

/**
 * What a service is now. Its version grows when it is well again: what was proposed for it has lost its reason. Getting
 * worse is no reason to ask anew.
 */
export const moveService = (
  id: string,
  state: ServiceState,
  now: number,
): { sql: string; args: (string | number)[] } => ({
  sql: `UPDATE services SET state = ?, state_since = ?, state_version = state_version + ? WHERE id = ? AND state <> ?`,
  args: [state, now, Number(state === "healthy"), id, state],
});

/** Something happened to services that voids what was proposed for it: a change, an alert's end. */
export const touchServices = (ids: readonly string[]): Statement => ({
  sql: "UPDATE services SET state_version = state_version + 1 WHERE id IN (SELECT value FROM json_each(?))",
  args: [JSON.stringify(ids)],
});

/** A claim on the service as it was read. */
export const serviceClaim = (service: Pick<Service, "id" | "stateVersion">): Statement => ({
  sql: "UPDATE services SET state_version = state_version WHERE id = ? AND state_version = ?",
  args: [service.id, service.stateVersion],
});

export const addEdge = (caller: string, callee: string, source: string, now: number): Statement => ({
  sql: `INSERT INTO service_edges (caller, callee, source, last_seen_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (caller, callee) DO UPDATE SET last_seen_at = excluded.last_seen_at`,
  args: [caller, callee, source, now],
});

/** The services of an incident, and whatever else of theirs is open. */
export async function listServicesAmong(db: Db, ids: readonly string[]): Promise<Service[]> {
  if (ids.length === 0) return [];
  return db
    .select()
    .from(services)
    .where(or(sql`${services.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`));
}

/** How a signal stands now. */
export const saveSignal = (
  db: Db,
  serviceId: string,
  signal: SignalNow,
  { query, spec, now }: { query: string; spec: SignalSpec; now: number },
): Statement => {
  const set = {
    query,
    unit: spec.unit,
    upper: spec.upper ?? null,
    lower: spec.lower ?? null,
    state: signal.state,
    since: signal.since,
    expected: signal.expected,
    ...(signal.value === null ? {} : { value: signal.value, valueAt: now }),
  };
  return db
    .insert(signals)
    .values({ serviceId, name: signal.name, ...set })
    .onConflictDoUpdate({ target: [signals.serviceId, signals.name], set });
};

export const saveBaseline = (db: Db, serviceId: string, baseline: DetectorState): Statement =>
  db.update(services).set({ baseline }).where(eq(services.id, serviceId));

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

/** Closed incidents as they are remembered, the newest first. */
export const listEpisodes = (db: Db, limit: number) =>
  db.select().from(episodes).orderBy(desc(episodes.closedAt)).limit(limit);
