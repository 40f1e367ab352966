import { hasRole } from "@/lib/auth/people";
import type { Db } from "@/lib/db/client";
import { assignIncident } from "@/lib/db/queries/incident-writes";
import { getIncident } from "@/lib/db/queries/incidents";
import { findUser } from "@/lib/db/queries/users";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "./actor";
import { commitOrConflict, conflict } from "./commit-or-conflict";

/**
 * Gives an incident to a person who may act on it, or to nobody (null). Who has it already keeps it, and nothing is told. Throws `invalid` for
 * somebody who may not, `conflict` for an incident that is closed.
 */
export async function assign(db: Db, incidentId: string, to: string | null, by: Actor, now: number): Promise<void> {
  await commitOrConflict(db, async (plan) => {
    const [incident, person] = await Promise.all([
      getIncident(db, incidentId),
      to === null ? null : findUser(db, to),
    ]);
    if (to !== null && (person === null || !hasRole(person, "operator")))
      throw new SentinelError("invalid", {
        detail: "assignee must be an operator or an admin of this Sentinel",
        fields: [{ field: "assignee", reason: "must be the ID of an operator or an admin" }],
      });
    if (incident.closedAt !== null) throw conflict(`The incident is already ${incident.state}`);
    if (incident.assigneeId === to) return;
    const whom = person === null ? "nobody" : person.id === by.id ? "themselves" : person.name;
    plan.claim(assignIncident(incidentId, person)).tell({
      at: now,
      type: "incident.assigned",
      incidentId,
      text: `${by.name} assigned the incident to ${whom}`,
      data: { by: by.id, to },
    });
  });
}
