import { and, asc, count, desc, eq, gte, inArray, isNull, lt, ne, notInArray, sql, type SQL } from "drizzle-orm";
import type { z } from "zod";
import type { IncidentsAnswer, IncidentsQuery, IncidentSummary } from "@/lib/contracts/incidents";
import { incidentTitle } from "@/lib/core/causes/incident-title";
import { isClosed } from "@/lib/core/base/lifecycle";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import type { SubjectKind } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { alerts, incidentSubjects, incidents } from "@/lib/db/schema";
import { grouped } from "@/lib/core/base/grouped";

/** Of one service's history, as many as a screen shows. */
const INCIDENTS_LISTED = 50;

export const CLOSED_STATES = INCIDENT_STATES.filter(isClosed);

export type Incident = typeof incidents.$inferSelect;

/**
 * Incidents that match, newest first; `total` counts all of them, whatever the page. Those that opened in the same
 * millisecond as a page's last one are on that page too, so that paging by `before` skips none.
 */
export async function listIncidents(db: Db, query: z.output<typeof IncidentsQuery>): Promise<IncidentsAnswer> {
  const matching = and(
    inState(query.state),
    withSubject("agent", query.agent),
    withSubject("service", query.service),
    query.kind === undefined
      ? undefined
      : query.kind === "services"
        ? eq(incidents.kind, "service")
        : ne(incidents.kind, "service"),
    query.assignee === undefined
      ? undefined
      : query.assignee === "none"
        ? isNull(incidents.assigneeId)
        : eq(incidents.assigneeId, query.assignee),
    query.min_severity === undefined ? undefined : gte(incidents.severity, query.min_severity),
  );
  const page = and(matching, query.before === undefined ? undefined : lt(incidents.openedAt, query.before));
  const last = db
    .$with("page")
    .as(
      db
        .select({ openedAt: incidents.openedAt })
        .from(incidents)
        .where(page)
        .orderBy(desc(incidents.openedAt))
        .limit(query.limit),
    );
  const [rows, [total]] = await Promise.all([
    db
      .with(last)
      .select()
      .from(incidents)
      .where(and(page, sql`${incidents.openedAt} >= (SELECT min(opened_at) FROM page)`))
      .orderBy(desc(incidents.openedAt), desc(incidents.id)),
    db.select({ n: count() }).from(incidents).where(matching),
  ]);
  return { incidents: await summaries(db, rows), total: total?.n ?? 0 };
}

/** Incidents of one service, newest first; or the one of an id. */
export async function listIncidentsOf(db: Db, by: "service" | "incident", id: string): Promise<IncidentSummary[]> {
  const rows = await db
    .select()
    .from(incidents)
    .where(by === "incident" ? eq(incidents.id, id) : withSubject("service", id))
    .orderBy(desc(incidents.openedAt))
    .limit(INCIDENTS_LISTED);
  return summaries(db, rows);
}

function inState(state: z.output<typeof IncidentsQuery>["state"]): SQL | undefined {
  switch (state) {
    case undefined:
      return undefined;
    case "active":
      return notInArray(incidents.state, CLOSED_STATES);
    case "closed":
      return inArray(incidents.state, CLOSED_STATES);
    case "open":
    case "investigating":
    case "awaiting_approval":
    case "acting":
    case "verifying":
    case "resolved":
    case "rejected":
    case "escalated":
    case "dismissed":
      return eq(incidents.state, state);
  }
}

const withSubject = (kind: SubjectKind, id: string | undefined): SQL | undefined =>
  id === undefined
    ? undefined
    : sql`${incidents.id} IN (SELECT incident_id FROM incident_subjects WHERE subject_kind = ${kind} AND subject_id = ${id})`;

export async function summaries(db: Db, rows: readonly Incident[]): Promise<IncidentSummary[]> {
  const ids = JSON.stringify(rows.map((row) => row.id));
  const counted = db
    .select({
      incidentId: alerts.incidentId,
      firing: sql<number>`sum(${alerts.endsAt} IS NULL)`,
      total: count(),
      repeats: sql<number>`sum(${alerts.count} - 1)`,
    })
    .from(alerts)
    .where(sql`${alerts.incidentId} IN (SELECT value FROM json_each(${ids}))`)
    .groupBy(alerts.incidentId);
  const subjects = await db
    .select({
      incidentId: incidentSubjects.incidentId,
      kind: incidentSubjects.subjectKind,
      id: incidentSubjects.subjectId,
      role: incidentSubjects.role,
    })
    .from(incidentSubjects)
    .where(sql`${incidentSubjects.incidentId} IN (SELECT value FROM json_each(${ids}))`)
    // The primary ones first.
    .orderBy(desc(incidentSubjects.role), asc(incidentSubjects.subjectId));
  const of = grouped(subjects, (subject) => subject.incidentId);
  const alerted = new Map((await counted).map(({ incidentId, ...counts }) => [incidentId, counts]));
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    state: row.state,
    title: incidentTitle(row),
    severity: row.severity,
    diagnosis: row.diagnosis,
    cause: row.causeKind === null ? null : { node: row.causeNode, kind: row.causeKind },
    alerts: row.kind === "service" ? (alerted.get(row.id) ?? { firing: 0, total: 0, repeats: 0 }) : null,
    previous_incident_id: row.previousIncidentId,
    confidence: row.confidence,
    mode: row.mode,
    subjects: (of.get(row.id) ?? []).map(({ kind, id, role }) => ({ kind, id, role })),
    onset_at: row.onsetAt,
    opened_at: row.openedAt,
    contained_at: row.containedAt,
    healed_at: row.healedAt,
    closed_at: row.closedAt,
    acknowledged_at: row.acknowledgedAt,
    acknowledged_by: row.acknowledgedBy,
    assignee: row.assigneeId === null ? null : { id: row.assigneeId, name: row.assigneeName ?? row.assigneeId },
    snoozed_until: row.snoozedUntil,
    outcome: row.outcome,
    would_have: row.wouldHave,
  }));
}
