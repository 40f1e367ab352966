import { and, asc, desc, eq, gte, inArray } from "drizzle-orm";
import type { CauseView, ServiceStory } from "@/lib/contracts/services";
import { InvestigationReport } from "@/lib/contracts/investigations";
import type { Bundle } from "@/lib/core/evidence/bundle";
import { currentMessages } from "@/lib/core/causes/current-messages";
import { signalTitle } from "@/lib/core/services/signals";
import { ANSWERS, type EventType } from "@/lib/core/base/events";
import type { Db } from "@/lib/db/client";
import { alerts, changes, incidentSignals, incidentSubjects, streamEvents } from "@/lib/db/schema";
import { changeView } from "@/lib/db/queries/changes";
import { byHandOf } from "./by-hand";
import { listIncidentsOf } from "./incidents";
import {
  type CauseRow,
  findInvestigation,
  findPostmortem,
  listCauses,
  listTrajectory,
} from "@/lib/db/queries/investigations";
import { alertSourceKinds } from "@/lib/db/queries/alert-sources";
import { listEdges } from "@/lib/db/queries/services";
import { listSignals } from "@/lib/db/queries/signals";
import { LISTED_ALERTS, LISTED_CHANGES, alertView } from "./services";

/** Changes so long before the onset are still of interest, in ms. */
const CHANGES_BEFORE_MS = 2 * 3_600_000;

export const causeView = (row: CauseRow): CauseView => ({
  id: row.id,
  rank: row.rank,
  node: row.node,
  kind: row.kind,
  statement: row.statement,
  confidence: row.confidence,
  cites: row.cites,
  separates: row.separates,
  author: row.author,
  notes: row.notes,
  feedback: row.feedback,
  feedback_by: row.feedbackBy,
});

/** Findings of the investigation of a service incident, beside what every incident has. Null for one of agents, or of no known id. */
export async function findStory(db: Db, id: string): Promise<ServiceStory | null> {
  const [incident] = await listIncidentsOf(db, "incident", id);
  if (!incident || incident.kind !== "service") return null;
  const [listed, causes, investigation, subjects, edges, raised, post, events] = await Promise.all([
    db.select().from(alerts).where(eq(alerts.incidentId, id)).orderBy(asc(alerts.startsAt)).limit(LISTED_ALERTS),
    listCauses(db, id),
    findInvestigation(db, id),
    db.select({ id: incidentSubjects.subjectId }).from(incidentSubjects).where(eq(incidentSubjects.incidentId, id)),
    listEdges(db),
    db.select().from(incidentSignals).where(eq(incidentSignals.incidentId, id)),
    findPostmortem(db, id),
    db
      .select({ at: streamEvents.at, type: streamEvents.type })
      .from(streamEvents)
      .where(eq(streamEvents.incidentId, id))
      .orderBy(asc(streamEvents.seq)),
  ]);
  const services = subjects.map((subject) => subject.id);
  const inside = new Set(services);
  const near = edges.filter(([caller, callee]) => inside.has(caller) || inside.has(callee));
  const nodes = [...new Set([...services, ...near.flat()])];
  const [kinds, signals, changed, steps] = await Promise.all([
    alertSourceKinds(db),
    listSignals(db, services),
    db
      .select()
      .from(changes)
      .where(and(inArray(changes.subjectId, nodes), gte(changes.at, incident.onset_at - CHANGES_BEFORE_MS)))
      .orderBy(desc(changes.at))
      .limit(LISTED_CHANGES),
    investigation ? listTrajectory(db, investigation.id) : [],
  ]);
  const report = InvestigationReport.safeParse(investigation?.report);
  const told = causes.map(causeView);
  const changesNear = changed.map(changeView);
  const messages = investigation && currentMessages(investigation, { state: incident.state, closedAt: incident.closed_at, outcome: incident.outcome }); // prettier-ignore
  const since = (types: readonly EventType[]) => {
    const first = events.find(({ type }) => types.includes(type));
    return first ? first.at - incident.opened_at : null;
  };
  return {
    incident,
    impact: raised.map((row) => {
      const signal = signals.find(({ serviceId, name }) => serviceId === row.serviceId && name === row.name);
      return {
        service: row.serviceId,
        signal: signalTitle(row.name),
        unit: row.unit,
        now: signal?.value ?? null,
        normal: signal?.expected?.mid ?? null,
        upper: row.upper,
        lower: row.lower,
        query: row.query,
      };
    }),
    alerts: listed.map(alertView(kinds)),
    changes: changesNear,
    edges: distinct([...near, ...(investigation?.bundle?.edges ?? [])]),
    causes: told,
    by_hand: byHandOf(incident, told[0], changesNear, report.success ? report.data.remedy : null),
    investigation: investigation && {
      id: investigation.id,
      state: investigation.state,
      attempt: investigation.attempt,
      started_at: investigation.startedAt,
      ended_at: investigation.endedAt,
      cut_short: investigation.cutShort,
      verdict: investigation.verdict,
      onset: investigation.onset,
      summary: messages?.summary ?? null,
      slack: messages?.slack ?? null,
      status_line: messages?.statusLine ?? null,
      authors: investigation.authors,
      spent: investigation.spent,
      report: report.success ? report.data : null,
    },
    steps: steps.map((step) => ({
      seq: step.seq,
      node: step.node,
      tool: step.tool,
      args: step.args ?? null,
      preview: step.preview,
      digest: step.resultDigest,
      author: step.author,
      started_at: step.startedAt,
      ms: step.ms,
      tokens: step.tokens,
      usd: step.usd,
      ok: step.ok,
    })),
    series: seriesOf(investigation?.bundle ?? null),
    postmortem: post,
    times: {
      to_proposal_ms: since(["approval.requested", "proposal.allowed", "proposal.recorded"]),
      to_acknowledge_ms: since(ANSWERS),
      to_resolve_ms: since(["incident.resolved"]),
    },
  };
}

const distinct = (edges: readonly [string, string][]): [string, string][] => [
  ...new Map(edges.map((edge) => [JSON.stringify(edge), edge])).values(),
];

/** What was normal and what was seen, as one line a metric. */
function seriesOf(bundle: Bundle | null): ServiceStory["series"] {
  if (bundle === null) return [];
  const lines = new Map<string, ServiceStory["series"][number]>();
  for (const { node, metric, unit, points } of [...bundle.normal.metrics, ...bundle.metrics]) {
    const key = JSON.stringify([node, metric]);
    const known = lines.get(key) ?? { node, name: metric, metric: signalTitle(metric), unit: unit ?? null, points: [] };
    known.points.push(...points);
    lines.set(key, known);
  }
  for (const line of lines.values())
    line.points = [...new Map(line.points.map((point) => [point[0], point])).values()].toSorted(([a], [b]) => a - b);
  return [...lines.values()];
}
