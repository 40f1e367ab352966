import { limitText } from "@/lib/core/base/amounts";
import { postmortem } from "@/lib/core/causes/postmortem";
import { actionName } from "@/lib/core/agents/words";
import type { Db, Statement } from "@/lib/db/client";
import { isDrillDb } from "@/lib/db/drills";
import { listAlertsOf } from "@/lib/db/queries/alerts";
import { type ActionRun, listActionRunsOf } from "@/lib/db/queries/healing";
import {
  IMPROVEMENT_CAUSE,
  type Incident,
  listAnomaliesOf,
  listFindings,
  listSubjects,
  listTimeline,
} from "@/lib/db/queries/incidents";
import { findInvestigation, listAllCauses } from "@/lib/db/queries/investigations";
import { listIncidentSignals } from "@/lib/db/queries/signals";
import { type EpisodeFeatures, postmortems } from "@/lib/db/schema";
import { episodeWrites } from "@/lib/evidence/episodes";
import { agentFeatures } from "./agents/features";

/** What is known of an incident when it ends. */
interface Record {
  incident: Incident;
  subjects: string[];
  primary: string;
  alerts: Awaited<ReturnType<typeof listAlertsOf>>;
  anomalies: Awaited<ReturnType<typeof listAnomaliesOf>>;
  causes: Awaited<ReturnType<typeof listAllCauses>>;
  found: Awaited<ReturnType<typeof listFindings>>;
  /** Findings that a cause rests on. */
  cited: Awaited<ReturnType<typeof listFindings>>;
  runs: ActionRun[];
}

/**
 * What a closed incident leaves: the draft of its post-mortem, and an episode by which similar ones find it. `verdict`: the action
 * whose measured outcome closes it, as it will be stored. A containment limit leaves no episode, nor does a budget: it happened to
 * nobody; nor does a proposal to change Sentinel.
 */
export async function remember(
  db: Db,
  incident: Incident,
  verdict: ActionRun | null,
  now: number,
): Promise<Statement[]> {
  const record = await read(db, incident, verdict);
  const markdown = await draft(db, record);
  return [
    db
      .insert(postmortems)
      .values({ incidentId: incident.id, markdown, author: "local", createdAt: now })
      .onConflictDoNothing(),
    ...(isNoEpisode(incident) ? [] : episodeWrites(db, episodeOf(record, now))),
  ];
}

const isNoEpisode = ({ kind, causeKey }: Incident): boolean =>
  kind === "limit" || kind === "budget" || causeKey?.startsWith(IMPROVEMENT_CAUSE) === true;

async function read(db: Db, incident: Incident, verdict: ActionRun | null): Promise<Record> {
  const { id } = incident;
  const [subjects, alerts, anomalies, causes, found, runs] = await Promise.all([
    listSubjects(db, id),
    listAlertsOf(db, id),
    listAnomaliesOf(db, id),
    listAllCauses(db, id),
    listFindings(db, id),
    listActionRunsOf(db, id),
  ]);
  const names = subjects.map(({ subjectId }) => subjectId);
  const ids = new Set(causes.flatMap(({ cites }) => cites));
  return {
    incident,
    subjects: names,
    primary: subjects.find(({ role }) => role === "primary")?.subjectId ?? names[0] ?? "unknown",
    alerts,
    anomalies,
    causes,
    found,
    cited: found.filter((finding) => ids.has(finding.id)),
    runs: runs.map((run) => (run.id === verdict?.id ? verdict : run)),
  };
}

async function draft(db: Db, record: Record): Promise<string> {
  const { incident, found, runs } = record;
  const [timeline, investigation, raised] = await Promise.all([
    listTimeline(db, incident.id),
    findInvestigation(db, incident.id),
    listIncidentSignals(db, incident.id),
  ]);
  return postmortem({
    id: incident.id,
    title: incident.title,
    severity: incident.severity,
    of: incident.kind === "service" ? "service" : "agent",
    subjects: record.subjects,
    onsetAt: investigation?.onset ? investigation.onset.at * 1_000 : incident.onsetAt,
    openedAt: incident.openedAt,
    closedAt: incident.closedAt ?? incident.openedAt,
    outcome: incident.outcome ?? "closed",
    impact: [
      ...new Set(record.alerts.map(({ serviceId, summary }) => `${serviceId}: ${summary}`)),
      ...raised.flatMap(({ serviceId, name, upper, lower, unit }) => {
        const limit = limitText(upper, lower, unit);
        return limit === null ? [] : [`${serviceId} ${name}: limit: ${limit}`];
      }),
      ...new Set(
        found
          .filter(({ kind }) => incident.kind !== "service" && (kind === "metric_shift" || kind === "repetition"))
          .map(
            ({ title, detail }) =>
              `${typeof detail["agent_id"] === "string" ? detail["agent_id"] : record.primary}: ${title}`,
          ),
      ),
    ],
    causes: record.causes.map(({ statement, confidence, author, cites }) => ({ statement, confidence, author, cites })),
    findings: record.cited.map(({ id, title }) => ({ id, text: title })),
    couldNotLook: found.filter(({ kind }) => kind === "could_not_look").map(({ title }) => title),
    operations: runs.map((run) => ({
      name: actionName(run),
      by: run.by,
      at: run.startedAt,
      outcome: run.outcome,
      reason: reasonOf(run),
    })),
    timeline: timeline.map(({ at, text }) => ({ at, text })),
    previousIncidentId: incident.previousIncidentId,
    drill: isDrillDb(db),
  });
}

function episodeOf(record: Record, now: number): Parameters<typeof episodeWrites>[1] {
  const { incident, primary, causes, cited, runs } = record;
  const cured = runs.findLast(({ outcome }) => outcome === "recovered");
  const ofService = incident.kind === "service";
  return {
    incidentId: incident.id,
    subjectKind: ofService ? "service" : "agent",
    subjectId: primary,
    title: incident.title,
    body: [causes[0]?.statement ?? "", ...cited.map(({ title }) => title), incident.outcome ?? ""].join("\n"),
    causeNode: incident.causeNode,
    causeKind: (ofService ? incident.causeKind : incident.diagnosis) ?? "unknown",
    features: ofService
      ? serviceFeatures(record)
      : agentFeatures({ agents: record.subjects, primary, anomalies: record.anomalies, causeKey: incident.causeKey }),
    action: cured ? actionName(cured) : null,
    outcome: cured ? "recovered" : (runs.at(-1)?.outcome ?? "cannot_tell"),
    closedAt: now,
  };
}

function serviceFeatures({ incident, primary, subjects, alerts, found, cited }: Record): EpisodeFeatures {
  const change = cited.find(({ kind }) => kind === "change");
  return {
    service: primary,
    services: subjects,
    alerts: [...new Set(alerts.map(({ name }) => name))],
    templates: found.filter(({ kind }) => kind === "log_template").map(({ title }) => title),
    dependency: incident.causeNode !== null && incident.causeNode !== primary ? incident.causeNode : null,
    changeKind: typeof change?.detail["change_kind"] === "string" ? change.detail["change_kind"] : null,
  };
}

/** Why an operation was judged as it was. */
const reasonOf = ({ verification, detail }: ActionRun): string =>
  typeof verification?.["reason"] === "string" ? verification["reason"] : (detail ?? "not measured");
