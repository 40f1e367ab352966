import { canMoveIncident } from "@/lib/core/base/lifecycle";
import type { Db, Statement } from "@/lib/db/client";
import { type Plan } from "@/lib/db/plan";
import { listActionRunsOf, listProposalsOf, voidApprovals } from "@/lib/db/queries/healing";
import { getIncident, type Incident, incidentClaim } from "@/lib/db/queries/incidents";
import {
  countInvestigations,
  dropCauses,
  findInvestigation,
  supersedeInvestigation,
} from "@/lib/db/queries/investigations";
import type { Actor } from "./actor";
import { commitOrConflict, conflict } from "./commit-or-conflict";
import { wakeFor } from "./wake-services";

/**
 * Has an open incident investigated again on what is known now: what waits for a decision is void, and what is found replaces what
 * was found before. Throws `conflict` for one that is closed, that is being investigated or acted upon, or that nothing
 * investigates (a containment limit).
 */
export async function investigateAgain(
  db: Db,
  incidentId: string,
  by: Actor,
  now: number,
  comment?: string,
): Promise<void> {
  const ofService = await commitOrConflict(db, async (plan) => {
    const [incident, investigation, runs] = await Promise.all([
      getIncident(db, incidentId),
      findInvestigation(db, incidentId),
      listActionRunsOf(db, incidentId),
    ]);
    const service = incident.kind === "service";
    if (incident.kind === "budget") throw conflict("A budget that is used up has no cause to investigate");
    if (incident.kind === "limit") throw conflict("A containment limit has no cause to investigate");
    if (investigation?.state === "running" || incident.state === "open")
      throw conflict("The incident is already being investigated");
    if (runs.some(({ outcome }) => outcome === "pending")) throw conflict("An action is already in progress");
    if (incident.state !== "investigating" && !canMoveIncident(incident.state, "investigating"))
      throw conflict(`The incident is already ${incident.state}`);
    plan
      .claim(incidentClaim(db, incident, { state: "investigating" }))
      .write(...again(incidentId, `${by.name} requested another investigation`, now, service))
      .tell({
        at: now,
        type: "investigation.requested",
        incidentId,
        text: `${by.name} requested another investigation${comment ? `: ${comment}` : ""}`,
        data: { by: by.id },
      });
    return service;
  });
  wakeFor(db, ofService ? "service" : "agent");
}

/** What was proposed is void; what agents' rules found goes at once, since an incident of agents without causes is investigated. */
const again = (incidentId: string, reason: string, now: number, ofService: boolean): Statement[] => [
  ...voidApprovals(incidentId, reason, now),
  ...(ofService ? [] : [dropCauses(incidentId)]),
];

/** Investigations that joining alerts may start in one incident: a storm that goes on and on must not keep it from ever being explained. */
const MAX_BY_JOINING = 4;

/**
 * Plans another investigation of a service incident because an alert of a service that was not part of it has joined: what was
 * found did not know of it. Nothing is planned before the first investigation has begun, nor while an action is allowed,
 * carried out or measured.
 */
export async function investigateJoined(
  plan: Plan,
  db: Db,
  incident: Incident,
  service: string,
  now: number,
): Promise<void> {
  const waits =
    incident.state === "awaiting_approval" || incident.state === "rejected" || incident.state === "escalated";
  if (!waits && incident.state !== "investigating") return;
  const [before, proposed] = await Promise.all([
    countInvestigations(db, incident.id),
    listProposalsOf(db, incident.id),
  ]);
  if (before === 0 || before > MAX_BY_JOINING || proposed.some(({ state }) => state === "approved")) return;
  const reason = `an alert of ${service} joined the incident`;
  plan
    .claim(incidentClaim(db, incident, { state: "investigating" }))
    .write(...voidApprovals(incident.id, reason, now), supersedeInvestigation(incident.id, reason, now))
    .tell({
      at: now,
      type: "investigation.requested",
      incidentId: incident.id,
      serviceId: service,
      text: `Investigated again: ${reason}`,
    });
}
