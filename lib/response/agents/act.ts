import { directiveVersionClaim } from "@/lib/db/queries/agent-writes";
import { endRunClaim } from "@/lib/db/queries/healing";
import { type ActionPorts, perform } from "@/lib/actions/perform";
import { actionName } from "@/lib/core/agents/words";
import { canMove, canMoveIncident, move, type Mover } from "@/lib/core/base/lifecycle";
import type { AgentState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { findDirective, getAgent } from "@/lib/db/queries/agents";
import { type AgentRun, findProposal, findDirectiveOfRun, isOfAgent, proposalClaim } from "@/lib/db/queries/healing";
import { getIncident, incidentClaim } from "@/lib/db/queries/incidents";
import { actionRuns, changes, directives } from "@/lib/db/schema";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { nextDirective } from "./directives";
import { holdInDoubt } from "./hold-in-doubt";
import { newId } from "@/lib/db/ids";
import { Plan } from "@/lib/db/plan";
import { type Acted, allowedBy, startedRun, voidProposal } from "../proposal";

/** Races lost in a row before an action is left to the next sweep. */
const MAX_RACES = 3;

/**
 * Carries out an approved proposal, once: the claim on it is the only way to here. The target must still be as it was
 * when the proposal was made, else the proposal is void. What it does reaches the agent as a directive; whether it
 * helped is measured later. While the quarantine is still on its way it waits, and the sweep asks again.
 */
export async function act(db: Db, proposalId: string, now: number): Promise<Acted> {
  const proposal = await findProposal(db, proposalId);
  if (!proposal || proposal.state !== "approved" || !isOfAgent(proposal)) return { kind: "lost" };
  const [agent, incident, by] = await Promise.all([
    getAgent(db, proposal.subjectId),
    getIncident(db, proposal.incidentId),
    allowedBy(db, proposal),
  ]);
  if (agent.stateVersion !== proposal.targetVersion)
    return voidProposal(db, proposal, "the agent's state changed since it was proposed", now);
  if (await holdInDoubt(db, agent)) return { kind: "waiting" };
  const state = healing(agent.state, by.mover);
  if (state === null) return voidProposal(db, proposal, `the agent is ${agent.state}`, now);

  const run = startedRun(proposal, by.name, now);
  const acting =
    incident.state === "acting" ? incident.state : canMoveIncident(incident.state, "acting") ? "acting" : null;
  if (acting === null) return voidProposal(db, proposal, `the incident is ${incident.state}`, now);
  const plan = new Plan()
    .claim(
      proposalClaim(db, proposal.id, "approved", "executed"),
      agentClaim(agent, { state }, now),
      incidentClaim(db, incident, { state: acting }),
    )
    .write(
      db.insert(actionRuns).values(run),
      // The log of changes has it too; the baselines do not: what heals an agent is no new normal.
      db.insert(changes).values({
        id: newId("chg"),
        subjectKind: "agent",
        subjectId: agent.id,
        kind: "healing",
        at: now,
        declared: true,
        note: actionName(proposal),
        source: by.name,
        status: "declared",
        createdAt: now,
        takenAt: now,
      }),
    )
    .tell({
      at: now,
      type: "action.started",
      agentId: agent.id,
      incidentId: incident.id,
      text: `${actionName(proposal)} started on ${agent.id}, by ${by.name}`,
      data: { run: run.id, action: proposal.action, args: proposal.args },
    });
  if (!(await commit(db, plan))) return { kind: "lost" };
  await carryOut(db, { ...run, action: proposal.action }, now);
  return { kind: "begun", runId: run.id };
}

/** The way into `healing`: what was never held is held first, by the person who approved. */
function healing(from: AgentState, mover: Mover): AgentState | null {
  if (canMove(from, "healing", mover)) return move(from, "healing", mover);
  if (canMove(from, "quarantined", mover)) return move(move(from, "quarantined", mover), "healing", mover);
  return null;
}

/**
 * Runs the action of a started run and records that it was sent. Safe to call again for the same run: its directive is
 * issued once. An action that throws leaves the run `failed`; verification takes it from there.
 */
export async function carryOut(
  db: Db,
  run: Pick<AgentRun, "id" | "subjectId" | "incidentId" | "action" | "args" | "by">,
  now: number,
): Promise<void> {
  const finish = (set: { state: "done" | "failed"; detail: string; version: number | null }) =>
    commit(db, {
      claims: [
        endRunClaim(db, run.id, {
          state: set.state,
          detail: set.detail,
          directiveVersion: set.version,
          endedAt: now,
        }),
      ],
      events: [
        {
          at: now,
          type: set.state === "done" ? "action.sent" : "action.failed",
          agentId: run.subjectId,
          incidentId: run.incidentId,
          text: `${actionName(run)}: ${set.detail}`,
          data: { run: run.id, version: set.version },
        },
      ],
    });
  try {
    const { version, detail } = await perform(run.action, portsOf(db, run, now), run.args);
    await finish({ state: "done", detail, version });
  } catch (error) {
    await finish({ state: "failed", detail: error instanceof Error ? error.message : String(error), version: null });
  }
}

function portsOf(
  db: Db,
  run: Pick<AgentRun, "id" | "subjectId" | "incidentId" | "action" | "args" | "by">,
  now: number,
): ActionPorts {
  return {
    directives: {
      async issue(patch) {
        for (let race = 0; race < MAX_RACES; race++) {
          const before = await findDirectiveOfRun(db, run.id);
          if (before) return { version: before.version };
          const agent = await getAgent(db, run.subjectId);
          const current = await findDirective(db, agent.id, agent.directiveVersion);
          const directive = nextDirective(
            agent,
            current,
            patch,
            {
              reason: `${actionName(run)}, by ${run.by}`,
              by: run.by,
              incidentId: run.incidentId,
              actionRunId: run.id,
            },
            now,
          );
          const won = await commit(db, {
            claims: [directiveVersionClaim(agent, directive.version)],
            writes: [db.insert(directives).values(directive)],
          });
          if (won) return { version: directive.version };
        }
        throw new Error("the directive could not be issued: concurrent changes kept conflicting");
      },
    },
  };
}
