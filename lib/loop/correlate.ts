import type { Anomaly } from "@/lib/core/anomaly";
import {
  patience,
  SHARED_CAUSE,
  type SharedCause,
  sharedCauses,
  type Suspect,
  WAITS_FOR_FLEET,
} from "@/lib/core/fleet";
import { move } from "@/lib/core/lifecycle";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import {
  type Agent,
  findDirective,
  listAgents,
  listAgentsInStates,
  listDirectives,
  listLiveAgents,
} from "@/lib/db/queries/agents";
import { grouped } from "@/lib/db/queries/grouped";
import { voidApprovals } from "@/lib/db/queries/healing";
import {
  type AnomalyRow,
  getIncident,
  type Incident,
  incidentClaim,
  listAnomaliesOf,
  listLooseAnomalies,
  listOpenExternal,
} from "@/lib/db/queries/incidents";
import { listDetectors } from "@/lib/db/queries/sweep";
import { createDetector } from "@/lib/core/detect";
import { directives as directiveTable, incidents } from "@/lib/db/schema";
import { agentClaim, nextDirective } from "./directives";
import { hasLearned } from "./judge";
import { newId } from "./ids";
import { subjectRow } from "./open";
import { countOpened, openFor } from "./open-for";
import { Plan } from "./plan";
import type { SweepContext } from "./shard";
import type { Detector } from "./sweeper";

/** How far back a suspicion's own anomalies reach, in ms: two windows, so that stragglers still meet. */
const LOOK_BACK_MS = 2 * SHARED_CAUSE.windowMs;
/** Agents that reported within this are the population that shares are taken of, in ms. */
const LIVE_MS = 15 * 60_000;

/**
 * Decides about suspected agents: those that share a model, provider or tool with enough others join one incident with
 * an external cause and are not held (holds that came earlier are released); those that waited alone are opened.
 */
export async function correlate(ctx: SweepContext): Promise<{ opened: number; joined: number }> {
  const suspected = (await listAgentsInStates(ctx.db, ["suspected"])).filter((agent) => agent.incidentId === null);
  if (suspected.length === 0) return { opened: 0, joined: 0 };
  const held = await heldLately(ctx);
  const loose = await listLooseAnomalies(
    ctx.db,
    suspected.map((agent) => agent.id),
    ctx.now - LOOK_BACK_MS,
  );
  const evidence = new Map([
    ...grouped(loose, (row) => row.agentId),
    ...held.map(({ agent, anomalies }) => [agent.id, anomalies] as const),
  ]);
  const byId = new Map([...suspected, ...held.map(({ agent }) => agent)].map((agent) => [agent.id, agent]));
  const members = await listLiveAgents(ctx.db, ctx.now - LIVE_MS);
  const { min_agents: minAgents, min_share: minShare } = ctx.settings.fleet_check;
  const causes = sharedCauses(
    [...byId.values()].flatMap((agent) => suspectsOf(agent, evidence.get(agent.id) ?? [])),
    members.map(memberOf),
    { ...SHARED_CAUSE, minAgents, minShare },
  );
  const external = await listOpenExternal(ctx.db);
  const report = { opened: 0, joined: 0 };
  const settled = new Set<string>();
  for (const cause of withStragglers(causes, external, suspected)) {
    const agents = cause.agentIds.flatMap((id) => byId.get(id) ?? []).filter((agent) => !settled.has(agent.id));
    if (agents.length === 0) continue;
    if (await join(ctx, cause, external, agents, evidence)) {
      for (const agent of agents) settled.add(agent.id);
      report.joined += agents.length;
    }
  }
  for (const agent of suspected) {
    if (settled.has(agent.id)) continue;
    const rows = evidence.get(agent.id) ?? [];
    const grave = rows.filter((row) => row.verdict !== "watch").map((row) => row.evidence);
    if (ctx.now - agent.stateSince < patience(grave, ctx.config.fleetWaitMs)) continue;
    if (await openAlone(ctx, agent, grave)) report.opened += 1;
  }
  return report;
}

const memberOf = (agent: Agent) => ({
  agentId: agent.id,
  model: agent.model,
  provider: agent.provider,
  tools: agent.tools,
});

const suspectsOf = (agent: Agent, anomalies: readonly AnomalyRow[]): Suspect[] =>
  anomalies
    .filter((row) => row.verdict !== "watch" && WAITS_FOR_FLEET.has(row.type))
    .map((row) => ({
      agentId: agent.id,
      at: row.at,
      type: row.type,
      model: agent.model,
      provider: agent.provider,
      tools: typeof row.evidence.detail.tool === "string" ? [row.evidence.detail.tool] : [],
    }));

/** Agents held within the window for something that a shared dependency could explain. */
async function heldLately({
  db,
  now,
}: SweepContext): Promise<{ agent: Agent; incident: Incident; anomalies: AnomalyRow[] }[]> {
  const agents = (await listAgentsInStates(db, ["quarantined"])).filter(
    (agent) => now - agent.stateSince < SHARED_CAUSE.windowMs && agent.incidentId,
  );
  const held = await Promise.all(
    agents.map(async (agent) => ({
      agent,
      incident: await getIncident(db, agent.incidentId!),
      anomalies: await listAnomaliesOf(db, agent.incidentId!),
    })),
  );
  const grave = (rows: AnomalyRow[]) => rows.filter((row) => row.verdict !== "watch");
  return held.filter(
    ({ anomalies }) => grave(anomalies).length > 0 && grave(anomalies).every((row) => WAITS_FOR_FLEET.has(row.type)),
  );
}

type Cause = Pick<SharedCause, "dimension" | "value" | "agentIds"> & { share: number | null };

/** While an external incident is open, a single straggler that shares its cause joins it too. */
function withStragglers(causes: SharedCause[], external: Incident[], suspected: Agent[]): Cause[] {
  const explained = new Set(causes.flatMap((cause) => cause.agentIds));
  const late = external.flatMap((incident): Cause[] => {
    const [dimension, ...rest] = (incident.causeKey ?? "").split(":");
    const value = rest.join(":");
    const agentIds = suspected
      .filter((agent) => !explained.has(agent.id) && shares(agent, dimension as SharedCause["dimension"], value))
      .map((agent) => agent.id);
    return agentIds.length > 0
      ? [{ dimension: dimension as SharedCause["dimension"], value, agentIds, share: null }]
      : [];
  });
  return [...causes, ...late];
}

function shares(agent: Agent, dimension: SharedCause["dimension"], value: string): boolean {
  switch (dimension) {
    case "tool":
      return agent.tools.includes(value);
    case "model":
      return agent.model === value;
    case "provider":
      return agent.provider === value;
  }
}

async function join(
  ctx: SweepContext,
  cause: Cause,
  external: Incident[],
  agents: Agent[],
  evidence: Map<string, AnomalyRow[]>,
): Promise<boolean> {
  const { db, now } = ctx;
  const causeKey = `${cause.dimension}:${cause.value}`;
  const existing = external.find((incident) => incident.causeKey === causeKey);
  const id = existing?.id ?? newId("inc");
  const plan = new Plan();
  const all = agents.flatMap((agent) => evidence.get(agent.id) ?? []);
  const severity = Math.max(...all.map((row) => row.severity), 0);
  if (!existing) {
    plan
      .write(
        db.insert(incidents).values({
          id,
          kind: "external",
          state: "open",
          title: `${cause.dimension} ${cause.value}: ${agents.length} agents left their baselines together`,
          severity,
          mode: "act",
          causeKey,
          onsetAt: Math.min(...all.map((row) => row.at), now),
          openedAt: now,
        }),
      )
      .tell({
        at: now,
        type: "incident.opened",
        incidentId: id,
        text: `${agents.length} agents that share ${cause.dimension} ${cause.value} left their baselines together: treated as an external cause, nobody is quarantined`,
        data: { severity, cause: causeKey, agents: agents.map((agent) => agent.id), share: cause.share, page: true },
      });
  }
  const directives = await listDirectives(db, agents);
  for (const agent of agents) {
    const rows = evidence.get(agent.id) ?? [];
    const detector = await detectorOf(db, agent);
    plan.write(
      subjectRow(
        { db, agent, detector, anomalies: rows.map((row) => row.evidence), config: ctx.config },
        id,
        existing ? "affected" : "primary",
      ),
      {
        sql: "UPDATE anomalies SET incident_id = ? WHERE id IN (SELECT value FROM json_each(?))",
        args: [id, JSON.stringify(rows.map((row) => row.id))],
      },
    );
    if (agent.state === "quarantined") await release(plan, ctx, agent, directives.get(agent.id) ?? null, id, causeKey);
    else plan.claim(agentClaim(agent, { incidentId: id }, now));
    plan.tell({
      at: now,
      type: "incident.joined",
      agentId: agent.id,
      incidentId: id,
      text: `${agent.id} joined: it shares ${cause.dimension} ${cause.value}`,
    });
  }
  const won = await commit(db, plan);
  if (won && !existing) external.push(await getIncident(db, id));
  return won !== null;
}

/** A hold that came before its shared cause was seen is taken back, with what it was based on. */
async function release(
  plan: Plan,
  { db, now }: SweepContext,
  agent: Agent,
  current: Awaited<ReturnType<typeof findDirective>>,
  incidentId: string,
  causeKey: string,
): Promise<void> {
  const directive = nextDirective(
    agent,
    current,
    { status: "run" },
    { reason: `released: shared cause ${causeKey}`, by: "sentinel", incidentId },
    now,
  );
  plan
    .claim(agentClaim(agent, { state: move("quarantined", "suspected", "system"), incidentId, directive }, now))
    .write(db.insert(directiveTable).values(directive))
    .tell({
      at: now,
      type: "agent.released",
      agentId: agent.id,
      incidentId,
      text: `${agent.id} released: its trouble coincides with others that share ${causeKey}`,
    });
  if (!agent.incidentId) return;
  const own = await getIncident(db, agent.incidentId);
  if (own.closedAt !== null) return;
  plan
    .claim(
      incidentClaim(db, own, {
        state: "resolved",
        closedAt: now,
        diagnosis: "external_cause",
        outcome: `released: one of several that share ${causeKey}`,
      }),
    )
    .write(...voidApprovals(own.id, "the cause turned out to be shared", now))
    .tell({
      at: now,
      type: "incident.resolved",
      agentId: agent.id,
      incidentId: own.id,
      text: `Closed: part of the incident about ${causeKey}`,
      data: { into: incidentId },
    });
}

async function openAlone(ctx: SweepContext, agent: Agent, anomalies: readonly Anomaly[]): Promise<boolean> {
  const { db, now } = ctx;
  const plan = new Plan();
  if (anomalies.length === 0) {
    const detector = await detectorOf(db, agent);
    plan
      .claim(agentClaim(agent, { state: calm(agent, detector) }, now))
      .tell({ at: now, type: "agent.healthy", agentId: agent.id, text: `${agent.id}: the suspicion did not hold` });
    await commit(db, plan);
    return false;
  }
  const [fresh] = await listAgents(db, [agent.id]);
  if (!fresh) return false;
  const opened = openFor(plan, ctx, {
    agent: fresh,
    detector: await detectorOf(db, agent),
    directive: await findDirective(db, agent.id, fresh.directiveVersion),
    anomalies,
  });
  if (!(await commit(db, plan))) return false;
  countOpened(ctx, agent, opened);
  return true;
}

/** Where an agent goes when nothing is held against it any more. */
export const calm = (agent: Agent, detector: Detector) =>
  agent.state === "suspected" && !hasLearned(detector)
    ? move(agent.state, "learning", "system")
    : move(agent.state, "healthy", "system");

/** The detector as it was last committed: to read, not to move on. */
export async function detectorOf(db: Db, agent: Agent): Promise<Detector> {
  const [row] = await listDetectors(db, [agent.id]);
  return row ? { state: row.state, agentState: row.agentState } : { state: createDetector(), agentState: agent.state };
}
