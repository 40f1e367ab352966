import { and, eq, gte, isNull, lte, max, ne, or, sql } from "drizzle-orm";
import type { Efficacy } from "@/lib/core/agents/recall";
import type { AgentAction, ApprovalState, ProposalState } from "@/lib/core/base/vocabulary";
import { SentinelError } from "@/lib/errors";
import type { Db, Statement } from "../client";
import { actionRuns, approvals, directives, immuneMemory, incidents, proposals } from "../schema";

export type Proposal = typeof proposals.$inferSelect;
export type Approval = typeof approvals.$inferSelect;
export type ActionRun = typeof actionRuns.$inferSelect;
/** What was tried on an agent: a rung of its ladder. */
export type AgentRun = ActionRun & { subjectKind: "agent"; action: AgentAction | "manual" };
export type AgentProposal = Proposal & { subjectKind: "agent"; action: AgentAction | "manual" };

/** An agent's runs carry an agent's actions: they are only ever written together. */
const ofAgents = (rows: ActionRun[]): AgentRun[] => rows.filter((row): row is AgentRun => row.subjectKind === "agent");
export const isOfAgent = (row: Proposal): row is AgentProposal => row.subjectKind === "agent";

export async function findProposal(db: Db, id: string): Promise<Proposal | null> {
  return (await db.query.proposals.findFirst({ where: eq(proposals.id, id) })) ?? null;
}

/** Throws not_found. */
export async function getApproval(db: Db, id: string): Promise<Approval> {
  const approval = await db.query.approvals.findFirst({ where: eq(approvals.id, id) });
  if (!approval) throw new SentinelError("not_found", { detail: "No approval has this ID" });
  return approval;
}

/** The decision on a proposal, if it asked for one. */
export async function findApprovalOf(db: Db, proposalId: string): Promise<Approval | null> {
  return (await db.query.approvals.findFirst({ where: eq(approvals.proposalId, proposalId) })) ?? null;
}

export async function listProposalsOf(db: Db, incidentId: string): Promise<Proposal[]> {
  return db.select().from(proposals).where(eq(proposals.incidentId, incidentId)).orderBy(proposals.createdAt);
}

/** Approved, by a person or by policy, and not begun: what a crash may have left. */
export async function listApproved(db: Db): Promise<Proposal[]> {
  return db.select().from(proposals).where(eq(proposals.state, "approved"));
}

export async function listApprovalsToExpire(db: Db, now: number): Promise<Approval[]> {
  return db
    .select()
    .from(approvals)
    .where(and(eq(approvals.state, "pending"), lte(approvals.expiresAt, now)));
}

export async function listPendingApprovals(db: Db, incidentId?: string): Promise<Approval[]> {
  return db
    .select()
    .from(approvals)
    .where(and(eq(approvals.state, "pending"), incidentId ? eq(approvals.incidentId, incidentId) : undefined));
}

export async function listActionRunsOf(db: Db, incidentId: string): Promise<ActionRun[]> {
  return db.select().from(actionRuns).where(eq(actionRuns.incidentId, incidentId)).orderBy(actionRuns.startedAt);
}

/** What was tried on the agents of an incident, oldest first. */
export async function listAgentRunsOf(db: Db, incidentId: string): Promise<AgentRun[]> {
  return ofAgents(await listActionRunsOf(db, incidentId));
}

/** Actions on agents that are not judged yet. */
export async function listUnjudged(db: Db): Promise<AgentRun[]> {
  return ofAgents(await unjudged(db, "agent"));
}

/** Operations on services that are not judged yet. */
export async function listUnjudgedServiceRuns(db: Db): Promise<ActionRun[]> {
  return unjudged(db, "service");
}

const unjudged = (db: Db, kind: ActionRun["subjectKind"]): Promise<ActionRun[]> =>
  db
    .select()
    .from(actionRuns)
    .where(and(eq(actionRuns.outcome, "pending"), eq(actionRuns.subjectKind, kind)));

/** A claim: moves a proposal on from a state. */
export function proposalClaim(db: Db, id: string, from: ProposalState, to: ProposalState): Statement {
  return db
    .update(proposals)
    .set({ state: to })
    .where(and(eq(proposals.id, id), eq(proposals.state, from)));
}

/** A claim: decides a pending approval. */
export function approvalClaim(
  db: Db,
  id: string,
  to: Exclude<ApprovalState, "pending">,
  set: Partial<
    Pick<Approval, "decidedAt" | "decidedBy" | "decidedByName" | "comment" | "evidenceOpened" | "voidReason">
  >,
): Statement {
  return db
    .update(approvals)
    .set({ ...set, state: to })
    .where(and(eq(approvals.id, id), eq(approvals.state, "pending")));
}

/** Of an incident: an action was approved, by a person or by policy, and has not begun, or has begun and not ended. */
const ACTING = `EXISTS (SELECT 1 FROM proposals WHERE incident_id = ?1 AND state = 'approved')
  OR EXISTS (SELECT 1 FROM action_runs WHERE incident_id = ?1 AND state = 'started')`;

/** Whether an approved action of an incident waits or runs. */
export async function isActing(db: Db, incidentId: string): Promise<boolean> {
  const { rows } = await db.$client.execute({ sql: `SELECT ${ACTING} AS acting`, args: [incidentId] });
  return Number(rows[0]?.["acting"]) === 1;
}

/** A claim: no approved action of the incident waits or runs. Changes nothing. */
export const notActingClaim = (incidentId: string): Statement => ({
  sql: `UPDATE incidents SET state = state WHERE id = ?1 AND NOT (${ACTING})`,
  args: [incidentId],
});

/** Ends every pending approval of an incident, and its proposal, because what they were bound to has moved. */
export function voidApprovals(incidentId: string, reason: string, now: number): Statement[] {
  return [
    {
      sql: `UPDATE proposals SET state = 'void' WHERE incident_id = ? AND state IN ('pending', 'approved')`,
      args: [incidentId],
    },
    {
      sql: `UPDATE approvals SET state = 'void', void_reason = ?, decided_at = ? WHERE incident_id = ? AND state = 'pending'`,
      args: [reason, now, incidentId],
    },
  ];
}

/** A claim: judges an action that was not judged yet. */
export function judgeClaim(
  db: Db,
  id: string,
  set: Partial<Pick<ActionRun, "state" | "outcome" | "verification" | "judgedAt" | "undoneAt" | "detail" | "endedAt">>,
): Statement {
  return db
    .update(actionRuns)
    .set(set)
    .where(and(eq(actionRuns.id, id), eq(actionRuns.outcome, "pending")));
}

/** A claim: the action was acknowledged; its effect is measured from here on. */
export function acknowledgeClaim(db: Db, id: string, set: Pick<ActionRun, "acknowledgedAt" | "probation">): Statement {
  return db
    .update(actionRuns)
    .set(set)
    .where(and(eq(actionRuns.id, id), eq(actionRuns.outcome, "pending"), isNull(actionRuns.acknowledgedAt)));
}

/** The memory that concerns an agent: its own, its type's, the fleet's. */
export async function listMemory(db: Db, agentId: string, type: string): Promise<Efficacy[]> {
  return db
    .select()
    .from(immuneMemory)
    .where(
      or(
        and(eq(immuneMemory.scope, "agent"), eq(immuneMemory.scopeId, agentId)),
        and(eq(immuneMemory.scope, "type"), eq(immuneMemory.scopeId, type)),
        eq(immuneMemory.scope, "fleet"),
      ),
    );
}

export function saveEfficacy(e: Efficacy): Statement {
  return {
    sql: `INSERT INTO immune_memory (scope, scope_id, diagnosis, action, attempts, successes, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (scope, scope_id, diagnosis, action) DO UPDATE SET
            attempts = excluded.attempts, successes = excluded.successes, updated_at = excluded.updated_at`,
    args: [e.scope, e.scopeId, e.diagnosis, e.action, e.attempts, e.successes, e.updatedAt],
  };
}

/** The directive that a run of an action issued, if it got that far. */
export async function findDirectiveOfRun(db: Db, actionRunId: string) {
  return (await db.query.directives.findFirst({ where: eq(directives.actionRunId, actionRunId) })) ?? null;
}

/** When an operation for another incident was last measured to have helped each service, from `since` until this one opened (epoch ms). */
export async function lastRecoveries(
  db: Db,
  incident: { id: string; openedAt: number },
  since: number,
): Promise<Map<string, number>> {
  const rows = await db
    .select({ id: actionRuns.subjectId, at: max(actionRuns.judgedAt) })
    .from(actionRuns)
    .where(
      and(
        gte(actionRuns.startedAt, since),
        eq(actionRuns.subjectKind, "service"),
        eq(actionRuns.outcome, "recovered"),
        ne(actionRuns.incidentId, incident.id),
        lte(actionRuns.judgedAt, incident.openedAt),
      ),
    )
    .groupBy(actionRuns.subjectId);
  return new Map(rows.flatMap(({ id, at }) => (at === null ? [] : [[id, at]])));
}

/** A claim: writes down how a started run ended. `cannot_tell`: nobody knows whether it was carried out. */
export const endRunClaim = (
  db: Db,
  id: string,
  set: Pick<ActionRun, "state" | "detail" | "endedAt"> & Partial<Pick<ActionRun, "result" | "directiveVersion">>,
): Statement =>
  db
    .update(actionRuns)
    .set(set)
    .where(and(eq(actionRuns.id, id), eq(actionRuns.state, "started")));

/** What is left to do in a database that holds one incident of services (a drill): its state, approved proposals, firing alerts. */
export async function findWork(db: Db, incidentId: string) {
  const [row] = await db
    .select({
      state: incidents.state,
      approved: sql<number>`(SELECT count(*) FROM proposals WHERE state = 'approved')`,
      firing: sql<number>`(SELECT count(*) FROM alerts WHERE ends_at IS NULL)`,
    })
    .from(incidents)
    .where(eq(incidents.id, incidentId));
  return row ?? null;
}
