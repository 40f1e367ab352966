import { and, asc, count, desc, eq, sql } from "drizzle-orm";
import type { z } from "zod";
import type { ApprovalsAnswer, ApprovalsQuery, ApprovalView } from "@/lib/contracts/approvals";
import { incidentTitle } from "@/lib/core/causes/incident-title";
import type { Db } from "@/lib/db/client";
import { agents, approvals, causes, findings, incidents, proposals, services } from "@/lib/db/schema";
import { canHealNow } from "./agents";
import { grouped } from "@/lib/core/base/grouped";
import { approvalBrief, proposalView } from "./incident-detail";

/**
 * Approvals with the evidence that each is decided on: pending ones first, the most severe of them at the top, then the
 * decided ones, newest first. `counts.rejected` are those that still wait for "heal now".
 */
export async function listApprovals(db: Db, query: z.output<typeof ApprovalsQuery>): Promise<ApprovalsAnswer> {
  const pendingFirst = sql`${approvals.state} = 'pending'`;
  const [rows, [pending], [rejected]] = await Promise.all([
    select(db)
      .where(query.state ? eq(approvals.state, query.state) : undefined)
      .orderBy(
        desc(pendingFirst),
        desc(sql`iif(${pendingFirst}, ${proposals.severity}, 0)`),
        desc(sql`coalesce(${approvals.decidedAt}, ${approvals.requestedAt})`),
      )
      .limit(query.limit),
    db.select({ n: count() }).from(approvals).where(eq(approvals.state, "pending")),
    db
      .select({ n: count() })
      .from(approvals)
      .innerJoin(incidents, eq(incidents.id, approvals.incidentId))
      .where(and(eq(approvals.state, "rejected"), eq(incidents.state, "rejected"))),
  ]);
  return {
    approvals: await withEvidence(db, rows),
    counts: { pending: pending?.n ?? 0, rejected: rejected?.n ?? 0 },
  };
}

/** One approval as a screen shows it; null if there is none of this id. */
export async function findApproval(db: Db, id: string): Promise<ApprovalView | null> {
  const [view] = await withEvidence(db, await select(db).where(eq(approvals.id, id)));
  return view ?? null;
}

const select = (db: Db) =>
  db
    .select({
      approval: approvals,
      proposal: proposals,
      incident: {
        id: incidents.id,
        title: incidents.title,
        severity: incidents.severity,
        state: incidents.state,
        diagnosis: incidents.diagnosis,
        confidence: incidents.confidence,
      },
      cause: { causeNode: incidents.causeNode, causeKind: incidents.causeKind },
      agent: { id: agents.id, type: agents.type, state: agents.state },
      service: { id: services.id, type: services.kind, state: services.state },
    })
    .from(approvals)
    .innerJoin(proposals, eq(proposals.id, approvals.proposalId))
    .innerJoin(incidents, eq(incidents.id, approvals.incidentId))
    .leftJoin(agents, and(eq(approvals.subjectKind, "agent"), eq(agents.id, approvals.subjectId)))
    .leftJoin(services, and(eq(approvals.subjectKind, "service"), eq(services.id, approvals.subjectId)));

type Row = Awaited<ReturnType<typeof select>>[number];

async function withEvidence(db: Db, rows: readonly Row[]): Promise<ApprovalView[]> {
  const incidentIds = sql`(SELECT value FROM json_each(${JSON.stringify(rows.map((row) => row.incident.id))}))`;
  const [found, first] = await Promise.all([
    db
      .select({ incidentId: findings.incidentId, id: findings.id, kind: findings.kind, title: findings.title })
      .from(findings)
      .where(sql`${findings.incidentId} IN ${incidentIds}`)
      .orderBy(asc(findings.at), asc(findings.id)),
    db
      .select({ cites: causes.cites })
      .from(causes)
      .where(
        sql`${causes.incidentId} IN ${incidentIds} AND ${causes.rank} = (SELECT min(c.rank) FROM causes c WHERE c.incident_id = ${causes.incidentId})`,
      ),
  ]);
  const findingsOf = grouped(found, (finding) => finding.incidentId);
  const cited = new Set(first.flatMap((cause) => cause.cites));
  return rows.map(({ approval, proposal, incident, cause, agent, service }) => ({
    ...approvalBrief(approval),
    digest: approval.digest,
    proposal: proposalView(proposal),
    incident: { ...incident, title: incidentTitle({ ...incident, ...cause }) },
    subject: {
      kind: approval.subjectKind,
      ...(agent ?? service ?? { id: approval.subjectId, type: "unknown", state: "unknown" }),
    },
    // What the winning hypothesis cites comes first.
    evidence: (findingsOf.get(incident.id) ?? [])
      .map(({ id, kind, title }) => ({ id, kind, title }))
      .toSorted((a, b) => Number(cited.has(b.id)) - Number(cited.has(a.id))),
    can_heal_now:
      approval.state === "rejected" &&
      (agent
        ? canHealNow(agent.state, incident.state)
        : incident.state === "rejected" || incident.state === "escalated"),
  }));
}
