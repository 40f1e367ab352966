import { blindSpots } from "@/lib/core/detection/blind-spots";
import type { Anomaly } from "@/lib/core/detection/detect";
import { accountsFor, WAITS_FOR_FLEET } from "@/lib/core/agents/explained";
import { canMove, move } from "@/lib/core/base/lifecycle";
import { describeAnomaly } from "@/lib/core/agents/words";
import type { Db, Statement } from "@/lib/db/client";
import { type Agent, type DirectiveRow, markBreached } from "@/lib/db/queries/agents";
import type { StoredEvent } from "@/lib/db/queries/events";
import { type Incident, listOpen } from "@/lib/db/queries/incidents";
import { raiseSeverity } from "@/lib/db/queries/incident-writes";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { causeOf } from "@/lib/response/agents/external";
import { type Detector, hasLearned } from "@/lib/response/agents/detector";
import { type Judgement, type Test } from "./judge";
import { anomalyRows, mostSevere } from "@/lib/response/agents/open";
import { countOpened, mayContain, openFor } from "@/lib/response/agents/open-for";
import type { Plan } from "@/lib/db/plan";
import type { SweepContext } from "@/lib/response/agents/context";
import type { Families } from "./run-families";
import { notableLines } from "./notable";
import { watchedChange } from "./watched-change";

/** One agent's judgement, and what is needed to act on it. */
export interface Judged {
  judgement: Judgement;
  detector: Detector;
  tests: (Test & { save: () => Statement })[];
  /** The open incident that the agent is in at large. */
  incident: Incident | null;
}

export const gravity = ({ judgement }: Judged): number =>
  Math.max(0, ...judgement.anomalies.filter(isGrave).map((anomaly) => anomaly.severity));

const isGrave = (anomaly: Anomaly): boolean => anomaly.verdict !== "watch";

/** The open incidents of agents that are in one without being held, by id. */
export async function incidentsAtLarge(db: Db, agents: readonly Agent[]): Promise<Map<string, Incident>> {
  const ids = agents.flatMap(({ state, incidentId }) => (state === "suspected" && incidentId ? [incidentId] : []));
  return new Map((await listOpen(db, [...new Set(ids)])).map((incident) => [incident.id, incident]));
}

/** What is written for all agents of a shard at once: a statement each would cost more than its rows. */
export interface Seen {
  /** Where the runs of these events belong. */
  families: Families;
  runs: unknown[][];
  identities: unknown[][];
}

/** What follows from one agent's judgement. Returns how many incidents it opens. */
export function plannedFor(
  plan: Plan,
  seen: Seen,
  one: Judged,
  directive: DirectiveRow | null,
  ctx: SweepContext,
): number {
  const { judgement, detector, incident } = one;
  const { agent, anomalies, breach, runs } = judgement;
  const { db, now } = ctx;
  const beyond = beyondOf(incident);
  const ended = incident === null && agent.state === "suspected";
  const incidentOf = (anomaly: Anomaly) => (ended || beyond(anomaly) ? null : agent.incidentId);
  if (anomalies.length > 0) plan.write(anomalyRows(db, agent.id, incidentOf, anomalies));
  const shared = anomalies.filter((anomaly) => incidentOf(anomaly) !== null);
  if (shared.length > 0 && agent.incidentId)
    plan.write(raiseSeverity(agent.incidentId, Math.max(...shared.map(({ severity }) => severity))));
  seen.runs.push(...runs.rows(seen.families));
  seen.identities.push(identityRow(judgement, detector));
  for (const anomaly of anomalies.filter((a) => a.evidence === "change")) watchedChange(plan, ctx, agent, anomaly);
  if (breach && directive && directive.breachedAt === null) {
    plan.write(markBreached(directive, now)).tell({
      at: now,
      type: "containment.breach",
      agentId: agent.id,
      incidentId: agent.incidentId,
      text: breachText(agent.id, breach, directive),
      data: { page: true, version: directive.version, instance: breach.body.instance_id ?? null },
    });
  }
  plan.tell(...notableLines(judgement, directive, now));
  return respond(plan, one, directive, ctx);
}

function breachText(agentId: string, breach: StoredEvent, directive: DirectiveRow): string {
  const seconds = Math.round((Math.max(breach.at, breach.receivedAt) - directive.createdAt) / 1000);
  const who = breach.body.instance_id ? `instance ${breach.body.instance_id} of ${agentId}` : agentId;
  return directive.status === "run"
    ? `${who} used the revoked tool ${breach.body.tool} after confirming that it was revoked`
    : `${who} reported a ${breach.kind} ${seconds} s after its ${directive.status === "paused" ? "pause" : "quarantine"} was sent: it is not contained`;
}

/**
 * What an anomaly has to be to belong to no part of an agent's incident: beyond the cause that it shares with others. Of a hang that is
 * found by comparing it with what they show (correlate.ts), each time that it is told.
 */
function beyondOf(incident: Incident | null): (anomaly: Anomaly) => boolean {
  if (incident?.kind !== "external") return () => false;
  const cause = causeOf(incident);
  return (anomaly) =>
    isGrave(anomaly) && (cause === null || anomaly.type === "stuck_run" || !accountsFor(cause, anomaly));
}

/** Moves the agent: graduates, suspects, opens. At most one move an agent, which its detector is told at once. */
function respond(plan: Plan, one: Judged, directive: DirectiveRow | null, ctx: SweepContext): number {
  const { judgement, detector, incident } = one;
  const { agent, anomalies, learned } = judgement;
  const { now } = ctx;
  const free = agent.state === "learning" || agent.state === "healthy";
  const grave = anomalies.filter(isGrave);
  const own = incident?.kind === "external" ? grave.filter(beyondOf(incident)) : grave;
  if (own.length > 0 && (free || agent.state === "suspected")) {
    if (opens(ctx, agent, incident, own)) {
      const opened = openFor(plan, ctx, { agent, directive, detector, anomalies: own, leaving: incident });
      countOpened(ctx, agent, opened);
      detector.agentState = opened.held ? "quarantined" : "suspected";
      return 1;
    }
    if (!free) return 0;
    const why = mostSevere(grave);
    detector.agentState = move(agent.state, "suspected", "system");
    plan.claim(agentClaim(agent, { state: detector.agentState }, now)).tell({
      at: now,
      type: "agent.suspected",
      agentId: agent.id,
      text: `${agent.id} is suspected: ${describeAnomaly(why)}. Waiting to see whether others that share its model, provider or tools join.`,
      data: { severity: why.severity },
    });
    return 0;
  }
  if (agent.state === "learning" && learned && hasLearned(detector) && canMove("learning", "healthy", "system")) {
    detector.agentState = "healthy";
    plan.claim(agentClaim(agent, { state: "healthy" }, now)).tell({
      at: now,
      type: "agent.healthy",
      agentId: agent.id,
      text: `${agent.id} has learned its baseline`,
    });
  }
  return 0;
}

/**
 * Whether these anomalies open an incident at once, whatever incident the agent is in at large. What a shared cause could explain
 * waits for the fleet first; an incident of the agent's own goes on unless the agent can now be held; one that a limit stopped
 * is held as soon as there is room.
 */
function opens(ctx: SweepContext, agent: Agent, incident: Incident | null, own: readonly Anomaly[]): boolean {
  switch (incident?.kind) {
    case undefined:
    case "external":
      return own.some((anomaly) => !WAITS_FOR_FLEET.has(anomaly.type));
    case "agent":
      return mayContain(ctx, agent);
    case "limit":
    case "service":
    case "budget":
      return false;
  }
}

function identityRow({ agent, identity, cannot, anomalies }: Judgement, detector: Detector): unknown[] {
  const silent = anomalies.some((anomaly) => anomaly.type === "silence");
  const stuck = anomalies.some((anomaly) => anomaly.type === "stuck_run");
  const liveness = silent ? "silent" : stuck ? "stuck" : identity.seen > 0 ? "live" : agent.liveness;
  const tools = identity.tools?.filter((tool) => !agent.tools.includes(tool));
  return [
    agent.id,
    identity.seen,
    identity.model,
    identity.promptHash,
    identity.promptVersion,
    identity.toolsHash,
    Number(detector.state.identity.dynamicPrompt),
    identity.promptSamples,
    identity.goodPromptHash,
    tools && tools.length > 0 ? JSON.stringify([...agent.tools, ...tools]) : null,
    cannot.length > 0 ? JSON.stringify([...new Set([...agent.cannot, ...cannot])]) : null,
    liveness,
    identity.enforcement === null ? null : Number(identity.enforcement),
    identity.seen > 0 ? JSON.stringify(blindSpots(detector.state, identity.late)) : null,
  ];
}
