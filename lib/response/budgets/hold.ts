import { isHealthyAtWork } from "@/lib/core/agents/limits";
import { isHeld } from "@/lib/core/base/lifecycle";
import { partsOf } from "@/lib/core/budgets/budget";
import { subjectText } from "@/lib/core/budgets/words";
import { type Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { type Agent, findDirective, listAgents } from "@/lib/db/queries/agents";
import {
  addSubjects,
  countAtWork,
  listAtWork,
  listLetGo,
  listPausedByLoop,
  wasTold,
} from "@/lib/db/queries/budget-holds";
import { type BudgetRow, type BudgetState, listHeldStates } from "@/lib/db/queries/budgets";
import { grouped } from "@/lib/core/base/grouped";
import { directives } from "@/lib/db/schema";
import { Plan } from "@/lib/db/plan";
import { policyOf } from "@/lib/db/queries/settings";
import { log } from "@/lib/log";
import type { SweepContext } from "../agents/context";
import { type DirectivePatch, nextDirective } from "../agents/directives";
import { contain, heldFrom } from "../contain";
import { closeEnded, settleHeld } from "./settle";
import { holdsRunsItself } from "./sdk";
import { modeOf, RUN_LIVE_MS } from "./standing";

const BY = "sentinel";
const unique = (list: readonly string[]): string[] => [...new Set(list)];
/** Agents held in one sweep: the rest of a large fleet follows in the next ones, so that other work goes on between. */
const MAX_HOLDS = 100;

/** A budget that is used up, and for which agents are held. */
interface Holding {
  state: BudgetState;
  budget: BudgetRow;
}

/**
 * Brings the agents' directives in line with the budgets that are used up: pauses, or stops, whoever is at work on one of them, and
 * lets go whom none holds any more. It asks what should be, not what happened: what a process that died left undone, the next one does.
 * A budget ends no agent that a person has let go on since, and takes no type below its floor.
 */
export async function holdForBudgets(ctx: SweepContext): Promise<void> {
  const { db, now, settings } = ctx;
  const held = await settleHeld(ctx, await listHeldStates(db));
  await closeEnded(ctx);
  const holding = held.filter(({ state }) => state.standing !== "recorded");
  const kept = new Set<string>();
  let holds = 0;
  /** Whom this sweep has moved already: what was read of them is old. */
  const done = new Set<string>();
  const letGo = await listLetGo(
    db,
    holding.flatMap(({ state }) => state.incidentId ?? []),
  );
  const room = createRoom(ctx);
  // Of a storm of runs each has a budget of its own, and few agents are at work on them.
  const ofRuns = grouped(
    await listAgents(
      db,
      unique(holding.flatMap(({ budget, state }) => (budget.scope === "run" ? [partsOf(state.subject)[0]] : []))),
    ),
    ({ id }) => id,
  );
  for (const one of holding) {
    const agents =
      one.budget.scope === "run"
        ? (ofRuns.get(partsOf(one.state.subject)[0]) ?? [])
        : await listAtWork(db, one.budget.scope, one.state.subject, now - RUN_LIVE_MS);
    for (const agent of agents) {
      const decided = one.state.decidedBy !== null;
      const mayAct = !settings.global_stop && (decided || modeOf(ctx, agent) === "act");
      const free = letGo.some((l) => l.agentId === agent.id && l.incidentId === one.state.incidentId && l.at >= one.state.updatedAt); // prettier-ignore
      if (free || !mayAct || agent.enforcement === false) continue;
      if (one.budget.scope === "run" && holdsRunsItself(agent)) continue;
      kept.add(agent.id);
      if (isHeld(agent.state) || done.has(agent.id)) continue;
      if (agent.paused && one.state.standing === "asking") continue;
      done.add(agent.id);
      if (++holds > MAX_HOLDS) break;
      try {
        await holdAgent(ctx, one, agent, room);
      } catch (err) {
        log().error({ err, agentId: agent.id, budget: one.budget.id }, "could not hold an agent for a budget");
      }
    }
  }
  const incidents = new Set(holding.map(({ state }) => state.incidentId));
  for (const { agent, directive } of await listPausedByLoop(db)) {
    // An agent that has not reported lately is still held.
    if (kept.has(agent.id) || (directive.incidentId !== null && incidents.has(directive.incidentId))) continue;
    await redirectAgent(db, agent, { status: "run" }, { paused: false }, { incidentId: directive.incidentId, text: `${agent.id} resumes: no budget holds it any longer` }, now); // prettier-ignore
  }
}

/** How many healthy agents of each type are at work while one sweep holds several; read only where a type has a floor. */
function createRoom({ db, now, policies }: SweepContext) {
  let counts: Promise<Map<string, number>> | null = null;
  return {
    async take(agent: Agent): Promise<number | null> {
      const { type } = agent;
      const { floor } = policyOf(policies, type);
      if (floor === 0) return null;
      const atWork = await (counts ??= countAtWork(db, now - RUN_LIVE_MS));
      const left = (atWork.get(type) ?? 0) - Number(isHealthyAtWork(agent));
      if (left < floor) return floor;
      atWork.set(type, left);
      return null;
    },
  };
}

async function holdAgent(
  ctx: SweepContext,
  { state, budget }: Holding,
  agent: Agent,
  room: ReturnType<typeof createRoom>,
): Promise<void> {
  const { db, now } = ctx;
  const whose = subjectText(budget.scope, state.subject);
  const floor = await room.take(agent);
  const { incidentId } = state;
  if (floor !== null) {
    if (incidentId && !(await wasTold(db, "containment.limited", agent.id, incidentId)))
      await commit(db, {
        claims: [],
        writes: [addSubjects(db, incidentId, [agent.id], false)],
        events: [
          {
            at: now,
            type: "containment.limited",
            agentId: agent.id,
            incidentId,
            text: `${agent.id} keeps running although the budget of ${whose} is used up: at least ${floor} healthy agents of its type must stay running`,
            data: { severity: 0, page: true },
          },
        ],
      });
    return;
  }
  const reason = `the budget of ${whose} is used up`;
  if (state.standing === "stopped" && agent.incidentId === null && heldFrom(agent.state, "system") !== null) {
    const current = await findDirective(db, agent.id, agent.directiveVersion);
    const plan = new Plan();
    if (incidentId) plan.write(addSubjects(db, incidentId, [agent.id], false));
    const told = { text: `Quarantine sent to ${agent.id}: ${reason}`, data: {} };
    const { level } = policyOf(ctx.policies, agent.type);
    contain(plan, db, { agent, current, incidentId, reason, by: BY, mover: "system", level, told }, now);
    await commit(db, plan);
    return;
  }
  if (!agent.paused)
    await redirectAgent(db, agent, { status: "paused" }, { paused: true }, { incidentId, text: `${agent.id} is paused: ${reason}` }, now); // prettier-ignore
}

/** Gives an agent another directive and tells of it. Lost when something else moved the agent: the next sweep tries again. */
export async function redirectAgent(
  db: Db,
  agent: Agent,
  patch: DirectivePatch,
  set: { paused?: boolean },
  told: { incidentId: string | null; text: string },
  now: number,
): Promise<boolean> {
  const plan = new Plan();
  const current = await findDirective(db, agent.id, agent.directiveVersion);
  const directive = nextDirective(
    agent,
    current,
    patch,
    { reason: told.text, by: BY, incidentId: told.incidentId },
    now,
  );
  if (told.incidentId) plan.write(addSubjects(db, told.incidentId, [agent.id], false));
  plan
    .claim(agentClaim(agent, { ...set, directive }, now))
    .write(db.insert(directives).values(directive))
    .tell({
      at: now,
      type: directive.status === "paused" ? "agent.paused" : "agent.directed",
      agentId: agent.id,
      incidentId: told.incidentId,
      text: told.text,
      data: { version: directive.version, by: BY },
    });
  return (await commit(db, plan)) !== null;
}
