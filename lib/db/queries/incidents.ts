import { and, asc, desc, eq, gte, inArray, isNull, lte, ne, sql } from "drizzle-orm";
import type { IncidentState } from "@/lib/core/base/vocabulary";
import { SentinelError } from "@/lib/errors";
import type { Db, Statement } from "../client";
import { grouped } from "@/lib/core/base/grouped";
import { anomalies, changes, findings, incidents, incidentSubjects, streamEvents } from "../schema";

export type Incident = typeof incidents.$inferSelect;
export type AnomalyRow = typeof anomalies.$inferSelect;
export type Subject = typeof incidentSubjects.$inferSelect;

export async function findIncident(db: Db, id: string): Promise<Incident | null> {
  return (await db.query.incidents.findFirst({ where: eq(incidents.id, id) })) ?? null;
}

/** Throws not_found. */
export async function getIncident(db: Db, id: string): Promise<Incident> {
  const incident = await findIncident(db, id);
  if (!incident) throw new SentinelError("not_found", { detail: "No incident has this ID" });
  return incident;
}

/** Incidents of agents; those of services have a loop of their own. */
export async function listIncidentsInStates(db: Db, states: readonly IncidentState[]): Promise<Incident[]> {
  return db
    .select()
    .from(incidents)
    .where(and(inArray(incidents.state, [...states]), ne(incidents.kind, "service")));
}

/** An open incident of this shared cause or limit. */
export async function findOpenByCause(db: Db, causeKey: string): Promise<Incident | null> {
  const where = and(eq(incidents.causeKey, causeKey), isNull(incidents.closedAt));
  return (await db.query.incidents.findFirst({ where })) ?? null;
}

/** Begins the cause of an incident that is about a change of Sentinel itself: nothing went wrong, so that there is nothing to learn or to score. */
export const IMPROVEMENT_CAUSE = "improvement:";

/** The last opened incident of this cause, open or not. */
export async function findLatestByCause(db: Db, causeKey: string): Promise<Incident | null> {
  const where = eq(incidents.causeKey, causeKey);
  return (await db.query.incidents.findFirst({ where, orderBy: desc(incidents.openedAt) })) ?? null;
}

/** How many incidents alerts of a source have opened since a time. */
export async function countOpenedBySource(db: Db, sourceId: string, since: number): Promise<number> {
  const [row] = await db.all<{ n: number }>(
    sql`SELECT count(DISTINCT i.id) AS n FROM incidents i JOIN alerts a ON a.incident_id = i.id
        WHERE i.kind = 'service' AND i.opened_at > ${since} AND a.source_id = ${sourceId}`,
  );
  return Number(row?.n ?? 0);
}

/** Service incidents that were opened before a time, are to be looked at, and that nobody is looking at. */
export async function listWithoutInvestigation(db: Db, openedBefore: number): Promise<Incident[]> {
  const running = sql`EXISTS (SELECT 1 FROM investigations i WHERE i.incident_id = ${incidents.id} AND i.state = 'running')`;
  return db
    .select()
    .from(incidents)
    .where(
      and(
        eq(incidents.kind, "service"),
        inArray(incidents.state, ["open", "investigating"]),
        lte(incidents.openedAt, openedBefore),
        sql`NOT ${running}`,
      ),
    )
    .orderBy(desc(incidents.severity), incidents.openedAt);
}

/** A time in which something else was wrong with a service, in epoch ms. */
export interface OtherTrouble {
  serviceId: string;
  from: number;
  to: number;
}

/** When services had incidents that were over before this one was opened, since a time. */
export async function listOtherTroubles(
  db: Db,
  incident: Pick<Incident, "id" | "openedAt">,
  serviceIds: readonly string[],
  since: number,
): Promise<OtherTrouble[]> {
  const rows = await db
    .select({
      serviceId: incidentSubjects.subjectId,
      from: sql<number>`min(${incidents.onsetAt}, coalesce((SELECT min(i.onset ->> '$.from') * 1000 FROM investigations i WHERE i.incident_id = ${incidents.id}), ${incidents.onsetAt}))`,
      to: incidents.closedAt,
    })
    .from(incidents)
    .innerJoin(incidentSubjects, eq(incidentSubjects.incidentId, incidents.id))
    .where(
      and(
        eq(incidents.kind, "service"),
        ne(incidents.id, incident.id),
        eq(incidentSubjects.subjectKind, "service"),
        sql`${incidentSubjects.subjectId} IN (SELECT value FROM json_each(${JSON.stringify(serviceIds)}))`,
        gte(incidents.closedAt, since),
        lte(incidents.closedAt, incident.openedAt),
      ),
    );
  return rows.map(({ serviceId, from, to }) => ({ serviceId, from, to: to ?? from }));
}

/** Those of these ids that are not closed. */
export async function listOpen(db: Db, ids: readonly string[]): Promise<Incident[]> {
  if (ids.length === 0) return [];
  return db
    .select()
    .from(incidents)
    .where(
      and(sql`${incidents.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`, isNull(incidents.closedAt)),
    );
}

/** Open incidents that agents share without being held for them: of shared causes, and of a limit. */
export async function listOpenShared(db: Db): Promise<Incident[]> {
  return db
    .select()
    .from(incidents)
    .where(and(inArray(incidents.kind, ["external", "limit"]), isNull(incidents.closedAt)));
}

export async function listOpenExternal(db: Db): Promise<Incident[]> {
  return db
    .select()
    .from(incidents)
    .where(and(eq(incidents.kind, "external"), isNull(incidents.closedAt)));
}

export async function listSubjects(db: Db, incidentId: string): Promise<Subject[]> {
  return db.select().from(incidentSubjects).where(eq(incidentSubjects.incidentId, incidentId));
}

/** The subjects of several incidents, by incident. */
export async function listSubjectsOf(db: Db, incidentIds: readonly string[]): Promise<Map<string, Subject[]>> {
  if (incidentIds.length === 0) return new Map();
  const rows = await db
    .select()
    .from(incidentSubjects)
    .where(sql`${incidentSubjects.incidentId} IN (SELECT value FROM json_each(${JSON.stringify(incidentIds)}))`);
  return grouped(rows, (row) => row.incidentId);
}

/** Of an incident's anomalies all, or those of one agent. */
export async function listAnomaliesOf(db: Db, incidentId: string, agentId?: string): Promise<AnomalyRow[]> {
  return db
    .select()
    .from(anomalies)
    .where(
      and(eq(anomalies.incidentId, incidentId), agentId === undefined ? undefined : eq(anomalies.agentId, agentId)),
    )
    .orderBy(anomalies.at);
}

/** Anomalies of agents since a time, in an incident or in none yet. */
export async function listAnomaliesSince(db: Db, agentIds: readonly string[], since: number): Promise<AnomalyRow[]> {
  if (agentIds.length === 0) return [];
  return db
    .select()
    .from(anomalies)
    .where(
      and(
        sql`${anomalies.agentId} IN (SELECT value FROM json_each(${JSON.stringify(agentIds)}))`,
        sql`${anomalies.at} >= ${since}`,
      ),
    )
    .orderBy(anomalies.at);
}

export async function listFindings(db: Db, incidentId: string) {
  return db.select().from(findings).where(eq(findings.incidentId, incidentId)).orderBy(findings.at, findings.id);
}

/** Entries of a timeline that are read at once: a storm's would fill a book. */
const TIMELINE_MAX = 500;

export async function listTimeline(db: Db, incidentId: string) {
  return db
    .select()
    .from(streamEvents)
    .where(eq(streamEvents.incidentId, incidentId))
    .orderBy(asc(streamEvents.seq))
    .limit(TIMELINE_MAX);
}

/** What changed of an agent but for what was done to heal it, newest first. */
export async function listChangesOf(db: Db, agentId: string, since: number) {
  return db
    .select()
    .from(changes)
    .where(
      and(
        eq(changes.subjectKind, "agent"),
        eq(changes.subjectId, agentId),
        ne(changes.kind, "healing"),
        sql`${changes.at} >= ${since}`,
      ),
    )
    .orderBy(desc(changes.at));
}

/** A claim on the incident as it was read. Lost if its state has moved since. */
export function incidentClaim(
  db: Db,
  incident: Pick<Incident, "id" | "stateVersion">,
  set: Partial<Omit<Incident, "id" | "stateVersion">>,
): Statement {
  return db
    .update(incidents)
    .set({ ...set, stateVersion: incident.stateVersion + 1 })
    .where(and(eq(incidents.id, incident.id), eq(incidents.stateVersion, incident.stateVersion)));
}
