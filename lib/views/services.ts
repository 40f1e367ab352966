import { and, asc, desc, eq, gte, inArray, isNull, sql } from "drizzle-orm";
import type {
  AlertView,
  CauseView,
  ServiceDetail,
  ServiceSummary,
  ServiceStory,
  ServicesAnswer,
  SignalView,
} from "@/lib/contracts/services";
import type { MaintenanceView, RunbookView } from "@/lib/contracts/operations";
import { InvestigationReport } from "@/lib/contracts/investigations";
import { SCOPE_KEYS } from "@/lib/core/alerts/alert-service";
import type { Bundle } from "@/lib/core/evidence/bundle";
import { DEFAULT_SIGNALS, signalTitle } from "@/lib/core/services/signals";
import { ANSWERS, type EventType } from "@/lib/core/base/events";
import { SERVICE_STATES, type ServiceState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import {
  alerts,
  changes,
  incidentSignals,
  incidentSubjects,
  type maintenanceWindows,
  runbooks,
  streamEvents,
} from "@/lib/db/schema";
import { changeView } from "@/lib/db/queries/changes";
import { grouped } from "@/lib/core/base/grouped";
import { listIncidentsOf } from "./incidents";
import {
  type CauseRow,
  findInvestigation,
  findPostmortem,
  listCauses,
  listTrajectory,
} from "@/lib/db/queries/investigations";
import { lookAlikes } from "@/lib/db/queries/look-alikes";
import { listUnreadSources } from "@/lib/db/queries/unread-sources";
import { listEdges, listServices, listSignals, type Service, type Signal } from "@/lib/db/queries/services";

const LISTED_ALERTS = 200;
const LISTED_CHANGES = 100;
/** Changes so long before the onset are still of interest, in ms. */
const CHANGES_BEFORE_MS = 2 * 3_600_000;

const ORDER = new Map(DEFAULT_SIGNALS.map(({ name }, index) => [name, index]));

const signalView = (row: Signal): SignalView => ({
  name: row.name,
  title: signalTitle(row.name),
  unit: row.unit,
  state: row.state,
  value: row.value,
  at: row.valueAt,
  detail: row.detail,
  problem: row.problem,
  since: row.since,
  expected: row.expected,
  upper: row.upper,
  lower: row.lower,
  query: row.query,
});

const measuredBy = ({ labelKey, tracedAt }: Service): ServiceSummary["measured_by"] =>
  labelKey !== null ? "prometheus" : tracedAt !== null ? "traces" : null;

const summary = (
  row: Service,
  signals: readonly Signal[],
  firing: number,
  lookAlike: (name: string) => string | null,
): ServiceSummary => ({
  id: row.id,
  looks_like: lookAlike(row.id),
  kind: row.kind,
  state: row.state,
  state_since: row.stateSince,
  source: row.source,
  scope: SCOPE_KEYS.flatMap((key) => row.scope[key] ?? []),
  owner: row.owner,
  version: row.version,
  incident_id: row.incidentId,
  last_seen_at: row.lastSeenAt,
  watched: measuredBy(row) !== null,
  measured_by: measuredBy(row),
  firing,
  signals: signals.toSorted((a, b) => (ORDER.get(a.name) ?? 99) - (ORDER.get(b.name) ?? 99)).map(signalView),
});

/** Every service with its signals, and who calls whom: the worst first. `prometheus`: whether metrics are configured at all. */
export async function servicesView(db: Db, prometheus: boolean): Promise<ServicesAnswer> {
  const [rows, signals, edges, firing, unread, lookAlike] = await Promise.all([
    listServices(db),
    listSignals(db),
    listEdges(db),
    db
      .select({ id: alerts.serviceId, n: sql<number>`count(*)` })
      .from(alerts)
      .where(and(isNull(alerts.endsAt), eq(alerts.muted, false)))
      .groupBy(alerts.serviceId),
    listUnreadSources(db),
    lookAlikes(db, "services"),
  ]);
  const of = grouped(signals, (row) => row.serviceId);
  const counts = new Map(firing.map(({ id, n }) => [id, n]));
  const byState = Object.fromEntries(
    SERVICE_STATES.map((state) => [state, rows.filter((row) => row.state === state).length]),
  ) as Record<ServiceState, number>;
  const worst: readonly ServiceState[] = ["down", "degraded", "unknown", "healthy"];
  return {
    services: rows
      .toSorted((a, b) => worst.indexOf(a.state) - worst.indexOf(b.state) || (a.id < b.id ? -1 : 1))
      .map((row) => summary(row, of.get(row.id) ?? [], counts.get(row.id) ?? 0, lookAlike)),
    edges,
    by_state: byState,
    sources: { prometheus, unread },
  };
}

/** One service; null if there is none of this name. */
export async function findServiceDetail(db: Db, id: string): Promise<ServiceDetail | null> {
  const row = (await listServices(db)).find((service) => service.id === id);
  if (!row) return null;
  const [signals, edges, listed, changed, incidents, lookAlike] = await Promise.all([
    listSignals(db, [id]),
    listEdges(db),
    db.select().from(alerts).where(eq(alerts.serviceId, id)).orderBy(desc(alerts.lastAt)).limit(LISTED_ALERTS),
    db
      .select()
      .from(changes)
      .where(and(eq(changes.subjectKind, "service"), eq(changes.subjectId, id)))
      .orderBy(desc(changes.at))
      .limit(LISTED_CHANGES),
    listIncidentsOf(db, "service", id),
    lookAlikes(db, "services"),
  ]);
  return {
    service: summary(row, signals, listed.filter(({ endsAt, muted }) => endsAt === null && !muted).length, lookAlike),
    callers: edges.flatMap(([caller, callee]) => (callee === id ? [caller] : [])),
    callees: edges.flatMap(([caller, callee]) => (caller === id ? [callee] : [])),
    alerts: listed.map(alertView),
    changes: changed.map(changeView),
    incidents,
  };
}

const alertView = (row: typeof alerts.$inferSelect): AlertView => ({
  id: row.id,
  source: row.sourceId,
  name: row.name,
  service: row.serviceId,
  severity: row.severity,
  summary: row.summary,
  starts_at: row.startsAt,
  ends_at: row.endsAt,
  count: row.count,
  last_at: row.lastAt,
  muted: row.muted,
  flapping: row.flapping,
  incident_id: row.incidentId,
  labels: row.labels,
  url: row.generatorUrl,
});

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
  const [signals, changed, steps] = await Promise.all([
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
    alerts: listed.map(alertView),
    changes: changed.map(changeView),
    edges: distinct([...near, ...(investigation?.bundle?.edges ?? [])]),
    causes: causes.map(causeView),
    investigation: investigation && {
      id: investigation.id,
      state: investigation.state,
      attempt: investigation.attempt,
      started_at: investigation.startedAt,
      ended_at: investigation.endedAt,
      cut_short: investigation.cutShort,
      verdict: investigation.verdict,
      onset: investigation.onset,
      summary: investigation.summary,
      slack: investigation.slack,
      status_line: investigation.statusLine,
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

export const maintenanceView = (row: typeof maintenanceWindows.$inferSelect): MaintenanceView => ({
  id: row.id,
  service: row.service,
  labels: row.labels,
  starts_at: row.startsAt,
  ends_at: row.endsAt,
  note: row.note,
  created_by: row.createdBy,
});

export async function listRunbooks(db: Db): Promise<RunbookView[]> {
  const rows = await db.select().from(runbooks).orderBy(runbooks.title);
  return rows.map(({ path, title, services, updatedAt, body }) => ({
    path,
    title,
    services,
    updated_at: updatedAt,
    body,
  }));
}
