import { canMoveIncident, type Mover } from "@/lib/core/base/lifecycle";
import type { PolicyDecision } from "@/lib/core/base/policy";
import { actionName } from "@/lib/core/agents/words";
import type { Db, Statement } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { type Approval, findApprovalOf, type Proposal, proposalClaim } from "@/lib/db/queries/healing";
import { getIncident, incidentClaim } from "@/lib/db/queries/incidents";
import { type actionRuns, approvals } from "@/lib/db/schema";
import { digestOf, newId } from "@/lib/db/ids";
import { Plan } from "@/lib/db/plan";

/** What a proposal is, whether it is about an agent or a service: what it is bound to, who allowed it, how it ends unused. */

/** Whom an event about a proposal or an approval is about. */
export const aboutOf = ({ subjectKind, subjectId }: Pick<Approval, "subjectKind" | "subjectId">) =>
  subjectKind === "agent" ? { agentId: subjectId } : { serviceId: subjectId };

/** What an approval is bound to. A digest of it is what a person signs. */
export const proposalDigest = (
  p: Pick<
    Proposal,
    "id" | "incidentId" | "subjectKind" | "subjectId" | "action" | "args" | "targetVersion" | "considered"
  >,
  cites: readonly string[],
): string =>
  digestOf({
    proposal: p.id,
    incident: p.incidentId,
    [p.subjectKind]: p.subjectId,
    action: p.action,
    args: p.args,
    // What exactly runs: the allow-list may change between asking and acting.
    ...(p.subjectKind === "service" ? { operation: p.considered?.operation ?? null } : {}),
    target: p.targetVersion,
    cites: [...cites].toSorted(),
  });

/** How a proposal begins, by what policy says of it. */
export const STATE_OF: Record<PolicyDecision["kind"], Proposal["state"]> = {
  run: "approved",
  ask: "pending",
  record: "proposed",
  refuse: "void",
};

/** The question to a person about a proposal. Throws when it has no end: nobody may be asked for ever. */
export function requestApproval(db: Db, proposal: Proposal): Statement {
  if (proposal.expiresAt === null) throw new Error(`Proposal ${proposal.id} asks for ever`);
  return approvalRow(db, proposal, {
    state: "pending",
    requestedAt: proposal.createdAt,
    expiresAt: proposal.expiresAt,
  });
}

export const approvalRow = (
  db: Db,
  { id, incidentId, subjectKind, subjectId, digest }: Proposal,
  rest: Omit<
    typeof approvals.$inferInsert,
    "id" | "proposalId" | "incidentId" | "subjectKind" | "subjectId" | "digest"
  >,
): Statement =>
  db
    .insert(approvals)
    .values({ id: newId("apr"), proposalId: id, incidentId, subjectKind, subjectId, digest, ...rest });

/** Policy let it run, or a person approved it: the approval says who. Throws for one that nobody allowed. */
export async function allowedBy(db: Db, proposal: Proposal): Promise<{ name: string; mover: Mover }> {
  if (proposal.policy === "run") return { name: "sentinel", mover: "system" };
  const approval = await findApprovalOf(db, proposal.id);
  if (approval?.state !== "approved") throw new Error(`Proposal ${proposal.id} was never approved`);
  return { name: approval.decidedByName ?? "a person", mover: "person" };
}

/** The row of a run that begins now. A proposal runs once: its id is the key. */
export const startedRun = (proposal: Proposal, by: string, now: number) =>
  ({
    id: newId("act"),
    idempotencyKey: proposal.id,
    proposalId: proposal.id,
    incidentId: proposal.incidentId,
    subjectKind: proposal.subjectKind,
    subjectId: proposal.subjectId,
    action: proposal.action,
    args: proposal.args,
    by,
    why: proposal.reason,
    state: "started",
    startedAt: now,
  }) satisfies typeof actionRuns.$inferInsert;

/** What came of an approved proposal whose turn it is. */
export type Acted =
  | { kind: "begun"; runId: string }
  | { kind: "void"; reason: string }
  | { kind: "waiting" }
  | { kind: "lost" };

/** Ends an approved proposal that may not run any more, says why, and lets its incident look for another. */
export async function voidProposal(db: Db, proposal: Proposal, reason: string, now: number): Promise<Acted> {
  const incident = await getIncident(db, proposal.incidentId);
  const plan = new Plan().claim(proposalClaim(db, proposal.id, "approved", "void")).tell({
    at: now,
    type: "proposal.void",
    ...aboutOf(proposal),
    incidentId: proposal.incidentId,
    text: `${actionName(proposal)} was not run: ${reason}`,
  });
  if (canMoveIncident(incident.state, "investigating"))
    plan.claim(incidentClaim(db, incident, { state: "investigating" }));
  await commit(db, plan);
  return { kind: "void", reason };
}
