import {
  adoptAnomalies,
  endContinued,
  endWatch,
  moveAnomaliesOf,
  raiseSeverity,
  useAllowedHold,
} from "@/lib/db/queries/incident-writes";
import type { Anomaly } from "@/lib/core/detection/detect";
import { type HoldDecision } from "@/lib/core/agents/limits";
import { move } from "@/lib/core/base/lifecycle";
import { startProbation, watched } from "@/lib/core/agents/probation";
import type { HoldLevel } from "@/lib/core/base/hold-levels";
import type { Mode } from "@/lib/core/base/vocabulary";
import { describeAnomaly } from "@/lib/core/agents/words";
import type { Db } from "@/lib/db/client";
import type { Agent, DirectiveRow } from "@/lib/db/queries/agents";
import { voidApprovals } from "@/lib/db/queries/healing";
import { type Incident } from "@/lib/db/queries/incidents";
import { anomalies as anomalyTable, incidents, incidentSubjects } from "@/lib/db/schema";
import type { LoopConfig } from "@/lib/config/agents";
import { contain } from "../contain";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { newId } from "@/lib/db/ids";
import type { Plan } from "@/lib/db/plan";
import type { Detector } from "./detector";

/** How far back loose anomalies of an agent belong to the incident that they led to, in ms. */
const LEAD_MS = 10 * 60_000;

export interface OpenInput {
  db: Db;
  agent: Agent;
  detector: Detector;
  directive: DirectiveRow | null;
  /** The anomalies that asked for it, the gravest of which names the incident. Already stored, or to be adopted. */
  anomalies: readonly Anomaly[];
  mode: Mode;
  /** How agents of the type are stopped. */
  level: HoldLevel;
  globalStop: boolean;
  /** The open incident that the agent is in at large, and that it leaves for the one planned here. */
  leaving: Incident | null;
  /** Whether the containment limits allow one more hold, and the open limit incident if there is one. */
  hold: HoldDecision;
  limitIncident: Incident | null;
  config: LoopConfig;
  now: number;
}

export interface Opened {
  incidentId: string;
  held: boolean;
  /** Whether the hold used one that a person allowed beyond the limits. */
  allowed: boolean;
  /** Set when a limit stopped the hold: the incident that agents stopped by it share. */
  limitIncident: Incident | null;
}

/** Why an agent may not be held automatically, whatever its verdict; null when it may, within the limits. */
export function notContained(input: Pick<OpenInput, "agent" | "mode" | "globalStop">): string | null {
  if (input.globalStop) return "quarantined it if the global stop were off";
  if (input.agent.enforcement === false) return "quarantined it if its host could enforce a quarantine";
  return input.mode === "act" ? null : "quarantined it";
}

/** Plans an incident for one agent that left its baseline: the record, its subjects, and the hold where that is allowed. */
export function open(plan: Plan, input: OpenInput): Opened {
  const { agent, anomalies, mode, limitIncident } = input;
  const not = notContained(input);
  if (not !== null) {
    const wouldHave = mode === "recommend" && !input.globalStop && agent.enforcement !== false ? null : not;
    const incidentId = record(plan, input, { kind: "agent", wouldHave });
    return { incidentId, held: false, allowed: false, limitIncident: null };
  }
  const allowed = input.hold.kind === "stop" && limitIncident !== null && limitIncident.holdsAllowed > 0;
  if (input.hold.kind === "stop" && !allowed) return stopped(plan, input, input.hold.reason);
  if (allowed) plan.claim(useAllowedHold(limitIncident.id));

  const incidentId = record(plan, input, { kind: "agent", wouldHave: null });
  const why = mostSevere(anomalies);
  const reason = describeAnomaly(why);
  contain(
    plan,
    input.db,
    {
      agent,
      current: input.directive,
      incidentId,
      reason,
      by: "sentinel",
      mover: "system",
      level: input.level,
      told: { text: `Quarantine sent to ${agent.id}: ${reason}`, data: { auto: true } },
    },
    input.now,
  );
  return { incidentId, held: true, allowed, limitIncident: null };
}

/** The state of an agent that has an incident but is not held. */
const uncontained = (agent: Agent) =>
  agent.state === "suspected" ? agent.state : move(agent.state, "suspected", "system");

/** The incident, its subject with the test that watches it, the adopted anomalies, and (when not held) the agent's claim. */
function record(plan: Plan, input: OpenInput, as: { kind: Incident["kind"]; wouldHave: string | null }): string {
  const { db, agent, anomalies, now } = input;
  const why = mostSevere(anomalies);
  const id = newId("inc");
  const holds = as.wouldHave === null && input.mode === "act";
  const severity = Math.max(...anomalies.map((anomaly) => anomaly.severity));
  plan
    .write(
      db.insert(incidents).values({
        id,
        kind: as.kind,
        state: "open",
        title: titleOf(agent.id, anomalies),
        severity,
        mode: input.mode,
        onsetAt: Math.min(...anomalies.map((anomaly) => anomaly.at)),
        openedAt: now,
        wouldHave: as.wouldHave,
        previousIncidentId: input.leaving?.kind === "agent" ? input.leaving.id : null,
      }),
      subjectRow(input, id, "primary", !holds),
      adoptAnomalies(id, agent.id, now - LEAD_MS),
    )
    .tell({
      at: now,
      type: "incident.opened",
      agentId: agent.id,
      incidentId: id,
      text: `${titleOf(agent.id, anomalies)}: ${describeAnomaly(why)}`,
      data: { severity, mode: input.mode, ...(as.wouldHave ? { would_have: as.wouldHave } : {}) },
    });
  if (!holds) plan.claim(agentClaim(agent, { state: uncontained(agent), incidentId: id }, now));
  leave(plan, input, id);
  return id;
}

/**
 * Takes the agent out of the incident that it was in at large. What it did beyond a shared cause belongs to no incident yet and
 * is adopted; of any other incident it takes all its anomalies along, and an incident of its own ends with that.
 */
function leave(plan: Plan, { agent, leaving, now }: OpenInput, into: string): void {
  if (!leaving) return;
  plan.write(endWatch(leaving.id, agent.id)).tell({
    at: now,
    type: "incident.left",
    agentId: agent.id,
    incidentId: leaving.id,
    text: `${agent.id} moved from this incident to a separate one`,
    data: { into },
  });
  if (leaving.kind === "external") return;
  plan.write(moveAnomaliesOf(agent.id, leaving.id, into));
  if (leaving.kind !== "agent") return;
  plan
    .write(
      endContinued(leaving.id, `continues as ${into}: ${agent.id} was not contained`, now),
      ...voidApprovals(leaving.id, "the agent was contained", now),
    )
    .tell({
      at: now,
      type: "incident.resolved",
      agentId: agent.id,
      incidentId: leaving.id,
      text: `Closed: continues as ${into}`,
      data: { into, healed: false },
    });
}

/** A subject of an incident; one that is not held gets the test that says when it is back in band without having been touched. */
export function subjectRow(
  { db, agent, detector, anomalies, config }: Pick<OpenInput, "db" | "agent" | "detector" | "anomalies" | "config">,
  incidentId: string,
  role: "primary" | "affected",
  atLarge = true,
) {
  const watch = atLarge ? startProbation(detector.state, watched(anomalies), config.probationSamples) : null;
  return (
    db
      .insert(incidentSubjects)
      .values({ incidentId, subjectKind: "agent", subjectId: agent.id, role, watch })
      // Who comes back to an incident is watched again.
      .onConflictDoUpdate({
        target: [incidentSubjects.incidentId, incidentSubjects.subjectKind, incidentSubjects.subjectId],
        set: { watch },
      })
  );
}

/** A limit was reached: what it stops shares one incident, and each agent is a page of its own. */
function stopped(plan: Plan, input: OpenInput, reason: string): Opened {
  const { db, agent, anomalies, now } = input;
  const severity = mostSevere(anomalies).severity;
  const limitIncident = input.limitIncident ?? limitIncidentFor(input);
  if (input.limitIncident) plan.write(raiseSeverity(limitIncident.id, severity));
  else plan.write(db.insert(incidents).values(limitIncident));
  plan
    .write(
      subjectRow(input, limitIncident.id, input.limitIncident ? "affected" : "primary"),
      adoptAnomalies(limitIncident.id, agent.id, now - LEAD_MS),
    )
    .claim(agentClaim(agent, { state: uncontained(agent), incidentId: limitIncident.id }, now))
    .tell({
      at: now,
      type: "containment.limited",
      agentId: agent.id,
      incidentId: limitIncident.id,
      text: `${agent.id} is still running and was not quarantined: ${reason}. It is quarantined as soon as the limit allows; a person can allow more quarantines.`,
      data: { page: true, severity },
    });
  leave(plan, input, limitIncident.id);
  return { incidentId: limitIncident.id, held: false, allowed: false, limitIncident };
}

const limitIncidentFor = ({ agent, anomalies, mode, now }: OpenInput): Incident => ({
  id: newId("inc"),
  kind: "limit",
  state: "escalated",
  stateVersion: 0,
  title: "Automatic containment limit reached",
  severity: Math.max(...anomalies.map((anomaly) => anomaly.severity)),
  diagnosis: "unknown",
  confidence: null,
  mode,
  causeNode: null,
  causeKind: null,
  lastAlertAt: null,
  previousIncidentId: null,
  causeKey: LIMIT_CAUSE,
  holdsAllowed: 0,
  onsetAt: Math.min(...anomalies.map((anomaly) => anomaly.at)),
  openedAt: now,
  containedAt: null,
  healedAt: null,
  closedAt: null,
  acknowledgedAt: null,
  acknowledgedBy: null,
  assigneeId: null,
  assigneeName: null,
  snoozedUntil: null,
  outcome: null,
  wouldHave: `quarantined ${agent.id} and those that joined it`,
  holdRight: null,
  holdRightBy: null,
  // It happened to nobody.
  scoreDue: false,
});

export const LIMIT_CAUSE = "limit";

/** Rows for anomalies as the sweep stores them, each with the incident that it belongs to, if any. */
export function anomalyRows(
  db: Db,
  agentId: string,
  incidentOf: (anomaly: Anomaly) => string | null,
  list: readonly Anomaly[],
) {
  return db.insert(anomalyTable).values(
    list.map((anomaly) => ({
      id: newId("ano"),
      agentId,
      incidentId: incidentOf(anomaly),
      type: anomaly.type,
      metric: anomaly.metric,
      stratum: anomaly.stratum,
      verdict: anomaly.verdict,
      severity: anomaly.severity,
      at: anomaly.at,
      eventSeq: anomaly.seq,
      runId: anomaly.runId,
      evidence: anomaly,
    })),
  );
}

const RANK = { watch: 0, suspect: 1, quarantine: 2 } as const;

/** The anomaly with the strongest verdict, then the highest severity. */
export function mostSevere<T extends Pick<Anomaly, "verdict" | "severity">>(anomalies: readonly T[]): T {
  return anomalies.reduce((a, b) =>
    RANK[b.verdict] > RANK[a.verdict] || (RANK[b.verdict] === RANK[a.verdict] && b.severity > a.severity) ? b : a,
  );
}

const titleOf = (agentId: string, anomalies: readonly Anomaly[]): string => {
  const types = [...new Set(anomalies.filter((anomaly) => anomaly.verdict !== "watch").map((anomaly) => anomaly.type))];
  const named = (types.length > 0 ? types : [mostSevere(anomalies).type]).map((type) => type.replaceAll("_", " "));
  return `${agentId}: ${named.slice(0, 3).join(", ")}`;
};
