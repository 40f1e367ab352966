import { canMoveIncident } from "@/lib/core/base/lifecycle";
import { actionName } from "@/lib/core/agents/words";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { getAgent } from "@/lib/db/queries/agents";
import { getService } from "@/lib/db/queries/services";
import { listActionRunsOf, listProposalsOf, type Proposal } from "@/lib/db/queries/healing";
import { getIncident, listHypotheses, listSubjects } from "@/lib/db/queries/incidents";
import { listCauses } from "@/lib/db/queries/investigations";
import { proposals } from "@/lib/db/schema";
import { SentinelError } from "@/lib/errors";
import { act } from "./agents/act";
import type { Person } from "./decide";
import { newId } from "@/lib/db/ids";
import { Plan } from "@/lib/db/plan";
import { aboutOf, approvalRow, proposalDigest } from "./proposal";
import { wakeServices } from "./wake-services";

/**
 * A person asks for healing after a rejection, an expiry or an escalation: the last proposal that was not carried out,
 * else the last that was, is made anew for the agent as it is now, with this person's approval, and carried out.
 * Throws `conflict` when there is nothing to heal.
 */
export async function healNow(
  db: Db,
  incidentId: string,
  person: Person,
  now: number,
  comment?: string,
): Promise<void> {
  const incident = await getIncident(db, incidentId);
  if (incident.state !== "rejected" && incident.state !== "escalated")
    throw new SentinelError("conflict", {
      detail: `"Heal now" is available for rejected and escalated incidents; this one is ${incident.state.replaceAll("_", " ")}`,
    });
  const [subjects, list, runs, ranked, causes] = await Promise.all([
    listSubjects(db, incidentId),
    listProposalsOf(db, incidentId),
    listActionRunsOf(db, incidentId),
    listHypotheses(db, incidentId),
    listCauses(db, incidentId),
  ]);
  const last =
    list.findLast((p) => p.state === "rejected" || p.state === "expired" || p.state === "void") ?? list.at(-1);
  const primary = subjects.find((subject) => subject.role === "primary");
  if (!last || !primary)
    throw new SentinelError("conflict", {
      detail: "Nothing was ever proposed for it: release or quarantine the agent manually",
    });
  if (runs.some((run) => run.outcome === "pending"))
    throw new SentinelError("conflict", { detail: "An action is already in progress" });
  if (!canMoveIncident(incident.state, "acting")) throw new SentinelError("conflict", { detail: "It is closed" });
  const operation = last.subjectKind === "service";
  const target = operation ? await getService(db, last.subjectId) : await getAgent(db, primary.subjectId);
  const row: Proposal = {
    ...last,
    id: newId("pro"),
    state: "approved",
    policy: "ask",
    reason: `"heal now" by ${person.name}`,
    targetVersion: target.stateVersion,
    createdAt: now,
    expiresAt: null,
  };
  row.digest = proposalDigest(row, (operation ? causes : ranked)[0]?.cites ?? []);
  const plan = new Plan()
    .claim({
      sql: "UPDATE incidents SET state_version = state_version + 1 WHERE id = ? AND state_version = ?",
      args: [incident.id, incident.stateVersion],
    })
    .write(
      db.insert(proposals).values(row),
      approvalRow(db, row, {
        state: "approved",
        requestedAt: now,
        expiresAt: now,
        decidedAt: now,
        decidedBy: person.id,
        decidedByName: person.name,
        comment: comment ?? null,
        evidenceOpened: true,
      }),
    )
    .tell({
      at: now,
      type: "approval.approved",
      ...aboutOf(row),
      incidentId,
      text: `${person.name} asked for ${actionName(row)} on ${target.id} now${comment ? `: ${comment}` : ""}`,
      data: { proposal: row.id },
    });
  if (!(await commit(db, plan))) throw new SentinelError("conflict", { detail: "Somebody else acted first" });
  if (operation) return wakeServices(db);
  const acted = await act(db, row.id, now);
  if (acted.kind === "void") throw new SentinelError("conflict", { detail: acted.reason });
}
