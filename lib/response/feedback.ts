import { commit } from "@/lib/db/commit";
import type { Db } from "@/lib/db/client";
import { type CauseRow, listCauses } from "@/lib/db/queries/investigations";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "./actor";

/** A person's word on a cause. The episode remembers it: what was called wrong is told last the next time. Throws not_found. */
export async function giveFeedback(
  db: Db,
  incidentId: string,
  causeId: string,
  thumb: 1 | -1,
  by: Actor,
  now: number,
): Promise<CauseRow> {
  const cause = (await listCauses(db, incidentId)).find(({ id }) => id === causeId);
  if (!cause) throw new SentinelError("not_found", { detail: "This incident has no such cause" });
  const before = cause.feedback ?? 0;
  const won = await commit(db, {
    claims: [
      {
        sql: "UPDATE causes SET feedback = ?, feedback_by = ? WHERE id = ? AND coalesce(feedback, 0) = ?",
        args: [thumb, by.name, causeId, before],
      },
    ],
    writes: [
      {
        sql: "UPDATE episodes SET feedback = feedback + ? WHERE incident_id = ?",
        args: [cause.rank === 0 ? thumb - before : 0, incidentId],
      },
    ],
    events: [
      {
        at: now,
        type: "cause.feedback",
        incidentId,
        serviceId: cause.node,
        text: `${by.name} marked ${cause.rank === 0 ? "the top cause" : `cause ${cause.rank + 1}`} as ${thumb === 1 ? "correct" : "wrong"}`,
        data: { cause: causeId, thumb, by: by.id },
      },
    ],
  });
  if (!won) throw new SentinelError("conflict", { detail: "Somebody else gave feedback at the same time" });
  return { ...cause, feedback: thumb, feedbackBy: by.name };
}
