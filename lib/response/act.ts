import { canMoveIncident } from "@/lib/core/base/lifecycle";
import { commit } from "@/lib/db/commit";
import { Plan } from "@/lib/db/plan";
import { type Proposal, proposalClaim } from "@/lib/db/queries/healing";
import { getIncident, incidentClaim } from "@/lib/db/queries/incidents";
import { actionRuns } from "@/lib/db/schema";
import type { Driver, Target } from "./driver";
import { type Acted, aboutOf, allowedBy, startedRun, voidProposal } from "./proposal";

/**
 * Carries out an approved proposal, once: the claim on it is the only way to here, and the run is written down before anything is
 * touched. The target must still be as it was when the proposal was made, else the proposal is void. Whether it helped is
 * measured later, by `verify`.
 */
export async function act<T extends Target>(
  driver: Pick<Driver<T>, "db" | "now" | "load" | "prepare">,
  proposal: Proposal,
): Promise<Acted> {
  const { db, now } = driver;
  if (proposal.state !== "approved") return { kind: "lost" };
  const [target, incident, by] = await Promise.all([
    driver.load(proposal.subjectId),
    getIncident(db, proposal.incidentId),
    allowedBy(db, proposal),
  ]);
  if (target === null || target.stateVersion !== proposal.targetVersion)
    return voidProposal(db, proposal, `${proposal.subjectId} has changed since it was proposed`, now);
  if (incident.state !== "acting" && !canMoveIncident(incident.state, "acting"))
    return voidProposal(db, proposal, `the incident is ${incident.state}`, now);
  const prepared = await driver.prepare(proposal, target, by);
  if (prepared.kind === "waiting") return prepared;
  if (prepared.kind === "void") return voidProposal(db, proposal, prepared.reason, now);

  const run = startedRun(proposal, by.name, now);
  const plan = new Plan()
    .claim(
      proposalClaim(db, proposal.id, "approved", "executed"),
      ...prepared.claims,
      incidentClaim(db, incident, { state: "acting" }),
    )
    .write(db.insert(actionRuns).values(run), ...prepared.writes)
    .tell({
      at: now,
      type: "action.started",
      ...aboutOf(proposal),
      incidentId: incident.id,
      text: `${prepared.title} started on ${target.id}, by ${by.name}`,
      data: { run: run.id, ...prepared.data },
    });
  if (!(await commit(db, plan))) return { kind: "lost" };
  await prepared.perform(run);
  return { kind: "begun", runId: run.id };
}
