import { commit } from "@/lib/db/commit";
import type { Db } from "@/lib/db/client";
import { Plan } from "@/lib/db/plan";
import { getIncident } from "@/lib/db/queries/incidents";
import { addEpisodeFeedback } from "@/lib/db/queries/episodes";
import { type Cause, type CauseRow, feedbackClaim, listCauses } from "@/lib/db/queries/investigations";
import { findScores } from "@/lib/db/queries/scores";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "./actor";
import { rescore } from "./score";

/**
 * A person's word on a cause. The episode remembers it: what was called wrong is told last the next time. On the first cause of an
 * incident that is closed it is the verdict on it, too. Throws not_found.
 */
export async function giveFeedback(
  db: Db,
  incidentId: string,
  causeId: string,
  sign: 1 | -1,
  by: Actor,
  now: number,
): Promise<CauseRow> {
  const cause = (await listCauses(db, incidentId)).find(({ id }) => id === causeId);
  if (!cause) throw new SentinelError("not_found", { detail: "This incident has no such cause" });
  const plan = new Plan().tell({
    at: now,
    type: "cause.feedback",
    incidentId,
    serviceId: cause.node,
    text: `${by.name} marked ${cause.rank === 0 ? "the top cause" : `cause ${cause.rank + 1}`} as ${sign === 1 ? "correct" : "wrong"}`,
    data: { cause: causeId, thumb: sign, by: by.id },
  });
  thumb(plan, incidentId, cause, sign, by);
  const scores = cause.rank === 0 ? await findScores(db, incidentId) : null;
  if (scores)
    plan.claim(
      ...(await rescore(db, await getIncident(db, incidentId), scores, { causeRight: sign === 1 }, by.name, now)),
    );
  if (!(await commit(db, plan)))
    throw new SentinelError("conflict", { detail: "Somebody else gave feedback at the same time" });
  return { ...cause, feedback: sign, feedbackBy: by.name };
}

/** Plans a thumb on a cause, in place of the one that it has. */
export function thumb(plan: Plan, incidentId: string, cause: Cause, sign: 1 | -1, by: Actor): void {
  const before = cause.feedback ?? 0;
  plan
    .claim(feedbackClaim(cause, sign, by.name))
    .write(...(cause.rank === 0 ? [addEpisodeFeedback(incidentId, sign - before)] : []));
}
