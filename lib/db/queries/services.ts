import { and, count, eq, gte, inArray, isNull, lte, or, sql } from "drizzle-orm";
import type { Series } from "@/lib/core/evidence/bundle";
import type { DetectorState } from "@/lib/core/detection/detect";
import type { KnownService } from "@/lib/core/alerts/service-identity";
import type { SignalNow } from "@/lib/core/services/signal-watch";
import type { SignalSpec } from "@/lib/core/services/signals";
import type { IncidentState, ServiceState } from "@/lib/core/base/vocabulary";
import { SentinelError } from "@/lib/errors";
import type { Db, Statement } from "../client";
import {
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
  if (!service) throw new SentinelError("not_found", { detail: "No service has this name" });
  return service;
}

/** Corrects what is known of a service. */
export const describeService = (
  db: Db,
  id: string,
  set: Partial<Pick<Service, "kind" | "owner" | "version">>,
): Statement => db.update(services).set(set).where(eq(services.id, id));

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

/** What was measured of an incident is not measured any more. */
export const dropIncidentSignals = (db: Db, incidentId: string): Statement =>
  db.delete(incidentSignals).where(eq(incidentSignals.incidentId, incidentId));

/** What is measured of an incident is in this unit. */
export const setSignalUnit = (db: Db, incidentId: string, unit: string | null): Statement =>
  db.update(incidentSignals).set({ unit }).where(eq(incidentSignals.incidentId, incidentId));

/** A claim: ends a maintenance window that has not ended yet. */
export const endMaintenanceClaim = (id: string, now: number): Statement => ({
  sql: "UPDATE maintenance_windows SET ends_at = ? WHERE id = ? AND ends_at > ?",
  args: [now, id, now],
});

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

/** The same for many that nothing more is known of, as one statement. */
export const enterServices = (ids: readonly string[], source: string, now: number): Statement => ({
  sql: `INSERT INTO services (id, source, state_since, first_seen_at, last_seen_at)
        SELECT value, ?1, ?2, ?2, ?2 FROM json_each(?3) WHERE true ON CONFLICT DO NOTHING`,
  args: [source, now, JSON.stringify(ids)],
});

/** Services that may be known from traces alone: each is judged at every look, and a sender can make up names. */
const TRACED_MAX = 2_000;

/** Which of these services are known, or may be entered now because traces name them. */
export async function admitTraced(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const [known, [traced]] = await Promise.all([
    db
      .select({ id: services.id })
      .from(services)
      .where(sql`${services.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`),
    db.select({ n: count() }).from(services).where(eq(services.source, "traces")),
  ]);
  const admitted = new Set(known.map(({ id }) => id));
  let room = TRACED_MAX - (traced?.n ?? 0);
  for (const id of ids) if (!admitted.has(id) && room-- > 0) admitted.add(id);
  return admitted;
}

/** Services by id, with what is known of where they run. */
export const listPlaces = (db: Db): Promise<KnownService[]> =>
  db.select({ id: services.id, scope: services.scope }).from(services);

/** Notes where a service runs, and enters it if it is not known; `source` says from where it is known then. */
export const recordServiceScope = ({ id, scope }: KnownService, now: number, source = "alert"): Statement => ({
  sql: `INSERT INTO services (id, source, scope, state_since, first_seen_at, last_seen_at) VALUES (?1, ?4, ?2, ?3, ?3, ?3)
        ON CONFLICT (id) DO UPDATE SET scope = excluded.scope`,
  args: [id, JSON.stringify(scope), now, source],
});

/** Services that a source of metrics tells of, all at once. One that an alert or a file named first is watched from now on. */
export const enterWatched = (
  found: readonly Readonly<{ name: string; labelKey: string; selector: Record<string, string> }>[],
  now: number,
): Statement => ({
  sql: `INSERT INTO services (id, source, label_key, labels, state_since, first_seen_at, last_seen_at)
        SELECT e.value->>0, 'prometheus', e.value->>1, e.value->>2, ?2, ?2, ?2 FROM json_each(?1) e WHERE true
        ON CONFLICT (id) DO UPDATE SET label_key = excluded.label_key, labels = excluded.labels WHERE services.label_key IS NULL`,
  args: [JSON.stringify(found.map((one) => [one.name, one.labelKey, JSON.stringify(one.selector)])), now],
});

/** Calls that traces tell of, all at once, with the services at their ends. */
export function addCalls(calls: readonly { caller: string; callee: string; via: string }[], now: number): Statement[] {
  const args = [JSON.stringify(calls.map(({ caller, callee, via }) => [caller, callee, via])), now];
  const enter = (end: 0 | 1): Statement => ({
    sql: `INSERT INTO services (id, source, state_since, first_seen_at, last_seen_at)
          SELECT DISTINCT e.value->>${end}, 'traces', ?2, ?2, ?2 FROM json_each(?1) e WHERE true ON CONFLICT DO NOTHING`,
    args,
  });
  return [
    enter(0),
    enter(1),
    {
      sql: `INSERT INTO service_edges (caller, callee, source, last_seen_at)
            SELECT e.value->>0, e.value->>1, e.value->>2, ?2 FROM json_each(?1) e WHERE true
            ON CONFLICT (caller, callee) DO UPDATE SET last_seen_at = excluded.last_seen_at`,
      args,
    },
  ];
}

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

/** The detectors of these services, as they learned from this look. */
export const saveBaselines = (learned: readonly (readonly [serviceId: string, DetectorState])[]): Statement => ({
  sql: "UPDATE services SET baseline = e.value->>1 FROM json_each(?) e WHERE services.id = e.value->>0",
  args: [JSON.stringify(learned.map(([id, baseline]) => [id, JSON.stringify(baseline)]))],
});

/** These services were measured. */
export const markServicesSeen = (ids: readonly string[], now: number): Statement => ({
  sql: "UPDATE services SET last_seen_at = ? WHERE id IN (SELECT value FROM json_each(?))",
  args: [now, JSON.stringify(ids)],
});

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
