import { releasedState, detectorOf } from "@/lib/response/agents/detector";
import type { Anomaly } from "@/lib/core/detection/anomaly";
import { accountsFor, toolsIn, WAITS_FOR_FLEET } from "@/lib/core/agents/explained";
import {
  sharedCauseWaitMs,
  SHARED_CAUSE,
  type SharedCause,
  sharedCauses,
  type Suspect,
  isCorroborated,
} from "@/lib/core/agents/fleet";
import { commit } from "@/lib/db/commit";
import { type Agent, findDirective, listAgents, listAgentsInStates, listLiveAgents } from "@/lib/db/queries/agents";
import { grouped } from "@/lib/db/queries/grouped";
import {
  type AnomalyRow,
  getIncident,
  type Incident,
  listUnassignedAnomalies,
  listOpen,
  listOpenExternal,
} from "@/lib/db/queries/incidents";
import { moveAnomalies } from "@/lib/db/queries/incident-writes";
import { listCorroboratingAgents } from "@/lib/db/queries/corroboration";
import { incidents } from "@/lib/db/schema";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { type Cause, causeKeyOf, causeOf } from "@/lib/response/agents/external";
import { ask, heldLately } from "@/lib/response/agents/hold-shared";
import { newId } from "@/lib/db/ids";
import { subjectRow } from "@/lib/response/agents/open";
import { countOpened, openFor } from "@/lib/response/agents/open-for";
import { Plan } from "@/lib/db/plan";
import type { SweepContext } from "@/lib/response/agents/context";

/** How far back a suspicion's own anomalies reach, in ms, by the clock of who reports: two windows, so that stragglers still meet. */
const LOOK_BACK_MS = 2 * SHARED_CAUSE.windowMs;
/** Agents that reported within this are the population that shares are taken of, in ms. */
const LIVE_MS = 15 * 60_000;

/** A suspected agent, with the incident of a shared cause that it is in already and what that does not account for. */
interface Suspected {
  agent: Agent;
  member: Incident | null;
  /** Its anomalies that belong to no incident yet. */
  loose: AnomalyRow[];
}

/**
 * Decides about suspected agents: those that share a model, provider or tool with enough others join one incident with
 * an external cause and are not held; those that waited alone are opened. A hold that stands is never lifted by what others
 * report: a person is asked. Members of such an incident come here again for what its cause does not account for.
 */
export async function correlate(ctx: SweepContext): Promise<{ opened: number; joined: number }> {
  const report = { opened: 0, joined: 0 };
  const external = await listOpenExternal(ctx.db);
  const [suspected, held] = await Promise.all([suspectedOf(ctx, external), heldLately(ctx)]);
  if (suspected.length + held.length === 0) return report;
  const members = await listLiveAgents(ctx.db, ctx.now - LIVE_MS);
  const { min_agents: minAgents, min_share: minShare } = ctx.settings.fleet_check;
  const causes = sharedCauses(
    [
      ...suspected.flatMap(({ agent, loose }) => suspectsOf(agent, loose)),
      ...held.flatMap(({ agent, anomalies }) => suspectsOf(agent, anomalies)),
    ],
    members.map(memberOf),
    { ...SHARED_CAUSE, minAgents, minShare },
  );
  const settled = new Set<string>();
  for (const cause of [...causes, ...(await withStragglers(ctx, causes, external, suspected, members))]) {
    const those = suspected.filter(({ agent }) => cause.agentIds.includes(agent.id) && !settled.has(agent.id));
    if (those.length > 0) {
      if (!(await join(ctx, cause, external, those))) continue;
      for (const { agent } of those) settled.add(agent.id);
      report.joined += those.length;
    }
    for (const one of held) if (sharesCause(one.agent, one.anomalies, cause)) await ask(ctx, one, cause);
  }
  for (const one of suspected) {
    if (settled.has(one.agent.id)) continue;
    const grave = one.loose.filter(isGrave).map((row) => row.evidence);
    const since = one.member ? Math.min(...grave.map(({ at }) => at)) : one.agent.stateSince;
    if (ctx.now - since < sharedCauseWaitMs(grave, ctx.config.fleetWaitMs)) continue;
    if (await openAlone(ctx, one, grave)) report.opened += 1;
  }
  return report;
}

const isGrave = (row: Pick<AnomalyRow, "verdict">): boolean => row.verdict !== "watch";

/** Suspected agents that are in no open incident, or in that of a shared cause with anomalies that it does not account for. */
async function suspectedOf({ db, now, config }: SweepContext, external: readonly Incident[]): Promise<Suspected[]> {
  const agents = await listAgentsInStates(db, ["suspected"]);
  // A clock that is slow must not make a suspicion too old to be decided about.
  const since = now - LOOK_BACK_MS - config.maxLateMs;
  const ids = agents.map((agent) => agent.id);
  const loose = grouped(await listUnassignedAnomalies(db, ids, since), (row) => row.agentId);
  const inOne = agents.flatMap(({ incidentId }) => (incidentId === null ? [] : [incidentId]));
  const open = new Set((await listOpen(db, [...new Set(inOne)])).map(({ id }) => id));
  return agents.flatMap((agent) => {
    const rows = loose.get(agent.id) ?? [];
    const member = external.find(({ id }) => id === agent.incidentId) ?? null;
    // An incident may be closed in the very moment in which somebody joins it.
    const free = agent.incidentId === null || !open.has(agent.incidentId);
    return free || (member && rows.some(isGrave)) ? [{ agent, member, loose: rows }] : [];
  });
}

const memberOf = ({ id, keyId, model, provider, tools }: Agent) => ({ agentId: id, keyId, model, provider, tools });

const suspectsOf = (agent: Agent, anomalies: readonly AnomalyRow[]): Suspect[] =>
  anomalies.flatMap(({ at, type, verdict, stratum }) => {
    const tools = toolsIn(stratum, agent.tools);
    if (verdict === "watch" || !WAITS_FOR_FLEET.has(type) || tools === null) return [];
    return [{ ...memberOf(agent), at, type, tools }];
  });

type Found = Cause & Pick<SharedCause, "agentIds"> & { share: number | null };

/** Whether an agent uses what is shared, and its own calls show it. */
const sharesCause = (agent: Agent, anomalies: readonly AnomalyRow[], cause: Cause): boolean =>
  uses(agent, cause) &&
  anomalies.some((row) => isGrave(row) && WAITS_FOR_FLEET.has(row.type) && accountsFor(cause, row));

function uses(agent: Agent, { dimension, value }: Cause): boolean {
  switch (dimension) {
    case "tool":
      return agent.tools.includes(value);
    case "model":
      return agent.model === value;
    case "provider":
      return agent.provider === value;
  }
}

/**
 * While others are in an open external incident and vouch for it, a single straggler that shows the same joins them. So does one on another model of
 * the same provider, if what was taken for one model's trouble reaches as large a share of the provider's other agents as makes a cause.
 */
async function withStragglers(
  { db, settings }: SweepContext,
  causes: readonly SharedCause[],
  external: readonly Incident[],
  suspected: readonly Suspected[],
  members: readonly Agent[],
): Promise<Found[]> {
  const explained = new Set(causes.flatMap((cause) => cause.agentIds));
  const left = suspected.filter(({ agent, member }) => member === null && !explained.has(agent.id));
  if (left.length === 0 || external.length === 0) return [];
  const vouchers = await listCorroboratingAgents(db, external);
  return external.flatMap((incident): Found[] => {
    const cause = causeOf(incident);
    const others = (vouchers.get(incident.id) ?? []).map(({ keyId }) => keyId);
    if (cause === null) return [];
    const beyond = cause.dimension === "model" ? onOtherModels(cause.value, left, members, settings.fleet_check.min_share) : []; // prettier-ignore
    const agentIds = left
      .filter((one) => sharesCause(one.agent, one.loose, cause) || beyond.includes(one))
      .filter(({ agent }) => isCorroborated(agent.keyId, others, settings.fleet_check.min_agents - 1))
      .map(({ agent }) => agent.id);
    return agentIds.length > 0 ? [{ ...cause, agentIds, share: null }] : [];
  });
}

/** Those who left on other models of the providers of `model`, provider by provider, where they are enough of who uses those. */
function onOtherModels(
  model: string,
  left: readonly Suspected[],
  members: readonly Agent[],
  minShare: number,
): Suspected[] {
  const providers = new Set(
    members.flatMap((agent) => (agent.model === model && agent.provider ? [agent.provider] : [])),
  );
  return [...providers].flatMap((value) => {
    const provider = { dimension: "provider", value } as const;
    const users = members.filter((agent) => agent.provider === value && agent.model !== model);
    const there = left.filter(({ agent, loose }) => agent.model !== model && sharesCause(agent, loose, provider));
    return there.length >= minShare * users.length ? there : [];
  });
}

async function join(ctx: SweepContext, cause: Found, external: Incident[], those: Suspected[]): Promise<boolean> {
  const { db, now } = ctx;
  const causeKey = causeKeyOf(cause);
  const joining = those.filter(({ member }) => member === null);
  const existing = external.find((incident) => incident.causeKey === causeKey);
  const id = existing?.id ?? newId("inc");
  const plan = new Plan();
  const all = joining.flatMap(({ loose }) => loose);
  const severity = Math.max(...all.map((row) => row.severity), 0);
  if (!existing && joining.length > 0) {
    const count = cause.agentIds.length;
    plan
      .write(
        db.insert(incidents).values({
          id,
          kind: "external",
          state: "open",
          title: `${cause.dimension} ${cause.value}: ${count} agents left their baselines together`,
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
        text: `${count} agents that share ${cause.dimension} ${cause.value} left their baselines together: treated as an external cause, no agent is quarantined for it`,
        data: { severity, cause: causeKey, agents: cause.agentIds, share: cause.share, page: true },
      });
  }
  for (const { agent, loose, member } of those) {
    // What the cause does not account for stays loose, and is decided about by itself.
    const accounted = loose.filter((row) => !isGrave(row) || accountsFor(cause, row));
    plan.write(
      moveAnomalies(
        member?.id ?? id,
        accounted.map((row) => row.id),
      ),
    );
    if (member) continue;
    const detector = await detectorOf(db, agent);
    const subject = { db, agent, detector, anomalies: accounted.map((row) => row.evidence), config: ctx.config };
    plan
      .write(subjectRow(subject, id, existing ? "affected" : "primary"))
      .claim(agentClaim(agent, { incidentId: id }, now))
      .tell({
        at: now,
        type: "incident.joined",
        agentId: agent.id,
        incidentId: id,
        text: `${agent.id} joined: it shares ${cause.dimension} ${cause.value}`,
      });
  }
  const won = await commit(db, plan);
  if (won && !existing && joining.length > 0) external.push(await getIncident(db, id));
  return won !== null;
}

async function openAlone(ctx: SweepContext, { agent, member }: Suspected, anomalies: Anomaly[]): Promise<boolean> {
  const { db, now } = ctx;
  const plan = new Plan();
  if (anomalies.length === 0) {
    const detector = await detectorOf(db, agent);
    plan.claim(agentClaim(agent, { state: releasedState(agent, detector), incidentId: null }, now)).tell({
      at: now,
      type: "agent.healthy",
      agentId: agent.id,
      text: `${agent.id}: the suspicion was not confirmed`,
    });
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
    leaving: member,
  });
  if (!(await commit(db, plan))) return false;
  countOpened(ctx, agent, opened);
  return true;
}
