import type { IncidentCommand } from "@/lib/contracts/incidents";
import { canMoveIncident, move } from "@/lib/core/base/lifecycle";
import type { Db } from "@/lib/db/client";
import { newId } from "@/lib/db/ids";
import { type Plan } from "@/lib/db/plan";
import { type Agent, getAgent } from "@/lib/db/queries/agents";
import { getIncident, type Incident, listSubjects } from "@/lib/db/queries/incidents";
import { changes } from "@/lib/db/schema";
import type { Actor } from "./actor";
import { redirect } from "./agents/command";
import { acknowledge } from "./acknowledge";
import { allowHolds } from "./allow-holds";
import { close } from "./close";
import { commitOrConflict, conflict } from "./commit-or-conflict";
import { healNow } from "./heal-now";
import { note } from "./note";
import { recordByHand } from "./record-by-hand";
import { investigateAgain } from "./investigate-again";
import { wakeFor } from "./wake-services";

/** What a person does with an incident. Throws `conflict` when its state does not allow it. */
export async function commandIncident(
  db: Db,
  incidentId: string,
  command: IncidentCommand,
  comment: string | undefined,
  by: Actor,
  now: number,
): Promise<void> {
  switch (command) {
    case "acknowledge":
      return acknowledge(db, incidentId, by, now, comment);
    case "heal":
      return healNow(db, incidentId, by, now, comment);
    case "allow":
      return allowHolds(db, incidentId, by, now, comment);
    case "investigate":
      return investigateAgain(db, incidentId, by, now, comment);
    case "by_hand":
      return recordByHand(db, incidentId, by, now, comment);
    case "note":
      return note(db, incidentId, by, now, comment);
    case "accept":
    case "dismiss":
      return dismiss(db, incidentId, command === "accept", comment, by, now);
  }
}

/** Closes an incident without an action. Of agents it frees those that it held; `accepted`: what they do now is normal. */
async function dismiss(
  db: Db,
  incidentId: string,
  accepted: boolean,
  comment: string | undefined,
  by: Actor,
  now: number,
): Promise<void> {
  const outcome = accepted ? `accepted as normal by ${by.name}` : `dismissed by ${by.name}`;
  const said = comment ? `${outcome}: ${comment}` : outcome;
  const service = await commitOrConflict(db, async (plan) => {
    const incident = await getIncident(db, incidentId);
    if (!canMoveIncident(incident.state, "dismissed")) throw conflict(`The incident is already ${incident.state}`);
    const ofService = incident.kind === "service";
    const closing = {
      state: "dismissed",
      outcome: ofService ? said : outcome,
      healed: false,
      text: said,
      data: { by: by.id, accepted },
    } as const;
    await close(plan, db, incident, closing, now);
    if (!ofService)
      for (const { subjectId } of await listSubjects(db, incident.id)) {
        const agent = await getAgent(db, subjectId);
        if (accepted) plan.write(acceptLevel(db, agent, outcome, by, now));
        await free(plan, db, incident, agent, outcome, by, now);
      }
    return ofService;
  });
  wakeFor(db, service ? "service" : "agent");
}

/** Has the next sweep learn what the agent does now. */
const acceptLevel = (db: Db, agent: Agent, outcome: string, by: Actor, now: number) =>
  db.insert(changes).values({
    id: newId("chg"),
    subjectKind: "agent",
    subjectId: agent.id,
    kind: "config",
    at: now,
    declared: true,
    note: outcome,
    source: by.id,
    status: "expected",
    accept: true,
    createdAt: now,
  });

/** Releases a subject of an incident that ends, unless another incident has it by now. */
async function free(
  plan: Plan,
  db: Db,
  incident: Incident,
  agent: Agent,
  outcome: string,
  by: Actor,
  now: number,
): Promise<void> {
  if (agent.incidentId !== incident.id || agent.state === "healthy") return;
  const set = { state: move(agent.state, "healthy", "person"), incidentId: null };
  await redirect(
    plan,
    { db, agent, reason: undefined, by, now, how: {} },
    { status: "run" },
    set,
    `Released: ${outcome}`,
    "agent.release",
  );
}
