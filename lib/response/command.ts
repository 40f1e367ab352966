import type { AgentCommand } from "@/lib/contracts/agents";
import type { IncidentCommand } from "@/lib/contracts/incidents";
import { canMove, canMoveIncident, move } from "@/lib/core/base/lifecycle";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { type Agent, findDirective, getAgent } from "@/lib/db/queries/agents";
import { voidApprovals } from "@/lib/db/queries/healing";
import { findIncident, getIncident, type Incident, incidentClaim, listSubjects } from "@/lib/db/queries/incidents";
import { changes, directives, incidents, incidentSubjects } from "@/lib/db/schema";
import { SentinelError } from "@/lib/errors";
import { allowHolds } from "./allow-holds";
import type { Person } from "./decide";
import { agentClaim, type DirectivePatch, FULL_AUTONOMY, nextDirective } from "./agents/directives";
import { decideDowngrade } from "./agents/downgrade";
import { healNow } from "./heal-now";
import { newId } from "@/lib/db/ids";
import { Plan } from "@/lib/db/plan";
import { wake } from "@/lib/wake";
import { close } from "./services/close";
import { wakeServices } from "./wake-services";

const conflict = (detail: string) => new SentinelError("conflict", { detail });

/** What a person does to an agent by hand. Throws `conflict` when its state does not allow it, or somebody was faster. */
export async function commandAgent(
  db: Db,
  agentId: string,
  command: AgentCommand,
  reason: string | undefined,
  person: Person,
  now: number,
): Promise<void> {
  const agent = await getAgent(db, agentId);
  const plan = new Plan();
  switch (command) {
    case "quarantine":
      await quarantine(plan, db, agent, reason, person, now);
      break;
    case "release":
      await release(plan, db, agent, reason, person, now);
      break;
    case "pause":
      if (agent.paused) throw conflict(`${agent.id} is already paused`);
      if (isHeld(agent)) throw conflict(`${agent.id} is ${agent.state}: it is not running`);
      await redirect(
        plan,
        db,
        agent,
        { status: "paused" },
        { paused: true },
        `Paused by ${person.name}`,
        reason,
        person,
        now,
      );
      break;
    case "resume":
      if (!agent.paused) throw conflict(`${agent.id} is not paused`);
      await redirect(
        plan,
        db,
        agent,
        { status: isHeld(agent) ? "quarantined" : "run" },
        { paused: false },
        `Resumed by ${person.name}`,
        reason,
        person,
        now,
      );
      break;
    case "lift":
      await redirect(
        plan,
        db,
        agent,
        { revokedTools: [], autonomy: FULL_AUTONOMY, rollbackTo: null },
        {},
        `Restrictions lifted by ${person.name}`,
        reason,
        person,
        now,
      );
      break;
    case "accept_downgrade":
    case "refuse_downgrade":
      decideDowngrade(plan, agent, command === "accept_downgrade", reason, person, now);
      break;
    case "expected":
      expected(plan, agent, reason, person, now);
      break;
    case "heal":
      if (!agent.incidentId) throw conflict(`${agent.id} has no open incident`);
      await healNow(db, agent.incidentId, person, now, reason);
      return;
  }
  if (!(await commit(db, plan))) throw conflict(`${agent.id} was changed by somebody else at the same time`);
  wake("agents");
}

const isHeld = (agent: Agent): boolean =>
  agent.state === "quarantined" || agent.state === "healing" || agent.state === "exhausted";

async function redirect(
  plan: Plan,
  db: Db,
  agent: Agent,
  patch: DirectivePatch,
  set: Parameters<typeof agentClaim>[1],
  text: string,
  reason: string | undefined,
  person: Person,
  now: number,
  incidentId = agent.incidentId,
): Promise<void> {
  const current = await findDirective(db, agent.id, agent.directiveVersion);
  const directive = nextDirective(agent, current, patch, { reason: reason ?? text, by: person.id, incidentId }, now);
  plan
    .claim(agentClaim(agent, { ...set, directive }, now))
    .write(db.insert(directives).values(directive))
    .tell({
      at: now,
      type: `agent.${EVENT_OF[directive.status]}`,
      agentId: agent.id,
      incidentId,
      text: reason ? `${text}: ${reason}` : text,
      data: { version: directive.version, by: person.id },
    });
}

const EVENT_OF = { run: "directed", paused: "paused", quarantined: "quarantined", retired: "retired" } as const;

async function quarantine(
  plan: Plan,
  db: Db,
  agent: Agent,
  reason: string | undefined,
  person: Person,
  now: number,
): Promise<void> {
  if (!canMove(agent.state, "quarantined", "person")) throw conflict(`${agent.id} is already quarantined`);
  let incidentId = agent.incidentId;
  const shared = incidentId ? await findIncident(db, incidentId) : null;
  // What agents share (a cause, a limit) is not what one of them is held for: it goes on without it.
  if (shared?.kind === "external" || shared?.kind === "limit") {
    plan.write({
      sql: "UPDATE incident_subjects SET watch = NULL WHERE incident_id = ? AND subject_kind = 'agent' AND subject_id = ?",
      args: [shared.id, agent.id],
    });
    incidentId = null;
  }
  if (!incidentId) {
    incidentId = newId("inc");
    plan.write(
      db.insert(incidents).values({
        id: incidentId,
        kind: "agent",
        state: "escalated",
        title: `${agent.id}: quarantined manually`,
        severity: 0,
        diagnosis: "unknown",
        mode: "act",
        onsetAt: now,
        openedAt: now,
      }),
      db.insert(incidentSubjects).values({ incidentId, subjectKind: "agent", subjectId: agent.id, role: "primary" }),
    );
  } else plan.write(...voidApprovals(incidentId, `quarantined by ${person.name}`, now));
  await redirect(
    plan,
    db,
    agent,
    { status: "quarantined" },
    { state: move(agent.state, "quarantined", "person"), incidentId },
    `Quarantined by ${person.name}`,
    reason,
    person,
    now,
    incidentId,
  );
}

async function release(
  plan: Plan,
  db: Db,
  agent: Agent,
  reason: string | undefined,
  person: Person,
  now: number,
): Promise<void> {
  if (agent.state === "healthy" || agent.state === "learning")
    throw conflict(`${agent.id} is ${agent.state}: there is nothing to release`);
  await redirect(
    plan,
    db,
    agent,
    { status: "run" },
    { state: move(agent.state, "healthy", "person"), incidentId: null, paused: false },
    `Released by ${person.name}`,
    reason,
    person,
    now,
  );
  const incident = agent.incidentId ? await findIncident(db, agent.incidentId) : null;
  if (incident && incident.kind === "agent" && canMoveIncident(incident.state, "resolved")) {
    plan
      .claim(incidentClaim(db, incident, { state: "resolved", closedAt: now, outcome: `released by ${person.name}` }))
      .write(...voidApprovals(incident.id, `released by ${person.name}`, now));
  }
}

/** A watched change was expected after all: the next sweep starts its stratum without suspicion. */
function expected(plan: Plan, agent: Agent, reason: string | undefined, person: Person, now: number): void {
  plan
    .claim({
      sql: "UPDATE changes SET status = 'expected', note = ?, taken_at = NULL WHERE subject_kind = 'agent' AND subject_id = ? AND status = 'watched'",
      args: [reason ?? `marked as expected by ${person.name}`, agent.id],
    })
    .tell({
      at: now,
      type: "change.expected",
      agentId: agent.id,
      text: `${person.name} marked the change of ${agent.id} as expected`,
      data: { by: person.id },
    });
}

/** What a person does with an incident. */
export async function commandIncident(
  db: Db,
  incidentId: string,
  command: IncidentCommand,
  comment: string | undefined,
  person: Person,
  now: number,
): Promise<void> {
  if (command === "heal") return healNow(db, incidentId, person, now, comment);
  const incident = await getIncident(db, incidentId);
  if (command === "allow") return allowHolds(db, incident, person, now, comment);
  if (!canMoveIncident(incident.state, "dismissed")) throw conflict(`The incident is ${incident.state} already`);
  const plan = new Plan();
  const accepted = command === "accept";
  const outcome = accepted ? `accepted as normal by ${person.name}` : `dismissed by ${person.name}`;
  if (incident.kind === "service") {
    const said = comment ? `${outcome}: ${comment}` : outcome;
    await close(plan, { db, clock: () => now }, incident, { state: "dismissed", outcome: said, healed: false });
    if (!(await commit(db, plan))) throw conflict("The incident was changed by somebody else at the same time");
    return wakeServices(db);
  }
  plan
    .claim(incidentClaim(db, incident, { state: "dismissed", closedAt: now, outcome }))
    .write(...voidApprovals(incident.id, outcome, now), {
      sql: "UPDATE incident_subjects SET watch = NULL WHERE incident_id = ?",
      args: [incident.id],
    })
    .tell({
      at: now,
      type: "incident.dismissed",
      incidentId: incident.id,
      text: comment ? `${outcome}: ${comment}` : outcome,
      data: { by: person.id, accepted },
    });
  for (const { subjectId } of await listSubjects(db, incident.id))
    await letGo(plan, db, incident, await getAgent(db, subjectId), { accepted, outcome }, person, now);
  if (!(await commit(db, plan))) throw conflict("The incident was changed by somebody else at the same time");
  wake("agents");
}

/** Releases a subject of a closed incident; if its level was accepted as normal, has the next sweep learn it. */
async function letGo(
  plan: Plan,
  db: Db,
  incident: Incident,
  agent: Agent,
  as: { accepted: boolean; outcome: string },
  person: Person,
  now: number,
): Promise<void> {
  if (as.accepted) {
    plan.write(
      db.insert(changes).values({
        id: newId("chg"),
        subjectKind: "agent",
        subjectId: agent.id,
        kind: "config",
        at: now,
        declared: true,
        note: as.outcome,
        source: person.id,
        status: "expected",
        accept: true,
        createdAt: now,
      }),
    );
  }
  if (agent.incidentId !== incident.id || agent.state === "healthy") return;
  await redirect(
    plan,
    db,
    agent,
    { status: "run" },
    { state: move(agent.state, "healthy", "person"), incidentId: null },
    `Released: ${as.outcome}`,
    undefined,
    person,
    now,
  );
}
