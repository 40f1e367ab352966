import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { listAgentsInIncident } from "@/lib/db/queries/agents";
import { type Incident, incidentClaim } from "@/lib/db/queries/incidents";
import { SentinelError } from "@/lib/errors";
import type { Person } from "./decide";
import { Plan } from "@/lib/db/plan";
import { wake } from "@/lib/wake";

const conflict = (detail: string) => new SentinelError("conflict", { detail });

/**
 * Allows as many automatic holds beyond the limits as agents wait for one; the next sweep holds them. People are not bound by the limits,
 * so this asks for no more than a quarantine by hand does. Throws `conflict` when nobody waits.
 */
export async function allowHolds(
  db: Db,
  incident: Incident,
  person: Person,
  now: number,
  comment: string | undefined,
): Promise<void> {
  if (incident.kind !== "limit") throw conflict("No containment limit was reached in this incident");
  if (incident.closedAt !== null) throw conflict(`The incident is ${incident.state} already`);
  const waiting = await listAgentsInIncident(db, incident.id, "suspected");
  const more = waiting.length - incident.holdsAllowed;
  if (more < 1) throw conflict("No agent is waiting for a quarantine that is not already allowed");
  const plan = new Plan().claim(incidentClaim(db, incident, { holdsAllowed: waiting.length })).tell({
    at: now,
    type: "containment.allowed",
    incidentId: incident.id,
    text: `${person.name} allowed ${more} ${more === 1 ? "quarantine" : "quarantines"} beyond the limit${comment ? `: ${comment}` : ""}`,
    data: { by: person.id, agents: waiting.map(({ id }) => id) },
  });
  if (!(await commit(db, plan))) throw conflict("The incident was changed by somebody else at the same time");
  wake("agents");
}
