import { canMoveIncident, moveIncident } from "@/lib/core/base/lifecycle";
import type { IncidentState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { newId } from "@/lib/db/ids";
import { type Plan } from "@/lib/db/plan";
import { findAgent } from "@/lib/db/queries/agents";
import { listActionRunsOf, type Proposal, voidApprovals } from "@/lib/db/queries/healing";
import { getIncident, type Incident, incidentClaim, listSubjects } from "@/lib/db/queries/incidents";
import { findService } from "@/lib/db/queries/services";
import { actionRuns, proposals } from "@/lib/db/schema";
import { invalidField } from "@/lib/errors";
import type { Actor } from "./actor";
import { commitOrConflict, conflict } from "./commit-or-conflict";
import { aboutOf, healingChange, approvedBy, proposalDigest, startedRun } from "./proposal";
import { wakeFor } from "./wake-services";

/**
 * Records what a person did outside of Sentinel, as an action of theirs that is measured like any other: of a service by what
 * raised the incident, of an agent by its vitals once it runs again. What waited for a decision is void. `what` says what was
 * done. Throws `invalid` without it, `conflict` for an incident that is closed, shared by agents, or being acted upon.
 */
export async function recordByHand(
  db: Db,
  incidentId: string,
  by: Actor,
  now: number,
  what: string | undefined,
): Promise<void> {
  if (!what) throw invalidField("comment", "must say what was done");
  const { subjectKind } = await commitOrConflict(db, async (plan) => {
    const [incident, subjects, runs] = await Promise.all([
      getIncident(db, incidentId),
      listSubjects(db, incidentId),
      listActionRunsOf(db, incidentId),
    ]);
    const ofService = incident.kind === "service";
    const primary = subjects.find(({ role }) => role === "primary");
    if (incident.closedAt !== null) throw conflict(`The incident is already ${incident.state}`);
    if (!primary || incident.kind === "external" || incident.kind === "limit" || incident.kind === "budget")
      throw conflict(
        "Several agents share this incident: record the action on the incident of the agent that you changed",
      );
    if (runs.some(({ outcome }) => outcome === "pending")) throw conflict("An action is already in progress");
    const target = await (ofService ? findService(db, primary.subjectId) : findAgent(db, primary.subjectId));
    if (target === null) throw conflict(`${primary.subjectId} no longer exists`);
    const proposal = byHand(incident, primary, target.stateVersion, what, by, now);
    proposal.digest = proposalDigest(proposal, []);
    plan.write(...voidApprovals(incidentId, `${by.name} recorded a manual action`, now)).tell({
      at: now,
      type: "action.recorded",
      ...aboutOf(proposal),
      incidentId,
      text: `${by.name} recorded a manual action on ${primary.subjectId}: ${what}. Its effect is being measured`,
      data: { proposal: proposal.id, by: by.id },
    });
    if (ofService) done(plan, db, incident, proposal, by, now);
    else approved(plan, db, incident, proposal, by, now);
    return proposal;
  });
  wakeFor(db, subjectKind);
}

/** Of a service it has been done: it is measured from now on. */
function done(plan: Plan, db: Db, incident: Incident, proposal: Proposal, by: Actor, now: number): void {
  const run = { ...startedRun(proposal, by.name, now), state: "done" as const, endedAt: now, detail: "done by hand" };
  plan
    .claim(incidentClaim(db, incident, { state: moveIncident(acting(incident.state), "verifying") }))
    .write(
      db.insert(proposals).values({ ...proposal, state: "executed" }),
      db.insert(actionRuns).values(run),
      healingChange(db, proposal, { note: String(proposal.args["entry"]), by: by.name, at: now, taken: false }, now),
    );
}

/** An agent has to run again to be measured: the next sweep lets it, as it carries out any approved action. */
function approved(plan: Plan, db: Db, incident: Incident, proposal: Proposal, by: Actor, now: number): void {
  plan
    .claim(incidentClaim(db, incident, { state: acting(incident.state) }))
    .write(db.insert(proposals).values(proposal), approvedBy(db, proposal, by, String(proposal.args["entry"]), now));
}

/** The way to `acting`, which an incident that nobody has looked at takes through `investigating`. */
function acting(from: IncidentState): IncidentState {
  if (from === "acting") return from;
  return moveIncident(canMoveIncident(from, "acting") ? from : moveIncident(from, "investigating"), "acting");
}

const byHand = (
  incident: Incident,
  subject: Pick<Proposal, "subjectKind" | "subjectId">,
  targetVersion: number,
  what: string,
  by: Actor,
  now: number,
): Proposal => ({
  id: newId("pro"),
  incidentId: incident.id,
  subjectKind: subject.subjectKind,
  subjectId: subject.subjectId,
  action: "manual",
  args: { entry: what },
  state: "approved",
  rung: 0,
  risk: "none",
  reversible: false,
  blastRadius: "what the person did; nothing further is done by Sentinel",
  expected: "the manual action should end the incident",
  skipped: [],
  severity: incident.severity,
  policy: "ask",
  reason: `done by hand by ${by.name}`,
  digest: "",
  targetVersion,
  considered: null,
  createdAt: now,
  expiresAt: null,
});
