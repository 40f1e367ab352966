import { releaseSubjects } from "@/lib/db/queries/incident-writes";
import { moveIncident } from "@/lib/core/base/lifecycle";
import { passedText } from "@/lib/core/agents/words";
import { commit } from "@/lib/db/commit";
import type { Db } from "@/lib/db/client";
import { Plan } from "@/lib/db/plan";
import { type ActionRun, listActionRunsOf, voidApprovals } from "@/lib/db/queries/healing";
import { type Incident, incidentClaim } from "@/lib/db/queries/incidents";
import { listPassed } from "@/lib/db/queries/services";
import type { IncidentState } from "@/lib/core/base/vocabulary";
import { log } from "@/lib/log";
import { remember } from "./remember";

export interface Closing {
  state: "resolved" | "dismissed";
  outcome: string;
  /** An action was measured to have helped. */
  healed: boolean;
  /** The action whose verdict closes it. */
  run?: ActionRun;
  /** What the timeline says of it, where that is more than the outcome. */
  text?: string;
  /** Whom it is about, where the event has to say so. */
  agentId?: string;
  /** More for the event. */
  data?: { by: string; accepted?: boolean };
}

/**
 * Plans the end of an incident, of agents or of services: its state, the end of what waits for people, the end of every watch
 * on its subjects, the draft of its post-mortem, and the episode that is remembered.
 */
export async function close(plan: Plan, db: Db, incident: Incident, closing: Closing, now: number): Promise<void> {
  const closed: Incident = {
    ...incident,
    state: moveIncident(incident.state, closing.state),
    outcome: closing.outcome,
    closedAt: now,
    healedAt: closing.healed ? now : null,
  };
  const { state, outcome, closedAt, healedAt } = closed;
  plan
    .claim(incidentClaim(db, incident, { state, outcome, closedAt, healedAt }))
    .write(
      ...releaseSubjects(incident.id),
      ...voidApprovals(incident.id, "the incident has ended", now),
      ...(await remember(db, closed, closing.run ?? null, now)),
    )
    .tell({
      at: now,
      type: closing.state === "resolved" ? "incident.resolved" : "incident.dismissed",
      incidentId: incident.id,
      ...(closing.agentId === undefined ? { serviceId: incident.causeNode } : { agentId: closing.agentId }),
      text: closing.text ?? closing.outcome,
      data: { healed: closing.healed, ...closing.data },
    });
}

/** States in which an incident may end because what raised it has ended; while an operation is measured, measurement says. */
const MAY_PASS: readonly IncidentState[] = ["open", "investigating", "awaiting_approval", "rejected", "escalated"];

/** Closes service incidents whose alerts have all ended and whose signals are back in band. Flapping ones are not believed yet. */
export async function closePassed(db: Db, now: number): Promise<number> {
  let passed = 0;
  for (const incident of await listPassed(db, MAY_PASS)) {
    const plan = new Plan();
    try {
      const carriedOut = await listActionRunsOf(db, incident.id);
      await close(plan, db, incident, { state: "resolved", outcome: passedText(carriedOut), healed: false }, now);
      if (await commit(db, plan)) passed += 1;
    } catch (err) {
      log().error({ err, incident: incident.id }, "could not close an incident");
    }
  }
  return passed;
}
