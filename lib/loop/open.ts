import type { Anomaly } from "@/lib/core/detect";
import { type HoldDecision } from "@/lib/core/limits";
import { move } from "@/lib/core/lifecycle";
import { startProbation } from "@/lib/core/probation";
import type { AnomalyType, Mode } from "@/lib/core/vocabulary";
import { describeAnomaly } from "@/lib/core/words";
import type { Db } from "@/lib/db/client";
import type { Agent, DirectiveRow } from "@/lib/db/queries/agents";
import { adoptAnomalies, type Incident } from "@/lib/db/queries/incidents";
import { anomalies as anomalyTable, directives, incidents, incidentSubjects } from "@/lib/db/schema";
import type { LoopConfig } from "./config";
import { agentClaim, nextDirective } from "./directives";
import { newId } from "./ids";
import type { Plan } from "./plan";
import type { Detector } from "./sweeper";

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
  globalStop: boolean;
  /** Whether the containment limits allow one more hold, and the open limit incident if there is one. */
  hold: HoldDecision;
  limitIncident: Incident | null;
  config: LoopConfig;
  now: number;
}

export interface Opened {
  incidentId: string;
  held: boolean;
  /** Set when a limit stopped the hold: the incident that agents stopped by it share. */
  limitIncident: Incident | null;
}

/** Plans an incident for one agent that left its baseline: the record, its subjects, and the hold where that is allowed. */
export function open(plan: Plan, input: OpenInput): Opened {
  const { agent, anomalies, mode, globalStop, hold } = input;
  const why = gravest(anomalies);
  if (mode !== "act" || globalStop || agent.enforcement === false) {
    const wouldHave = globalStop
      ? "quarantine it, were the global stop not on"
      : agent.enforcement === false
        ? "quarantine it, could its host enforce that"
        : mode === "observe"
          ? "quarantine it"
          : null;
    return { incidentId: record(plan, input, { kind: "agent", wouldHave }), held: false, limitIncident: null };
  }
  if (hold.kind === "stop") return stopped(plan, input, hold.reason);

  const incidentId = record(plan, input, { kind: "agent", wouldHave: null });
  const directive = nextDirective(
    agent,
    input.directive,
    { status: "quarantined" },
    { reason: describeAnomaly(why), by: "sentinel", incidentId },
    input.now,
  );
  plan
    .claim(agentClaim(agent, { state: contained(agent), incidentId, directive }, input.now))
    .write(input.db.insert(directives).values(directive))
    .tell({
      at: input.now,
      type: "agent.quarantined",
      agentId: agent.id,
      incidentId,
      text: `Quarantine sent to ${agent.id}: ${describeAnomaly(why)}`,
      data: { version: directive.version, auto: true },
    });
  return { incidentId, held: true, limitIncident: null };
}

const contained = (agent: Agent) =>
  move(agent.state === "healthy" ? move("healthy", "suspected", "system") : agent.state, "quarantined", "system");

/** The state of an agent that has an incident but is not held. */
const uncontained = (agent: Agent) =>
  agent.state === "suspected" ? agent.state : move(agent.state, "suspected", "system");

/** The incident, its subject with the test that watches it, the adopted anomalies, and (when not held) the agent's claim. */
function record(plan: Plan, input: OpenInput, as: { kind: Incident["kind"]; wouldHave: string | null }): string {
  const { db, agent, anomalies, now } = input;
  const why = gravest(anomalies);
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
  return id;
}

/** A subject of an incident; one that is not held gets the test that says when it is back in band without having been touched. */
export function subjectRow(
  { db, agent, detector, anomalies, config }: Pick<OpenInput, "db" | "agent" | "detector" | "anomalies" | "config">,
  incidentId: string,
  role: "primary" | "affected",
  atLarge = true,
) {
  const watch = atLarge ? startProbation(detector.state, watched(anomalies), config.probationSamples) : null;
  return db
    .insert(incidentSubjects)
    .values({ incidentId, subjectKind: "agent", subjectId: agent.id, role, watch })
    .onConflictDoNothing();
}

/** What has to be back in band: each metric once. */
export function watched(anomalies: readonly Anomaly[]): { metric: string; stratum: string; type: AnomalyType }[] {
  const metrics = new Map(
    anomalies.map(({ metric, stratum, type }) => [`${metric} ${stratum}`, { metric, stratum, type }]),
  );
  return [...metrics.values()];
}

/** A limit was reached: everything it stops is one incident, which is told once. */
function stopped(plan: Plan, input: OpenInput, reason: string): Opened {
  const { db, agent, anomalies, now, limitIncident } = input;
  if (limitIncident) {
    plan
      .write(subjectRow(input, limitIncident.id, "affected"), adoptAnomalies(limitIncident.id, agent.id, now - LEAD_MS))
      .claim(agentClaim(agent, { state: uncontained(agent), incidentId: limitIncident.id }, now))
      .tell({
        at: now,
        type: "incident.joined",
        agentId: agent.id,
        incidentId: limitIncident.id,
        text: `${agent.id} was not quarantined: ${reason}`,
      });
    return { incidentId: limitIncident.id, held: false, limitIncident };
  }
  const row: Incident = {
    id: newId("inc"),
    kind: "limit",
    state: "escalated",
    stateVersion: 0,
    title: "Automatic containment stopped at its limit",
    severity: Math.max(...anomalies.map((anomaly) => anomaly.severity)),
    diagnosis: "unknown",
    confidence: null,
    mode: input.mode,
    causeNode: null,
    causeKind: null,
    lastAlertAt: null,
    previousIncidentId: null,
    causeKey: LIMIT_CAUSE,
    onsetAt: Math.min(...anomalies.map((anomaly) => anomaly.at)),
    openedAt: now,
    containedAt: null,
    healedAt: null,
    closedAt: null,
    outcome: null,
    wouldHave: `quarantine ${agent.id} and those that joined it`,
  };
  plan
    .write(
      db.insert(incidents).values(row),
      subjectRow(input, row.id, "primary"),
      adoptAnomalies(row.id, agent.id, now - LEAD_MS),
    )
    .claim(agentClaim(agent, { state: uncontained(agent), incidentId: row.id }, now))
    .tell({
      at: now,
      type: "containment.limited",
      agentId: agent.id,
      incidentId: row.id,
      text: `Automatic containment stopped: ${reason}. A person has to look.`,
      data: { page: true },
    });
  return { incidentId: row.id, held: false, limitIncident: row };
}

export const LIMIT_CAUSE = "limit";

/** Rows for anomalies as the sweep stores them. */
export function anomalyRows(db: Db, agentId: string, incidentId: string | null, list: readonly Anomaly[]) {
  return db.insert(anomalyTable).values(
    list.map((anomaly) => ({
      id: newId("ano"),
      agentId,
      incidentId,
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
export function gravest<T extends Pick<Anomaly, "verdict" | "severity">>(anomalies: readonly T[]): T {
  return anomalies.reduce((a, b) =>
    RANK[b.verdict] > RANK[a.verdict] || (RANK[b.verdict] === RANK[a.verdict] && b.severity > a.severity) ? b : a,
  );
}

const titleOf = (agentId: string, anomalies: readonly Anomaly[]): string => {
  const types = [...new Set(anomalies.filter((anomaly) => anomaly.verdict !== "watch").map((anomaly) => anomaly.type))];
  const named = (types.length > 0 ? types : [gravest(anomalies).type]).map((type) => type.replaceAll("_", " "));
  return `${agentId}: ${named.slice(0, 3).join(", ")}`;
};
