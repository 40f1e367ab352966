import { canMoveIncident } from "@/lib/core/base/lifecycle";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { approvalClaim, listApprovalsToExpire, proposalClaim } from "@/lib/db/queries/healing";
import { getIncident, incidentClaim } from "@/lib/db/queries/incidents";
import { Plan } from "@/lib/db/plan";
import { aboutOf } from "./proposal";

/** Ends approvals nobody decided in time: nothing is done, the subject stays as it is, and a person can still heal it. */
export async function expire(db: Db, now: number): Promise<number> {
  let expired = 0;
  for (const approval of await listApprovalsToExpire(db, now)) {
    const incident = await getIncident(db, approval.incidentId);
    const plan = new Plan()
      .claim(
        approvalClaim(db, approval.id, "expired", { decidedAt: now, voidReason: "expired without a decision" }),
        proposalClaim(db, approval.proposalId, "pending", "expired"),
      )
      .tell({
        at: now,
        type: "approval.expired",
        ...aboutOf(approval),
        incidentId: incident.id,
        text: `Expired without a decision; ${approval.subjectId} stays unchanged until somebody chooses “Heal now”`,
        data: { page: true },
      });
    if (canMoveIncident(incident.state, "rejected")) plan.claim(incidentClaim(db, incident, { state: "rejected" }));
    if (await commit(db, plan)) expired += 1;
  }
  return expired;
}
