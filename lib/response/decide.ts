import { canMoveIncident } from "@/lib/core/base/lifecycle";
import { actionName } from "@/lib/core/agents/words";
import type { BulkDecisionBody, BulkDecisionAnswer, DecisionAnswer } from "@/lib/contracts/approvals";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { getAgent } from "@/lib/db/queries/agents";
import {
  type Approval,
  approvalClaim,
  findProposal,
  getApproval,
  proposalClaim,
  voidApprovals,
} from "@/lib/db/queries/healing";
import { getIncident, type Incident, incidentClaim } from "@/lib/db/queries/incidents";
import { getService } from "@/lib/db/queries/services";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "./actor";
import { commitOrConflict, conflict } from "./commit-or-conflict";
import { healNow } from "./heal-now";
import { Plan } from "@/lib/db/plan";
import { aboutOf } from "./proposal";
import { wakeFor } from "./wake-services";

export interface Decision {
  decision: "approve" | "reject";
  digest: string;
  comment?: string;
  evidenceOpened: boolean;
}

/**
 * A person's decision on exactly what they saw. Throws `conflict` when it was decided before, has expired, is bound to
 * another digest, or when the agent has moved since (then the approval is void and the incident is looked at anew).
 * What is approved is carried out by the loop, at once.
 */
export async function decide(db: Db, approvalId: string, d: Decision, by: Actor, now: number): Promise<DecisionAnswer> {
  const { proposal, answer } = await commitOrConflict(db, async (plan) => {
    const { approval, proposal, target, incident } = await pending(db, approvalId, d.digest, now);
    const to = d.decision === "approve" ? "approved" : "rejected";
    plan
      .claim(
        approvalClaim(db, approval.id, to, {
          decidedAt: now,
          decidedBy: by.id,
          decidedByName: by.name,
          comment: d.comment ?? null,
          evidenceOpened: d.evidenceOpened,
        }),
        proposalClaim(db, proposal.id, "pending", to),
      )
      .tell({
        at: now,
        type: `approval.${to}`,
        ...aboutOf(approval),
        incidentId: incident.id,
        text: `${by.name} ${to} ${actionName(proposal)} on ${target.id}${d.comment ? `: ${d.comment}` : ""}`,
        data: {
          approval: approval.id,
          proposal: proposal.id,
          waited_ms: now - approval.requestedAt,
          evidence_opened: d.evidenceOpened,
          by: by.id,
        },
      });
    if (to === "rejected" && canMoveIncident(incident.state, "rejected"))
      plan.claim(incidentClaim(db, incident, { state: "rejected" }));
    return { proposal, answer: { id: approval.id, state: to, incident_id: incident.id } as const };
  });
  // The loop carries it out: in one place, whoever approved it, and again after a crash.
  if (d.decision === "approve") wakeFor(db, proposal.subjectKind);
  return answer;
}

/** An approval that waits, with what it is about. Throws `conflict` for one that does not, or that is about something else by now. */
async function pending(db: Db, approvalId: string, digest: string, now: number) {
  const approval = await getApproval(db, approvalId);
  if (approval.digest !== digest)
    throw conflict(
      "The proposal has changed since you reviewed it (digest mismatch): review it as it is now, then decide",
    );
  if (approval.state !== "pending")
    throw conflict(`Already ${approval.state}${approval.decidedByName ? ` by ${approval.decidedByName}` : ""}`);
  if (approval.expiresAt <= now) throw conflict("The approval has expired");
  const [proposal, target, incident] = await Promise.all([
    findProposal(db, approval.proposalId),
    getTarget(db, approval),
    getIncident(db, approval.incidentId),
  ]);
  if (!proposal) throw new Error("An approval without its proposal");
  if (target.stateVersion === proposal.targetVersion) return { approval, proposal, target, incident };
  const moved = `${target.id} has changed to ${target.state} since this was proposed`;
  await voidPending(db, approval, incident, moved, now);
  throw conflict(`Void: ${moved}`);
}

/** What a person would have decided on is not so any more: the incident is looked at anew. */
async function voidPending(db: Db, approval: Approval, incident: Incident, reason: string, now: number): Promise<void> {
  const plan = new Plan()
    .claim(approvalClaim(db, approval.id, "void", { voidReason: reason, decidedAt: now }))
    .write(...voidApprovals(incident.id, reason, now))
    .tell({
      at: now,
      type: "approval.void",
      ...aboutOf(approval),
      incidentId: incident.id,
      text: `Approval void: ${reason}`,
    });
  if (incident.state === "awaiting_approval") plan.claim(incidentClaim(db, incident, { state: "investigating" }));
  await commit(db, plan);
}

/** What a decision is about, as it is now. Throws not_found. */
async function getTarget(db: Db, approval: Approval) {
  const { subjectKind, subjectId } = approval;
  const { id, state, stateVersion } = await (subjectKind === "agent"
    ? getAgent(db, subjectId)
    : getService(db, subjectId));
  return { id, state, stateVersion };
}

/** Decides a list, item by item: what fails is told with its reason and takes nothing else with it. */
export async function decideAll(db: Db, body: BulkDecisionBody, by: Actor, now: number): Promise<BulkDecisionAnswer> {
  const answer: BulkDecisionAnswer = { done: [], failed: [] };
  for (const { id, digest } of body.items) {
    try {
      if (body.decision === "heal") {
        const approval = await getApproval(db, id);
        if (approval.digest !== digest)
          throw conflict(
            "The proposal has changed since you reviewed it (digest mismatch): review it as it is now, then decide",
          );
        await healNow(db, approval.incidentId, by, now, body.comment);
        answer.done.push({ id, state: approval.state, incident_id: approval.incidentId });
      } else {
        answer.done.push(
          await decide(
            db,
            id,
            { decision: body.decision, digest, comment: body.comment, evidenceOpened: false },
            by,
            now,
          ),
        );
      }
    } catch (error) {
      if (!(error instanceof SentinelError)) throw error;
      answer.failed.push({ id, reason: error.message });
    }
  }
  return answer;
}
