import { canMoveIncident } from "@/lib/core/base/lifecycle";
import { actionName } from "@/lib/core/agents/words";
import type { Db } from "@/lib/db/client";
import { newId } from "@/lib/db/ids";
import { getAgent } from "@/lib/db/queries/agents";
import { listActionRunsOf, listProposalsOf, type Proposal } from "@/lib/db/queries/healing";
import { getIncident, type Incident, incidentClaim, listSubjects } from "@/lib/db/queries/incidents";
import { listAllCauses } from "@/lib/db/queries/investigations";
import { getService } from "@/lib/db/queries/services";
import { proposals } from "@/lib/db/schema";
import type { Actor } from "./actor";
import { commitOrConflict, conflict } from "./commit-or-conflict";
import { aboutOf, approvedBy, proposalDigest } from "./proposal";
import { wakeFor } from "./wake-services";

/**
 * A person asks for healing after a rejection, an expiry or an escalation: the last proposal that was not carried out, else the last
 * that was, is made anew for its target as it is now, with this person's approval; the loop carries it out at once. Throws
 * `conflict` when there is nothing to heal, or an action is already under way.
 */
export async function healNow(db: Db, incidentId: string, by: Actor, now: number, comment?: string): Promise<void> {
  const { subjectKind } = await commitOrConflict(db, async (plan) => {
    const incident = await getIncident(db, incidentId);
    const row = await renewed(db, incident, by, now);
    plan
      .claim(incidentClaim(db, incident, {}))
      .write(db.insert(proposals).values(row), approvedBy(db, row, by, comment ?? null, now))
      .tell({
        at: now,
        type: "approval.approved",
        ...aboutOf(row),
        incidentId,
        text: `${by.name} chose “heal now”: ${actionName(row)} on ${row.subjectId}${comment ? `: ${comment}` : ""}`,
        data: { proposal: row.id, by: by.id },
      });
    return row;
  });
  wakeFor(db, subjectKind);
}

/** The proposal that is to be carried out, for its target as it is now. */
async function renewed(db: Db, incident: Incident, by: Actor, now: number): Promise<Proposal> {
  if (incident.state !== "rejected" && incident.state !== "escalated")
    throw conflict(
      `"Heal now" is available for rejected and escalated incidents; this one is ${incident.state.replaceAll("_", " ")}`,
    );
  const [subjects, list, runs, causes] = await Promise.all([
    listSubjects(db, incident.id),
    listProposalsOf(db, incident.id),
    listActionRunsOf(db, incident.id),
    listAllCauses(db, incident.id),
  ]);
  if (runs.some((run) => run.outcome === "pending") || list.some(({ state }) => state === "approved"))
    throw conflict("An action is already in progress");
  const proposed = list.filter(({ action }) => action !== "manual");
  const last =
    proposed.findLast((p) => p.state === "rejected" || p.state === "expired" || p.state === "void") ?? proposed.at(-1);
  const primary = subjects.find((subject) => subject.role === "primary");
  if (!last || !primary)
    throw conflict("No action was proposed for this incident. Release or quarantine the agent manually");
  if (!canMoveIncident(incident.state, "acting")) throw conflict("The incident is closed");
  const target = await (last.subjectKind === "service"
    ? getService(db, last.subjectId)
    : getAgent(db, primary.subjectId));
  const row: Proposal = {
    ...last,
    id: newId("pro"),
    state: "approved",
    policy: "ask",
    reason: `"heal now" by ${by.name}`,
    targetVersion: target.stateVersion,
    createdAt: now,
    expiresAt: null,
  };
  row.digest = proposalDigest(row, causes[0]?.cites ?? []);
  return row;
}
