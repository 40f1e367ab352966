import { and, asc, count, desc, eq, gte, inArray, lt, ne, notInArray, sql, type SQL } from "drizzle-orm";
import type { z } from "zod";
import type {
  ApprovalBrief,
  IncidentDetail,
  IncidentsAnswer,
  IncidentsQuery,
  IncidentSummary,
  ProposalView,
} from "@/lib/contracts/incidents";
import { isClosed } from "@/lib/core/base/lifecycle";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { describeAnomaly } from "@/lib/core/agents/words";
import type { SubjectKind } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import {
  alerts,
  anomalies,
  approvals,
  findings,
  incidentSubjects,
  incidents,
  proposals,
  streamEvents,
} from "@/lib/db/schema";
import { CHANGE_WINDOW_MS } from "@/lib/core/agents/diagnose";
import { listChangesAround } from "@/lib/db/queries/changes";
import { listSubjects } from "@/lib/db/queries/incidents";
import { listAgentsInIncident } from "@/lib/db/queries/agents";
import { grouped } from "@/lib/core/base/grouped";
import { findPostmortem, listDiagnoses } from "@/lib/db/queries/investigations";
import { listActionsOf, shownAction } from "./healing";
import type { OperationText } from "@/lib/db/schema/healing";

/** A page of an incident's story. The longest are those of a fleet's shared cause, with some lines an agent. */
const TIMELINE_SHOWN = 1_000;
const ANOMALIES_SHOWN = 500;

/** Of one service's history, as many as a screen shows. */
const INCIDENTS_LISTED = 50;

export const CLOSED_STATES = INCIDENT_STATES.filter(isClosed);

type Incident = typeof incidents.$inferSelect;

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

/** Changes shown beside an incident; a fleet that is rolled out has one an agent. */
const CHANGES_SHOWN = 50;

async function changesOf(db: Db, { id, kind, onsetAt, closedAt }: Incident) {
  if (kind !== "agent" && kind !== "external") return [];
  const agents = (await listSubjects(db, id)).map(({ subjectId }) => subjectId);
  return listChangesAround(db, agents, onsetAt - CHANGE_WINDOW_MS, closedAt ?? Number.MAX_SAFE_INTEGER, CHANGES_SHOWN);
}

/** One incident in full; null if there is none of this id. */
export async function findIncidentDetail(db: Db, id: string): Promise<IncidentDetail | null> {
  const row = await db.query.incidents.findFirst({ where: eq(incidents.id, id) });
  if (!row) return null;
  const [[incident], limit, changed, found, evidence, causes, proposed, actions, postmortem, timeline] =
    await Promise.all([
      summaries(db, [row]),
      limitOf(db, row),
      changesOf(db, row),
      db.select().from(anomalies).where(eq(anomalies.incidentId, id)).orderBy(asc(anomalies.at)).limit(ANOMALIES_SHOWN),
      db.select().from(findings).where(eq(findings.incidentId, id)).orderBy(asc(findings.at), asc(findings.id)),
      listDiagnoses(db, id),
      db
        .select({ proposal: proposals, approval: approvals })
        .from(proposals)
        .leftJoin(approvals, eq(approvals.proposalId, proposals.id))
        .where(eq(proposals.incidentId, id))
        .orderBy(asc(proposals.createdAt), asc(proposals.id)),
      listActionsOf(db, id),
      findPostmortem(db, id),
      db
        .select()
        .from(streamEvents)
        .where(eq(streamEvents.incidentId, id))
        .orderBy(asc(streamEvents.seq))
        .limit(TIMELINE_SHOWN),
    ]);
  return {
    incident: incident!,
    limit,
    anomalies: found.map(({ evidence: a, ...anomaly }) => ({
      id: anomaly.id,
      agent_id: anomaly.agentId,
      type: anomaly.type,
      metric: anomaly.metric,
      stratum: anomaly.stratum,
      verdict: anomaly.verdict,
      severity: anomaly.severity,
      at: anomaly.at,
      value: a.value,
      expected: a.expected,
      statistic: a.statistic,
      threshold: a.threshold,
      samples: a.samples,
      text: describeAnomaly(a),
    })),
    changes: changed,
    findings: evidence.map(({ id: findingId, kind, title, source, detail, at }) => ({
      id: findingId,
      kind,
      title,
      source,
      detail,
      at,
    })),
    hypotheses: causes.map(
      ({ id: hypothesisId, rank, kind: diagnosis, confidence, statement, weak, cites, author }) => ({
        id: hypothesisId,
        rank,
        diagnosis,
        confidence,
        statement,
        weak,
        cites,
        author,
      }),
    ),
    proposals: proposed.map(({ proposal, approval }) => ({
      ...proposalView(proposal),
      approval: approval && approvalBrief(approval),
    })),
    actions,
    postmortem,
    timeline: timeline.map(({ seq, at, type, text, agentId, serviceId, data }) => ({
      seq,
      at,
      type,
      text,
      agent_id: agentId,
      service_id: serviceId,
      data,
    })),
  };
}

/** Who waits for room under a containment limit; null for any other incident. */
async function limitOf(db: Db, { id, kind, holdsAllowed }: Incident): Promise<IncidentDetail["limit"]> {
  if (kind !== "limit") return null;
  const agents = await listAgentsInIncident(db, id, "suspected");
  return { waiting: agents.map((agent) => agent.id).toSorted(), allowed: holdsAllowed };
}

const operationView = (operation: OperationText | undefined): ProposalView["operation"] =>
  operation ? { title: operation.title, runs: operation.runs, undo: operation.undo, dry_run: operation.dryRun } : null;

export const approvalBrief = (row: typeof approvals.$inferSelect): ApprovalBrief => ({
  id: row.id,
  state: row.state,
  requested_at: row.requestedAt,
  expires_at: row.expiresAt,
  decided_at: row.decidedAt,
  decided_by: row.decidedByName ?? row.decidedBy,
  comment: row.comment,
  void_reason: row.voidReason,
});

export function proposalView(row: typeof proposals.$inferSelect): ProposalView {
  return {
    id: row.id,
    incident_id: row.incidentId,
    subject_kind: row.subjectKind,
    subject_id: row.subjectId,
    action: shownAction(row),
    args: row.args,
    state: row.state,
    rung: row.rung,
    risk: row.risk,
    reversible: row.reversible,
    blast_radius: row.blastRadius,
    expected: row.expected,
    skipped: row.skipped,
    rivals: row.considered?.rivals ?? [],
    untrusted: row.considered?.untrusted ?? [],
    operation: operationView(row.considered?.operation),
    severity: row.severity,
    policy: row.policy,
    reason: row.reason,
    digest: row.digest,
    created_at: row.createdAt,
    expires_at: row.expiresAt,
  };
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

async function summaries(db: Db, rows: readonly Incident[]): Promise<IncidentSummary[]> {
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
    title: row.title,
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
    outcome: row.outcome,
    would_have: row.wouldHave,
  }));
}
