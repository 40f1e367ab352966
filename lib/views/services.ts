import { and, desc, eq, isNull, sql } from "drizzle-orm";
import type { AlertView, ServiceDetail, ServiceSummary, ServicesAnswer, SignalView } from "@/lib/contracts/services";
import type { MaintenanceView, RunbookView } from "@/lib/contracts/operations";
import { SCOPE_KEYS } from "@/lib/core/alerts/alert-service";
import { DEFAULT_SIGNALS, signalTitle } from "@/lib/core/services/signals";
import { SERVICE_STATES, type ServiceState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { alerts, changes, type maintenanceWindows, runbooks } from "@/lib/db/schema";
import { changeView } from "@/lib/db/queries/changes";
import { grouped } from "@/lib/core/base/grouped";
import { listIncidentsOf } from "./incidents";
import { lookAlikes } from "@/lib/db/queries/look-alikes";
import { alertSourceKinds } from "@/lib/db/queries/alert-sources";
import { listUnreadSources } from "@/lib/db/queries/unread-sources";
import { listEdges, listServices, type Service } from "@/lib/db/queries/services";
import { listSignals, type Signal } from "@/lib/db/queries/signals";

export const LISTED_ALERTS = 200;
export const LISTED_CHANGES = 100;
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

export const summary = (
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
  const [kinds, signals, edges, listed, changed, incidents, lookAlike] = await Promise.all([
    alertSourceKinds(db),
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
    alerts: listed.map(alertView(kinds)),
    changes: changed.map(changeView),
    incidents,
  };
}

/** `kinds`: of sources, by id. What Sentinel raised itself, or played from a recording, stands under its own name. */
export const alertView =
  (kinds: ReadonlyMap<string, string>) =>
  (row: typeof alerts.$inferSelect): AlertView => ({
    id: row.id,
    source: row.sourceId,
    source_kind: kinds.get(row.sourceId) ?? row.sourceId,
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
