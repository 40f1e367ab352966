import { CHANGE_WINDOW_MS, diagnose, type DiagnoseInput, type ToolEvidence } from "@/lib/core/agents/diagnose";
import { moveIncident } from "@/lib/core/base/lifecycle";
import { describeAnomaly } from "@/lib/core/agents/words";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { findAgent, findDirective } from "@/lib/db/queries/agents";
import { onsetOfRuns, openTools, toolEvidence } from "@/lib/db/queries/tool-evidence";
import {
  type AnomalyRow,
  type Incident,
  incidentClaim,
  listAnomaliesOf,
  listChangesOf,
  listSubjects,
  type Subject,
} from "@/lib/db/queries/incidents";
import { causes, findings } from "@/lib/db/schema";
import { dropFindings } from "@/lib/db/queries/investigations";
import { type SimilarEpisode, similarEpisodes } from "@/lib/evidence/episodes";
import { log } from "@/lib/log";
import { causeOf, sharedName } from "./external";
import { agentFeatures } from "./features";
import { holdInDoubt } from "./hold-in-doubt";
import { newId } from "@/lib/db/ids";
import { withConfidence } from "@/lib/core/causes/confidence";
import { confidenceFit } from "../confidence-fit";

/** Tool calls this long before the onset are what a tool's calls are compared with, in ms. */
const USUAL_MS = 15 * 60_000;
/** Findings kept per incident: the gravest anomalies say it all, and a screen has to show them. */
const MAX_ANOMALY_FINDINGS = 24;
/** Past incidents that are shown: more than a few nobody compares. */
const SIMILAR_SHOWN = 3;
/** Results this many times larger than usual flood the context that they are put into. */
const FLOOD_RATIO = 5;
/** A tool first used within an incident counts as unfamiliar only if there was enough time to see it before. */
const MIN_USUAL_CALLS = 10;

/**
 * Gathers the evidence of an incident, ranks what could explain it, and stores both. Every hypothesis cites the findings
 * it rests on. False when somebody else took the incident meanwhile, or while its
 * quarantine is still on its way and so evidence is still coming in.
 */
export async function investigate(db: Db, incident: Incident, now: number): Promise<boolean> {
  const subjects = await listSubjects(db, incident.id);
  const primary = subjects.find((subject) => subject.role === "primary") ?? subjects[0];
  const agent = primary ? await findAgent(db, primary.subjectId) : null;
  if (agent && (await holdInDoubt(db, agent))) return false;
  const all = await listAnomaliesOf(db, incident.id);
  const anomalies = gravestFirst(all).slice(0, MAX_ANOMALY_FINDINGS);
  const input = await evidence(db, incident, primary?.subjectId ?? null, anomalies);
  const ranked = withConfidence(diagnose(input), await confidenceFit(db, "agent"), ({ diagnosis }) => diagnosis);

  const anomalyFindings = anomalies.map((row) => ({
    id: newId("fnd"),
    incidentId: incident.id,
    kind: row.type === "repetition" ? ("repetition" as const) : ("metric_shift" as const),
    title: describeAnomaly(row.evidence),
    source: `anomaly ${row.id} of ${row.agentId}`,
    detail: {
      anomaly_id: row.id,
      agent_id: row.agentId,
      metric: row.metric,
      stratum: row.stratum,
      severity: row.severity,
    },
    at: row.at,
  }));
  const changeFindings = input.changes.map((change) => ({
    id: newId("fnd"),
    incidentId: incident.id,
    kind: "change" as const,
    title: `${change.kind} changed ${change.declared ? "as declared" : "without being declared"}, ${secondsBefore(change.at, incident.onsetAt)}`,
    source: "changes",
    detail: { kind: change.kind, declared: change.declared },
    at: change.at,
  }));
  const cause = causeOf(incident);
  const peerFindings =
    incident.kind === "external"
      ? [
          {
            id: newId("fnd"),
            incidentId: incident.id,
            kind: "peer_group" as const,
            title: `${subjects.length} agents that share ${cause === null ? incident.causeKey : sharedName(cause)} left their baselines together`,
            source: "fleet correlation",
            detail: { cause: incident.causeKey, agents: subjects.map((subject) => subject.subjectId) },
            at: incident.onsetAt,
          },
        ]
      : [];
  const pastFindings = await similarFindings(db, incident, subjects, all, ranked[0]!.statement);
  const rows = [...anomalyFindings, ...changeFindings, ...peerFindings, ...pastFindings];
  const best = ranked[0]!;
  const won = await commit(db, {
    claims: [
      incidentClaim(db, incident, {
        state: incident.state === "investigating" ? incident.state : moveIncident(incident.state, "investigating"),
        diagnosis: best.diagnosis,
        confidence: best.confidence,
      }),
    ],
    writes: [
      ...dropFindings(incident.id),
      ...(rows.length > 0 ? [db.insert(findings).values(rows)] : []),
      db.insert(causes).values(
        ranked.map((hypothesis, rank) => ({
          id: newId("cau"),
          incidentId: incident.id,
          rank,
          kind: hypothesis.diagnosis,
          confidence: hypothesis.confidence,
          raw: hypothesis.raw,
          statement: hypothesis.statement,
          weak: hypothesis.weak,
          cites: [
            ...hypothesis.cites.map((index) => anomalyFindings[index]!.id),
            ...(rank === 0 ? [...changeFindings, ...peerFindings].map((finding) => finding.id) : []),
          ],
          author: "rules",
          at: now,
        })),
      ),
    ],
    events: [
      {
        at: now,
        type: "incident.diagnosed",
        agentId: primary?.subjectId,
        incidentId: incident.id,
        text: `${best.confidence >= 0.5 ? "Most likely" : "Possibly"} ${best.diagnosis.replaceAll("_", " ")} (${Math.round(best.confidence * 100)} %): ${best.statement}`,
        data: { diagnosis: best.diagnosis, confidence: best.confidence, weak: best.weak, findings: rows.length },
      },
    ],
  });
  return won !== null;
}

/** Past incidents of agents like this one, as findings: what they were held to be, and what helped. */
async function similarFindings(
  db: Db,
  incident: Incident,
  subjects: readonly Subject[],
  anomalies: readonly AnomalyRow[],
  statement: string,
) {
  const agents = subjects.map(({ subjectId }) => subjectId);
  const primary = subjects.find(({ role }) => role === "primary")?.subjectId ?? agents[0] ?? incident.title;
  const looked = await similarEpisodes(db, {
    subjectKind: "agent",
    text: `${incident.title}\n${statement}`,
    service: primary,
    features: agentFeatures({ agents, primary, anomalies, causeKey: incident.causeKey }),
    except: incident.id,
    limit: SIMILAR_SHOWN,
  });
  if (!looked.ok) {
    log().warn({ incident: incident.id, reason: looked.reason }, "past incidents could not be searched");
    return [];
  }
  return looked.value.map((past) => ({
    id: newId("fnd"),
    incidentId: incident.id,
    kind: "similar_incident" as const,
    title: similarText(past),
    source: `incident ${past.id}`,
    detail: { incident_id: past.id, similarity: past.similarity, shares: past.shares, disputed: past.disputed },
    at: Math.round(past.at * 1_000),
  }));
}

/** `r-1: token spike, cost spike (the same agent, r-1): prompt drift; rollback prompt: recovered`. */
const similarText = ({ title, shares, kind, action, outcome }: SimilarEpisode): string =>
  `${title}${shares.length > 0 ? ` (${shares.join("; ")})` : ""}: ${kind.replaceAll("_", " ")}; ${
    action === null ? "no action had a measured benefit" : `${action}: ${outcome.replaceAll("_", " ")}`
  }`;

/** What the diagnosis looks at, read now. */
export async function evidence(
  db: Db,
  incident: Incident,
  agentId: string | null,
  anomalies: readonly AnomalyRow[],
): Promise<DiagnoseInput> {
  const since = incident.onsetAt - CHANGE_WINDOW_MS;
  const changes = agentId ? await listChangesOf(db, agentId, since) : [];
  return {
    anomalies: anomalies.map((row) => row.evidence),
    changes: changes.map(({ kind, at, declared }) => ({ kind, at, declared })),
    external: incident.kind === "external",
    tools: agentId ? await tools(db, agentId, incident) : [],
  };
}

async function tools(db: Db, agentId: string, incident: Incident): Promise<ToolEvidence[]> {
  const agent = await findAgent(db, agentId);
  const directive = agent ? await findDirective(db, agentId, agent.directiveVersion) : null;
  const since = await onsetOfRuns(db, incident.id, incident.onsetAt);
  const [rows, open] = await Promise.all([
    toolEvidence(db, agentId, since, since - USUAL_MS),
    openTools(db, agentId, since),
  ]);
  const known = rows.some((row) => row.usual_calls >= MIN_USUAL_CALLS);
  const measured = rows.map((row) => ({
    name: row.tool,
    errorRate: row.calls > 0 ? row.failed / row.calls : null,
    usualErrorRate: row.usual_calls > 0 ? row.usual_failed / row.usual_calls : null,
    calls: row.calls,
    revoked: directive?.revokedTools.includes(row.tool) ?? false,
    floods:
      row.bytes !== null &&
      row.usual_bytes !== null &&
      row.usual_bytes > 0 &&
      row.bytes > FLOOD_RATIO * row.usual_bytes,
    unfamiliar: known && row.usual_calls === 0,
    open: open.includes(row.tool),
    sideEffect: row.side_effect as ToolEvidence["sideEffect"],
  }));
  const unmeasured = open.filter((tool) => !rows.some((row) => row.tool === tool));
  return [...measured, ...unmeasured.map((name) => ({ name, errorRate: null, revoked: false, open: true }))];
}

const RANK = { quarantine: 0, suspect: 1, watch: 2 } as const;
const gravestFirst = (rows: AnomalyRow[]): AnomalyRow[] =>
  rows.toSorted((a, b) => RANK[a.verdict] - RANK[b.verdict] || b.severity - a.severity || a.at - b.at);

const secondsBefore = (at: number, onset: number): string =>
  at <= onset
    ? `${Math.round((onset - at) / 1000)} s before the onset`
    : `${Math.round((at - onset) / 1000)} s after the onset`;
