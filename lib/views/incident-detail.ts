import { asc, eq } from "drizzle-orm";
import type { ApprovalBrief, IncidentDetail, ProposalView } from "@/lib/contracts/incidents";
import { describeAnomaly } from "@/lib/core/agents/words";
import type { Db } from "@/lib/db/client";
import { anomalies, approvals, findings, incidents, proposals, streamEvents } from "@/lib/db/schema";
import { CHANGE_WINDOW_MS } from "@/lib/core/agents/diagnose";
import { listChangesAround } from "@/lib/db/queries/changes";
import { listSubjects } from "@/lib/db/queries/incidents";
import { listAgentsInIncident } from "@/lib/db/queries/agents";
import { findPostmortem, listDiagnoses } from "@/lib/db/queries/investigations";
import { listActionsOf, shownAction } from "./healing";
import type { OperationText } from "@/lib/db/schema/healing";
import { type Incident, summaries } from "./incidents";

/** A page of an incident's story. The longest are those of a fleet's shared cause, with some lines an agent. */
const TIMELINE_SHOWN = 1_000;
const ANOMALIES_SHOWN = 500;

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
    anomalies: found.map(anomalyView),
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

export const anomalyView = ({
  evidence: a,
  ...anomaly
}: typeof anomalies.$inferSelect): IncidentDetail["anomalies"][number] => ({
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
});

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
