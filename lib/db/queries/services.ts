import { and, count, eq, gte, inArray, isNull, or, sql } from "drizzle-orm";
import type { KnownService } from "@/lib/core/alerts/service-identity";
import type { IncidentState, ServiceState } from "@/lib/core/base/vocabulary";
import { SentinelError } from "@/lib/errors";
import type { Db, Statement } from "../client";
import { incidents, maintenanceWindows, serviceEdges, services } from "../schema";
import type { DetectorState } from "@/lib/core/detection/detect";

export type Service = typeof services.$inferSelect;

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

/** Windows that are open now or will be. */
export const listMaintenance = (db: Db, now: number) =>
  db.select().from(maintenanceWindows).where(gte(maintenanceWindows.endsAt, now));

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
