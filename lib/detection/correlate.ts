import { releasedState, detectorOf } from "@/lib/response/agents/detector";
import type { Anomaly } from "@/lib/core/detection/anomaly";
import { accountsFor, isHangOf, WAITS_FOR_FLEET } from "@/lib/core/agents/explained";
import {
  sharedCauseWaitMs,
  SHARED_CAUSE,
  type SharedCause,
  sharedCauses,
  isCorroborated,
} from "@/lib/core/agents/fleet";
import { slowEverywhere } from "@/lib/core/agents/slow-everywhere";
import { commit } from "@/lib/db/commit";
import { type Agent, findDirective, listAgents, listLiveAgents } from "@/lib/db/queries/agents";
import { type AnomalyRow, getIncident, type Incident, listOpenExternal } from "@/lib/db/queries/incidents";
import { moveAnomalies } from "@/lib/db/queries/incident-writes";
import { listCorroboratingAgents } from "@/lib/db/queries/corroboration";
import { incidents } from "@/lib/db/schema";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { type Cause, causeKeyOf, causeOf, sharedName } from "@/lib/response/agents/external";
import { ask, type Held, heldLately } from "@/lib/response/agents/hold-shared";
import { newId } from "@/lib/db/ids";
import { subjectRow } from "@/lib/response/agents/open";
import { countOpened, openFor } from "@/lib/response/agents/open-for";
import { Plan } from "@/lib/db/plan";
import type { SweepContext } from "@/lib/response/agents/context";
import {
  besideHangs,
  isGrave,
  memberOf,
  type Shows,
  shownBy,
  type Suspected,
  suspectedOf,
  suspectsOf,
} from "./suspected";

/** Agents that reported within this are the population that shares are taken of, in ms. */
const LIVE_MS = 15 * 60_000;

/**
 * Decides about suspected agents: those that share a model, provider or tool with enough others join one incident with
 * an external cause and are not held; those that waited alone are opened. A hold that stands is never lifted by what others
 * report: a person is asked. Members of such an incident come here again for what its cause does not account for.
 *
 * Once somebody is suspected, others that share something count from the level of a watch: they need not prove a change each
 * by themselves, only that what one of them shows is not its own. By chance an agent is watched once in arl / 100 samples, so
 * that two of a few others are in the same minute about once in a thousand suspicions.
 */
export async function correlate(ctx: SweepContext): Promise<{ opened: number; joined: number }> {
  const report = { opened: 0, joined: 0 };
  const external = await listOpenExternal(ctx.db);
  const [suspected, held] = await Promise.all([suspectedOf(ctx, external), heldLately(ctx)]);
  if (suspected.length + held.length === 0) return report;
  const members = await listLiveAgents(ctx.db, ctx.now - LIVE_MS);
  const population = members.map(memberOf);
  const shown = await shownBy(ctx, members);
  const { min_agents: minAgents, min_share: minShare } = ctx.settings.fleet_check;
  const bounds = { ...SHARED_CAUSE, minAgents, minShare };
  const counted = new Set(suspected.map(({ agent }) => agent.id));
  const causes = sharedCauses(
    [
      ...suspected.flatMap(({ agent, loose }) => suspectsOf(agent, loose.filter(isGrave))),
      ...held.flatMap(({ agent, anomalies }) => suspectsOf(agent, anomalies)),
      ...shown.free.filter(({ agentId }) => !counted.has(agentId)),
    ],
    population,
    bounds,
  );
  const settled = new Set<string>();
  const accounts = accountant(await besideHangs(ctx, suspected, LIVE_MS), held, minAgents - 1);
  const stragglers = await withStragglers(ctx, causes, external, suspected, members, accounts);
  const everywhere = slowEverywhere(shown.all, population, bounds).map((cause) => narrowed(cause, suspected, accounts));
  for (const cause of [...causes, ...stragglers, ...everywhere]) {
    const those = suspected.filter(
      ({ agent, loose }) =>
        cause.agentIds.includes(agent.id) &&
        !settled.has(agent.id) &&
        loose.some((row) => isGrave(row) && accounts(cause, agent, row)),
    );
    if (those.length > 0) {
      if (!(await join(ctx, cause, external, those, accounts))) continue;
      for (const { agent } of those) settled.add(agent.id);
      report.joined += those.length;
    }
    for (const one of held) if (sharesCause(one.agent, one.anomalies, cause, accounts)) await ask(ctx, one, cause);
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

/** A cause that accounts for only some of what its agents show, with those of whose anomalies it accounts for one. */
const narrowed = (cause: SharedCause, suspected: readonly Suspected[], accounts: Accounts): SharedCause => ({
  ...cause,
  agentIds: cause.agentIds.filter((id) => {
    const one = suspected.find(({ agent }) => agent.id === id);
    return one === undefined || sharesCause(one.agent, one.loose, cause, accounts);
  }),
});

type Found = Cause & Pick<SharedCause, "agentIds"> & { share: number | null };

/** Whether a cause accounts for an anomaly of an agent. */
type Accounts = (cause: Cause, agent: Agent, row: AnomalyRow) => boolean;

/**
 * `accountsFor`, and of a hang that others who use what is shared show as much of it now: `least` of the agent's own key, or those of
 * enough keys. So a run that goes on hanging when they are well again is decided about by itself.
 */
function accountant(shown: readonly Shows[], held: readonly Held[], least: number): Accounts {
  const all = [...shown, ...held.flatMap(({ agent, anomalies }) => anomalies.map((row) => ({ agent, row })))];
  return (cause, agent, hang) => {
    if (hang.type !== "stuck_run" || !accountsFor(cause, hang)) return accountsFor(cause, hang);
    const keys = new Map<string, string | null>();
    // In an outage of many the first few are enough.
    return all.some(({ agent: other, row }) => {
      if (other.id === agent.id || keys.has(other.id) || !uses(other, cause) || !accountsFor(cause, row)) return false;
      if (!isHangOf(hang.evidence, row.evidence, SHARED_CAUSE.windowMs)) return false;
      keys.set(other.id, other.keyId);
      return isCorroborated(agent.keyId, [...keys.values()], least);
    });
  };
}

/** Whether an agent uses what is shared, and its own calls show it. */
const sharesCause = (agent: Agent, anomalies: readonly AnomalyRow[], cause: Cause, accounts: Accounts): boolean =>
  uses(agent, cause) &&
  anomalies.some((row) => isGrave(row) && WAITS_FOR_FLEET.has(row.type) && accounts(cause, agent, row));

function uses(agent: Agent, { dimension, value }: Cause): boolean {
  switch (dimension) {
    case "tool":
      return agent.tools.includes(value);
    case "model":
      return agent.model === value;
    case "provider":
      return agent.provider === value;
    case "key":
      return agent.keyId === value;
  }
}

/**
 * While others are in an open external incident and vouch for it, a single straggler that shows the same joins them; what a member of another such
 * incident shows besides is accounted for likewise. So does one on another model of the same provider, if what was taken for one model's trouble reaches as large a share of the provider's other agents as makes a cause.
 */
async function withStragglers(
  { db, settings }: SweepContext,
  causes: readonly SharedCause[],
  external: readonly Incident[],
  suspected: readonly Suspected[],
  members: readonly Agent[],
  accounts: Accounts,
): Promise<Found[]> {
  const explained = new Set(causes.flatMap((cause) => cause.agentIds));
  const left = suspected.filter(({ agent }) => !explained.has(agent.id));
  if (left.length === 0 || external.length === 0) return [];
  const vouchers = await listCorroboratingAgents(db, external);
  return external.flatMap((incident): Found[] => {
    const cause = causeOf(incident);
    const others = (vouchers.get(incident.id) ?? []).map(({ keyId }) => keyId);
    if (cause === null) return [];
    const fresh = left.filter(({ member }) => member === null);
    const beyond = cause.dimension === "model" ? onOtherModels(cause.value, fresh, members, settings.fleet_check.min_share, accounts) : []; // prettier-ignore
    const agentIds = left
      .filter((one) => sharesCause(one.agent, one.loose, cause, accounts) || beyond.includes(one))
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
  accounts: Accounts,
): Suspected[] {
  const providers = new Set(
    members.flatMap((agent) => (agent.model === model && agent.provider ? [agent.provider] : [])),
  );
  return [...providers].flatMap((value) => {
    const provider = { dimension: "provider", value } as const;
    const users = members.filter((agent) => agent.provider === value && agent.model !== model);
    const there = left.filter(
      ({ agent, loose }) => agent.model !== model && sharesCause(agent, loose, provider, accounts),
    );
    return there.length >= minShare * users.length ? there : [];
  });
}

const titleOf = (cause: Cause, count: number): string =>
  cause.dimension === "key"
    ? `Slow on every call: ${count} agents of one ingest key left their baselines together`
    : `${cause.dimension} ${cause.value}: ${count} agents left their baselines together`;

async function join(
  ctx: SweepContext,
  cause: Found,
  external: Incident[],
  those: Suspected[],
  accounts: Accounts,
): Promise<boolean> {
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
          title: titleOf(cause, count),
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
        text: `${count} agents that share ${sharedName(cause)} left their baselines together: treated as an external cause, no agent is quarantined for it`,
        data: { severity, cause: causeKey, agents: cause.agentIds, share: cause.share, page: true },
      });
  }
  for (const { agent, loose, member } of those) {
    // What the cause does not account for stays loose, and is decided about by itself.
    const accounted = loose.filter((row) => !isGrave(row) || accounts(cause, agent, row));
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
        text: `${agent.id} joined: it shares ${sharedName(cause)}`,
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
