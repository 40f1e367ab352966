import { SHARED_CAUSE, type Suspect } from "@/lib/core/agents/fleet";
import { toolsIn, WAITS_FOR_FLEET } from "@/lib/core/agents/explained";
import type { AgentState } from "@/lib/core/base/vocabulary";
import { type Agent, listAgentsInStates, listLiveAgents } from "@/lib/db/queries/agents";
import { grouped } from "@/lib/core/base/grouped";
import { type AnomalyRow, type Incident, listAnomaliesSince, listOpen } from "@/lib/db/queries/incidents";
import type { SweepContext } from "@/lib/response/agents/context";

/** How far back a suspicion's own anomalies reach, in ms, by the clock of who reports: two windows, so that stragglers still meet. */
const LOOK_BACK_MS = 2 * SHARED_CAUSE.windowMs;

/** A suspected agent, with the incident of a shared cause that it is in already and what that does not account for. */
export interface Suspected {
  agent: Agent;
  member: Incident | null;
  /** Its anomalies that belong to no incident yet. */
  loose: AnomalyRow[];
}

export const isGrave = (row: Pick<AnomalyRow, "verdict">): boolean => row.verdict !== "watch";
const isLoose = (row: AnomalyRow): boolean => row.incidentId === null;

/** Suspected agents that are in no open incident, or in that of a shared cause with anomalies that it does not account for. */
export async function suspectedOf(ctx: SweepContext, external: readonly Incident[]): Promise<Suspected[]> {
  const agents = await listAgentsInStates(ctx.db, ["suspected"]);
  const recent = await recentOf(ctx, agents);
  const inOne = agents.flatMap(({ incidentId }) => (incidentId === null ? [] : [incidentId]));
  const open = new Set((await listOpen(ctx.db, [...new Set(inOne)])).map(({ id }) => id));
  return agents.flatMap((agent) => {
    const loose = (recent.get(agent.id) ?? []).filter(isLoose);
    const member = external.find(({ id }) => id === agent.incidentId) ?? null;
    // An incident may be closed in the very moment in which somebody joins it.
    const free = agent.incidentId === null || !open.has(agent.incidentId);
    return free || (member && loose.some(isGrave)) ? [{ agent, member, loose }] : [];
  });
}

/** Anomalies of these agents of late, by agent. */
async function recentOf({ db, now, config }: SweepContext, agents: readonly Agent[], furtherMs = 0) {
  // A clock that is slow must not make a suspicion too old to be decided about.
  const since = now - LOOK_BACK_MS - config.maxLateMs - furtherMs;
  const ids = agents.map((agent) => agent.id);
  return grouped(await listAnomaliesSince(db, ids, since), (row) => row.agentId);
}

const AT_LARGE: ReadonlySet<AgentState> = new Set<AgentState>(["learning", "healthy", "suspected"]);

/** What live agents that nobody holds show of late, from the level of a watch on. */
export interface Shown {
  /** All of it. */
  all: Suspect[];
  /** That of agents that are in no incident. */
  free: Suspect[];
}

export async function shownBy(ctx: SweepContext, members: readonly Agent[]): Promise<Shown> {
  const atLarge = members.filter(({ state }) => AT_LARGE.has(state));
  const recent = await recentOf(ctx, atLarge);
  const all = atLarge.flatMap((agent) => suspectsOf(agent, recent.get(agent.id) ?? []));
  const free = new Set(atLarge.filter(({ incidentId }) => incidentId === null).map(({ id }) => id));
  return { all, free: all.filter(({ agentId }) => free.has(agentId)) };
}

/** What an agent that nobody holds has shown. */
export interface Shows {
  agent: Agent;
  row: AnomalyRow;
}

/**
 * What the others show that runs of the suspected may hang of: of all who were heard of, or told of anything, since the longest of these hangs
 * began, and some time before. Who hangs in a long outage was last heard of when it began. Empty where no run hangs.
 */
export async function besideHangs(
  ctx: SweepContext,
  suspected: readonly Suspected[],
  liveMs: number,
): Promise<Shows[]> {
  const hangs = suspected.flatMap(({ loose }) => loose.filter(({ type }) => type === "stuck_run"));
  if (hangs.length === 0) return [];
  const longest = Math.max(...hangs.map(({ evidence }) => evidence.value));
  const agents = (await listLiveAgents(ctx.db, ctx.now - liveMs - longest)).filter(({ state }) => AT_LARGE.has(state));
  const recent = await recentOf(ctx, agents, longest);
  return agents.flatMap((agent) => (recent.get(agent.id) ?? []).map((row) => ({ agent, row })));
}

export const memberOf = ({ id, keyId, model, provider, tools }: Agent) => ({
  agentId: id,
  keyId,
  model,
  provider,
  tools,
});

export const suspectsOf = (agent: Agent, anomalies: readonly AnomalyRow[]): Suspect[] =>
  anomalies.flatMap(({ at, type, stratum }) => {
    const tools = type === "stuck_run" ? agent.tools : toolsIn(stratum, agent.tools);
    return WAITS_FOR_FLEET.has(type) && tools !== null ? [{ ...memberOf(agent), at, type, tools }] : [];
  });
