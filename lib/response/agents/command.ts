import { agentClaim, expectWatchedChange } from "@/lib/db/queries/agent-writes";
import { endWatch } from "@/lib/db/queries/incident-writes";
import type { OwnAct } from "@/lib/core/base/audit-acts";
import type { AgentCommand, AgentCommandBody } from "@/lib/contracts/agent-commands";
import { canMove, canMoveIncident, isHeld, move } from "@/lib/core/base/lifecycle";
import { DEFAULT_HOLD_LEVEL, HOLD_LEVEL_TEXT, type HoldLevel } from "@/lib/core/base/hold-levels";
import type { Db } from "@/lib/db/client";
import { newId } from "@/lib/db/ids";
import { type Plan } from "@/lib/db/plan";
import { type Agent, findAgent, findDirective, getAgent } from "@/lib/db/queries/agents";
import { isActing, listPendingApprovals, notActingClaim, voidApprovals } from "@/lib/db/queries/healing";
import { findIncident } from "@/lib/db/queries/incidents";
import { holdLevelOf } from "@/lib/db/queries/settings";
import { SentinelError } from "@/lib/errors";
import { directives, incidents, incidentSubjects } from "@/lib/db/schema";
import { wake } from "@/lib/wake";
import type { Actor } from "../actor";
import { close } from "../close";
import { commitOrConflict, conflict } from "../commit-or-conflict";
import { contain } from "../contain";
import { healNow } from "../heal-now";
import { type DirectivePatch, FULL_AUTONOMY, nextDirective } from "./directives";
import { decideDowngrade } from "./downgrade";

/** What a person asks of one agent, as it is read now. */
export interface Ask {
  db: Db;
  agent: Agent;
  /** In the person's words, if they gave any. */
  reason: string | undefined;
  by: Actor;
  now: number;
  how: How;
}

/** Of a quarantine: how it stops the agent. Without a level, as its type's agents are stopped. */
type How = Pick<AgentCommandBody, "level" | "hand_over_to"> & {
  /** Not while an approved action on the agent waits or runs, which a quarantine would cancel or get in the way of. */
  unlessActing?: boolean;
};

/**
 * What a person does to an agent by hand. Throws `conflict` when its state does not allow it, or somebody was faster, and `invalid` for
 * a level, or an agent to hand over to, that the command has no use for.
 */
export async function commandAgent(
  db: Db,
  agentId: string,
  command: AgentCommand,
  reason: string | undefined,
  by: Actor,
  now: number,
  { level, hand_over_to }: How = {},
): Promise<void> {
  const how: How = { ...(level && { level }), ...(hand_over_to && { hand_over_to }) };
  if (command !== "quarantine" && level) throw invalid("level", "applies only to quarantine");
  if (command === "heal") {
    const { id, incidentId } = await getAgent(db, agentId);
    if (!incidentId) throw conflict(`${id} has no open incident`);
    return healNow(db, incidentId, by, now, reason);
  }
  await commitOrConflict(db, async (plan) =>
    planCommand(plan, command, { db, agent: await getAgent(db, agentId), reason, by, now, how }),
  );
  wake("agents");
}

async function planCommand(plan: Plan, command: Exclude<AgentCommand, "heal">, ask: Ask): Promise<void> {
  const { agent, reason, by, now } = ask;
  switch (command) {
    case "quarantine":
      return void (await quarantine(plan, ask));
    case "release":
      return release(plan, ask);
    case "pause":
      if (agent.paused) throw conflict(`${agent.id} is already paused`);
      if (isHeld(agent.state)) throw conflict(`${agent.id} is ${agent.state}: it is not running`);
      return redirect(plan, ask, { status: "paused" }, { paused: true }, `Paused by ${by.name}`);
    case "resume": {
      if (!agent.paused) throw conflict(`${agent.id} is not paused`);
      const status = isHeld(agent.state) ? "quarantined" : "run";
      return redirect(plan, ask, { status }, { paused: false }, `Resumed by ${by.name}`, "agent.resume");
    }
    case "lift": {
      const none = { revokedTools: [], autonomy: FULL_AUTONOMY, rollbackTo: null };
      return redirect(plan, ask, none, {}, `Restrictions lifted by ${by.name}`, "agent.lift_restrictions");
    }
    case "accept_downgrade":
    case "refuse_downgrade":
      return decideDowngrade(plan, agent, command === "accept_downgrade", reason, by, now);
    case "expected":
      return expected(plan, ask);
  }
}

/** Plans another directive for the agent, and the event that tells of it in the person's words. */
export async function redirect(
  plan: Plan,
  { db, agent, reason, by, now }: Ask,
  patch: DirectivePatch,
  set: Parameters<typeof agentClaim>[1],
  text: string,
  action?: OwnAct,
): Promise<void> {
  const { incidentId } = agent;
  const current = await findDirective(db, agent.id, agent.directiveVersion);
  const directive = nextDirective(agent, current, patch, { reason: reason ?? text, by: by.id, incidentId }, now);
  plan
    .claim(agentClaim(agent, { ...set, directive }, now))
    .write(db.insert(directives).values(directive))
    .tell({
      at: now,
      type: `agent.${EVENT_OF[directive.status]}`,
      agentId: agent.id,
      incidentId,
      text: reason ? `${text}: ${reason}` : text,
      data: { version: directive.version, by: by.id },
      ...(action && { act: { action } }),
    });
}

const EVENT_OF = { run: "directed", paused: "paused", quarantined: "quarantined", retired: "retired" } as const;

const invalid = (field: string, reason: string): SentinelError =>
  new SentinelError("invalid", { detail: `${field}: ${reason}`, fields: [{ field, reason }] });

/** The level that a person chose, else the type's, and who takes over. Throws `invalid`. */
async function howToHold({ db, agent, how }: Ask): Promise<{ level: HoldLevel; handOverTo: string | null }> {
  const level = how.level ?? (await holdLevelOf(db, agent.type));
  const handOverTo = how.hand_over_to ?? null;
  if (handOverTo === null) return { level, handOverTo };
  if (level !== "hand_over") throw invalid("hand_over_to", `requires the level hand_over, not ${level}`);
  const successor = handOverTo === agent.id ? null : await findAgent(db, handOverTo);
  if (!successor || successor.retiredAt !== null) throw invalid("hand_over_to", "no other agent has this ID");
  if (isHeld(successor.state) || successor.paused)
    throw invalid("hand_over_to", `${successor.id} is not running either`);
  return { level, handOverTo };
}

/** Plans a quarantine; gives how many approvals that waited become void by it. Throws `conflict`, and what {@link howToHold} throws. */
export async function quarantine(plan: Plan, ask: Ask): Promise<number> {
  const { db, agent, reason, by, now } = ask;
  const how = await howToHold(ask);
  const current = await findDirective(db, agent.id, agent.directiveVersion);
  if (!canMove(agent.state, "quarantined", "person")) {
    const same =
      how.level === (current?.level ?? DEFAULT_HOLD_LEVEL) && how.handOverTo === (current?.handOverTo ?? null);
    if (!ask.how.level || same) throw conflict(`${agent.id} is already quarantined`);
    const text = `Quarantine level changed to ${HOLD_LEVEL_TEXT[how.level]} by ${by.name}`;
    await redirect(plan, ask, { status: "quarantined", hold: how }, {}, text, "agent.change_hold_level");
    return 0;
  }
  let incidentId = agent.incidentId;
  let voided = 0;
  const shared = incidentId ? await findIncident(db, incidentId) : null;
  // What agents share (a cause, a limit) is not what one of them is held for: it goes on without it.
  if (shared?.kind === "external" || shared?.kind === "limit" || shared?.kind === "budget") {
    plan.write(endWatch(shared.id, agent.id));
    incidentId = null;
  }
  if (incidentId) {
    if (ask.how.unlessActing) await assertNotActing(plan, db, incidentId, agent.id);
    voided = (await listPendingApprovals(db, incidentId)).length;
    plan.write(...voidApprovals(incidentId, `quarantined by ${by.name}`, now));
  } else {
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
  }
  const text = `Quarantined by ${by.name}`;
  const hold = {
    agent,
    current,
    incidentId,
    reason: reason ?? text,
    by: by.id,
    mover: "person",
    ...how,
    told: { text: reason ? `${text}: ${reason}` : text, data: { by: by.id } },
  } as const;
  contain(plan, db, hold, now);
  return voided;
}

async function assertNotActing(plan: Plan, db: Db, incidentId: string, agentId: string): Promise<void> {
  if (await isActing(db, incidentId)) throw conflict(`An approved action on ${agentId} waits or runs`);
  plan.claim(notActingClaim(incidentId));
}

async function release(plan: Plan, ask: Ask): Promise<void> {
  const { db, agent, by, now } = ask;
  if (agent.state === "healthy" || agent.state === "learning")
    throw conflict(`${agent.id} is ${agent.state}: there is nothing to release`);
  const free = { state: move(agent.state, "healthy", "person"), incidentId: null, paused: false };
  await redirect(plan, ask, { status: "run" }, free, `Released by ${by.name}`, "agent.release");
  const incident = agent.incidentId ? await findIncident(db, agent.incidentId) : null;
  if (!incident || incident.kind !== "agent" || !canMoveIncident(incident.state, "resolved")) return;
  const closing = {
    state: "resolved",
    outcome: `released by ${by.name}`,
    healed: false,
    agentId: agent.id,
    data: { by: by.id },
  } as const;
  await close(plan, db, incident, closing, now);
}

/** A watched change was expected after all: the next sweep starts its stratum without suspicion. */
function expected(plan: Plan, { agent, reason, by, now }: Ask): void {
  plan.claim(expectWatchedChange(agent.id, reason ?? `marked as expected by ${by.name}`)).tell({
    at: now,
    type: "change.expected",
    agentId: agent.id,
    text: `${by.name} marked the change of ${agent.id} as expected`,
    data: { by: by.id },
  });
}
