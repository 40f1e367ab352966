import { WAITS_FOR_FLEET } from "@/lib/core/agents/explained";
import { SHARED_CAUSE, type SharedCause } from "@/lib/core/agents/fleet";
import { commit } from "@/lib/db/commit";
import { type Agent, listAgentsInStates } from "@/lib/db/queries/agents";
import {
  type AnomalyRow,
  getIncident,
  type Incident,
  incidentClaim,
  listAnomaliesOf,
} from "@/lib/db/queries/incidents";
import { type Cause, causeKeyOf, sharedName } from "./external";
import type { SweepContext } from "./context";

export interface Held {
  agent: Agent;
  incident: Incident;
  anomalies: AnomalyRow[];
}

/** Agents held within the window for something that a shared dependency could explain. */
export async function heldLately({ db, now }: SweepContext): Promise<Held[]> {
  const agents = (await listAgentsInStates(db, ["quarantined"])).filter(
    (agent) => now - agent.stateSince < SHARED_CAUSE.windowMs && agent.incidentId,
  );
  const held = await Promise.all(
    agents.map(async (agent) => ({
      agent,
      incident: await getIncident(db, agent.incidentId!),
      anomalies: (await listAnomaliesOf(db, agent.incidentId!)).filter((row) => row.verdict !== "watch"),
    })),
  );
  return held.filter(
    ({ anomalies }) => anomalies.length > 0 && anomalies.every((row) => WAITS_FOR_FLEET.has(row.type)),
  );
}

/** Asks a person, once an incident, whether a hold that stands is part of a shared cause: what others report does not lift it. */
export async function ask(
  { db, now }: SweepContext,
  { agent, incident }: Held,
  cause: Cause & Pick<SharedCause, "agentIds">,
): Promise<void> {
  if (incident.causeKey !== null || incident.closedAt !== null) return;
  const others = cause.agentIds.filter((id) => id !== agent.id).length;
  if (others === 0) return;
  const causeKey = causeKeyOf(cause);
  await commit(db, {
    claims: [incidentClaim(db, incident, { causeKey })],
    events: [
      {
        at: now,
        type: "incident.shared_cause_asked",
        agentId: agent.id,
        incidentId: incident.id,
        text: `${others} other ${others === 1 ? "agent" : "agents"} that share ${sharedName(cause)} left their baselines too. ${agent.id} stays quarantined: if the cause is shared, dismiss this incident or release the agent.`,
        data: { cause: causeKey, agents: cause.agentIds, page: true },
      },
    ],
  });
  incident.causeKey = causeKey;
}
