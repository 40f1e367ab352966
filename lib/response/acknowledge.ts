import type { Db } from "@/lib/db/client";
import { acknowledgeIncident } from "@/lib/db/queries/incident-writes";
import { getIncident } from "@/lib/db/queries/incidents";
import type { Actor } from "./actor";
import { commitOrConflict, conflict } from "./commit-or-conflict";

/** Says that a person works on an incident: escalations end, receivers are told. Throws `conflict` when somebody did before, or it has closed. */
export async function acknowledge(
  db: Db,
  incidentId: string,
  by: Actor,
  now: number,
  comment: string | undefined,
): Promise<void> {
  await commitOrConflict(db, async (plan) => {
    const incident = await getIncident(db, incidentId);
    if (incident.closedAt !== null) throw conflict(`The incident is already ${incident.state}`);
    if (incident.acknowledgedBy !== null) throw conflict(`${incident.acknowledgedBy} has already acknowledged it`);
    plan.claim(acknowledgeIncident(incidentId, by.name, now)).tell({
      at: now,
      type: "incident.acknowledged",
      incidentId,
      text: `${by.name} acknowledged the incident${comment ? `: ${comment}` : ""}`,
      data: { by: by.id },
    });
  });
}
