import type { Db } from "@/lib/db/client";
import { listAgentsInIncident } from "@/lib/db/queries/agents";
import { getIncident, incidentClaim } from "@/lib/db/queries/incidents";
import type { Actor } from "./actor";
import { wake } from "@/lib/wake";
import { commitOrConflict, conflict } from "./commit-or-conflict";

/**
 * Allows as many automatic holds beyond the limits as agents wait for one; the next sweep holds them. People are not bound by the limits,
 * so this asks for no more than a quarantine by hand does. Throws `conflict` when nobody waits.
 */
export async function allowHolds(
  db: Db,
  incidentId: string,
  by: Actor,
  now: number,
  comment: string | undefined,
): Promise<void> {
  await commitOrConflict(db, async (plan) => {
    const incident = await getIncident(db, incidentId);
    if (incident.kind !== "limit") throw conflict("No containment limit was reached in this incident");
    if (incident.closedAt !== null) throw conflict(`The incident is already ${incident.state}`);
    const waiting = await listAgentsInIncident(db, incident.id, "suspected");
    const more = waiting.length - incident.holdsAllowed;
    if (more < 1) throw conflict("Every agent that waits for a quarantine has already been allowed");
    plan.claim(incidentClaim(db, incident, { holdsAllowed: waiting.length })).tell({
      at: now,
      type: "containment.allowed",
      incidentId: incident.id,
      text: `${by.name} allowed ${more} ${more === 1 ? "quarantine" : "quarantines"} beyond the limit${comment ? `: ${comment}` : ""}`,
      data: { by: by.id, agents: waiting.map(({ id }) => id) },
    });
  });
  wake("agents");
}
