import { ACTIONS } from "@/lib/actions/index";
import type { LoopConfig } from "@/lib/config/agents";
import { actionName } from "@/lib/core/agents/words";
import { whyLimited } from "@/lib/core/base/act-hours";
import { canMove, move, type Mover } from "@/lib/core/base/lifecycle";
import type { AgentState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import type { Plan } from "@/lib/db/plan";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { type Agent, findAgent, findDirective, getAgent } from "@/lib/db/queries/agents";
import { type AgentRun, isOfAgent, listUnjudged, type Proposal } from "@/lib/db/queries/healing";
import type { Incident } from "@/lib/db/queries/incidents";
import { holdLevelOf, type Policies, policyOf } from "@/lib/db/queries/settings";
import { contain } from "../contain";
import type { Driver, Failure, Prepared, Verdict } from "../driver";
import { healingChange } from "../proposal";
import { carryOut } from "./carry-out";
import { type DirectivePatch, restrictionsOf } from "./directives";
import { holdInDoubt } from "./hold-in-doubt";
import { holdSuccessor } from "./hold-successor";
import { learnEfficacy } from "./learn-efficacy";
import { isUnderAction, measureEffect } from "./measure-effect";

/** Actions on agents: a directive carries them out, fresh vitals judge them, and an agent that is not cured is held again. */
export const agentDriver = (ctx: {
  db: Db;
  now: number;
  config: LoopConfig;
  policies: Policies;
}): Driver<Agent, AgentRun> => ({
  db: ctx.db,
  now: ctx.now,
  load: (id) => findAgent(ctx.db, id),
  prepare: (proposal, agent, by) => prepare(ctx, proposal, agent, by),
  unjudged: () => listUnjudged(ctx.db),
  measure: (run) => measureEffect(ctx, run),
  recovered: (plan, run, incident, verdict) => recovered(plan, ctx.db, run, incident, verdict, ctx.now),
  failed: (plan, run, incident, verdict) => failed(plan, ctx.db, run, incident, verdict, ctx.now),
});

/** While the quarantine is still on its way the action waits. One that nobody approved has to be within the limits of mode act still. */
async function prepare(
  { db, policies, now }: { db: Db; policies: Policies; now: number },
  proposal: Proposal,
  agent: Agent,
  by: { name: string; mover: Mover },
): Promise<Prepared> {
  if (!isOfAgent(proposal)) throw new Error(`Proposal ${proposal.id} is not about an agent`);
  if (await holdInDoubt(db, agent)) return { kind: "waiting" };
  const limited =
    by.mover === "system" && proposal.action !== "manual"
      ? whyLimited(policyOf(policies, agent.type), proposal.action, now)
      : null;
  if (limited !== null) return { kind: "void", reason: limited };
  const state = healing(agent.state, by.mover);
  if (state === null) return { kind: "void", reason: `the agent is ${agent.state}` };
  const { action, args } = proposal;
  const title = actionName(proposal);
  return {
    kind: "ready",
    claims: [agentClaim(agent, { state }, now)],
    writes: [
      // The log of changes has it too; the baselines do not: what heals an agent is no new normal.
      healingChange(db, proposal, { note: title, by: by.name, at: now, taken: true }, now),
    ],
    title,
    data: { action, args },
    perform: (run) => carryOut(db, { ...run, action }, now),
  };
}

/** The way into `healing`: what was never held is held first, by the person who approved. */
function healing(from: AgentState, mover: Mover): AgentState | null {
  if (canMove(from, "healing", mover)) return move(from, "healing", mover);
  if (canMove(from, "quarantined", mover)) return move(move(from, "quarantined", mover), "healing", mover);
  return null;
}

/** Cured, or kept from doing harm: it works again, with the restrictions that it has. */
async function recovered(
  plan: Plan,
  db: Db,
  run: AgentRun,
  incident: Incident,
  { outcome: how, reason }: Verdict,
  now: number,
) {
  const agent = await getAgent(db, run.subjectId);
  const retired = ACTIONS[run.action].retires ? { retiredAt: now } : {};
  const state = move(agent.state, "healthy", "system");
  plan
    .claim(agentClaim(agent, { state, incidentId: null, ...retired }, now))
    .write(...(await lesson(db, agent, run, incident, how, now)));
  const outcome =
    how === "contained"
      ? `contained by ${actionName(run)}, not healed: ${reason}. The restriction stays until a person lifts it`
      : `recovered after ${actionName(run)}: ${reason}`;
  return { outcome, text: `${agent.id} ${outcome}`, agentId: agent.id };
}

/** Not cured: undone where it can be, held again, and on to the next action of the ladder. */
async function failed(
  plan: Plan,
  db: Db,
  run: AgentRun,
  incident: Incident,
  { outcome }: Verdict,
  now: number,
): Promise<Failure> {
  const agent = await getAgent(db, run.subjectId);
  // A person moved it while the action was under way: it is theirs now.
  if (!isUnderAction(agent)) return { next: null };
  const [undone, current, level] = await Promise.all([
    restrictionsBefore(db, run),
    findDirective(db, agent.id, agent.directiveVersion),
    holdLevelOf(db, agent.type),
  ]);
  const hold = {
    agent,
    current,
    incidentId: run.incidentId,
    reason: `${actionName(run)} did not resolve it`,
    by: "sentinel",
    mover: "system",
    level,
    restrictions: undone ?? {},
    forgetRefusals: true,
    told: null,
  } as const;
  contain(plan, db, hold, now);
  await holdSuccessor(plan, db, run, now);
  plan.write(...(await lesson(db, agent, run, incident, outcome, now)));
  return {
    undone: undone !== null,
    followUp: `${undone ? "undone; " : ""}${agent.id} is quarantined again`,
    next: "investigating",
  };
}

const lesson = (
  db: Db,
  agent: Agent,
  { action }: AgentRun,
  { diagnosis }: Incident,
  outcome: Verdict["outcome"],
  now: number,
) => learnEfficacy(db, agent, { diagnosis: diagnosis ?? "unknown", action, outcome }, now);

/** The restrictions that an agent had before an action that can be undone; null where it cannot be. */
async function restrictionsBefore(db: Db, run: AgentRun): Promise<DirectivePatch | null> {
  if (run.directiveVersion === null || ACTIONS[run.action].undo !== "former_directive") return null;
  return restrictionsOf(
    run.directiveVersion > 1 ? await findDirective(db, run.subjectId, run.directiveVersion - 1) : null,
  );
}
