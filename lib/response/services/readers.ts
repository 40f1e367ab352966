import type { Db } from "@/lib/db/client";
import type { PastIncident, Readers, ServiceMetadata } from "@/lib/agents/investigation/ports";
import type { BundleChange, LogLine, Series } from "@/lib/core/evidence/bundle";
import { listAlertsOf, listFiringOf } from "@/lib/db/queries/alerts";
import { lastRecoveries } from "@/lib/db/queries/healing";
import { getIncident, listOtherTroubles, listSubjects } from "@/lib/db/queries/incidents";
import { listIncidentSignals, listRecorded, listServicesAmong, listSignals } from "@/lib/db/queries/services";
import { findUnreadSource } from "@/lib/db/queries/unread-sources";
import { metricsIn } from "@/lib/evidence/alert-query";
import { recentChanges } from "@/lib/evidence/changes";
import { type SimilarEpisode, similarEpisodes } from "@/lib/evidence/episodes";
import { CAUSE_KINDS } from "@/lib/core/base/vocabulary";
import { marked } from "@/lib/core/evidence/bundle-marks";
import type { Prometheus } from "@/lib/evidence/prometheus";
import type { KubeEvent, Termination } from "@/lib/evidence/kubernetes";
import { fetchLogs } from "@/lib/evidence/logs";
import { couldNotLook, found, type Looked, unreadOf, unreadText } from "@/lib/evidence/looked";
import { searchRunbooks } from "@/lib/evidence/runbooks";
import { serviceMap } from "@/lib/evidence/topology";
import { seriesByVersion } from "@/lib/evidence/versions";
import { stateLines } from "./state-lines";
import type { ServiceContext } from "./context";

/** Most lines of one node: enough for templates, few enough for a bundle. */
const LINES_PER_NODE = 1_500;
const SECTIONS = 4;
const PAST = 5;

/** The eyes of an investigation: everything it may look at, none of which changes anything. */
export function readersOf(ctx: ServiceContext, incidentId: string): Readers {
  const { db, now } = ctx;
  return {
    async get_service_metadata({ nodes }) {
      const [rows, firing] = await Promise.all([listServicesAmong(db, nodes), listFiringOf(db)]);
      return found(
        "services",
        rows.map((row): ServiceMetadata => ({
          id: row.id,
          kind: row.kind,
          state: row.state,
          alerts: (firing.get(row.id) ?? []).map(({ name }) => name),
          ...(row.version ? { version: row.version } : {}),
          ...(row.owner ? { owner: row.owner } : {}),
        })),
      );
    },
    async search_past_incidents({ node, text }, signal) {
      const [alerts, subjects] = await Promise.all([listAlertsOf(db, incidentId), listSubjects(db, incidentId)]);
      const features = {
        alerts: [...new Set(alerts.map(({ name }) => name))],
        services: subjects.map(({ subjectId }) => subjectId),
      };
      const query = { service: node, text, features, limit: PAST, except: incidentId, signal };
      const looked = await similarEpisodes(db, query, ctx.embedder ?? undefined);
      return looked.ok ? { ...looked, value: looked.value.map(ofService) } : looked;
    },
    async fetch_logs({ nodes, from, to, limit, contains }, signal) {
      const perNode = Math.min(LINES_PER_NODE, limit);
      const present = from <= now / 1_000 && now / 1_000 <= to;
      const states = present ? await stateLines(ctx, nodes) : [];
      const other = await otherTroubles(db, incidentId, nodes, from);
      const [logs, kube] = await Promise.all([
        Promise.all(nodes.map((node) => fetchLogs(ctx.logs, { node, from, to, limit: perNode, signal }))),
        kubernetesLines(ctx, { from, to }, signal),
      ]);
      const missing = [...logs.flatMap((log) => log.couldNotLook), ...unreadOf([kube])];
      const looked = states.length > 0 || logs.some((log) => log.looked.length > 0) || kube?.ok === true;
      if (!looked)
        return couldNotLook("logs", missing.length > 0 ? unreadText(missing) : "no source of logs is configured");
      const all = [
        ...logs.flatMap(({ lines }) => lines),
        ...(kube?.ok ? kube.value.filter(({ node }) => nodes.includes(node)) : []),
        ...states,
      ]
        .filter(({ node, t }) => !other(node, t))
        .toSorted((a, b) => a.t - b.t);
      const kept =
        contains === undefined ? all : all.filter(({ line }) => line.toLowerCase().includes(contains.toLowerCase()));
      return found(
        logs.flatMap((log) => log.looked.map(({ source }) => source)).join(", ") || "logs",
        kept,
        logs.some(({ truncated }) => truncated) || (kube?.ok === true && kube.truncated),
        missing,
      );
    },
    async query_metrics({ nodes, metric, from, to }, signal) {
      const recorded = await listRecorded(db, nodes, { from, to }, metric);
      const live = await liveSeries(ctx, incidentId, { nodes, metric, from, to }, signal);
      if (!live.ok && recorded.length === 0) return live;
      const other = await otherTroubles(db, incidentId, nodes, from);
      const series = [...(live.ok ? live.value : []), ...recorded].map((one) => ({
        ...one,
        points: one.points.filter(([t]) => !other(one.node, t)),
      }));
      return found(live.source, { series, spans: [] }, live.ok && live.truncated, unreadOf([live]));
    },
    async list_recent_changes({ nodes, from, to }, signal) {
      const [log, rollouts] = await Promise.all([
        recentChanges(db, { from, to, ...(nodes.length > 0 && { subjects: nodes }) }, ctx.repositories, signal),
        ctx.kubernetes ? ctx.kubernetes.rollouts(signal) : null,
      ]);
      if (!log.ok) return log;
      const rolled: BundleChange[] = rollouts?.ok
        ? rollouts.value.flatMap(({ changes }) => changes).filter(({ t }) => t >= from && t <= to)
        : [];
      const well = await lastRecoveries(db, await getIncident(db, incidentId), from * 1_000);
      const all = [...log.value, ...rolled]
        .filter(({ node }) => nodes.length === 0 || nodes.includes(node))
        .map((change) => (change.t * 1_000 < (well.get(change.node) ?? 0) ? { ...change, survived: true } : change));
      return found(
        rolled.length > 0 ? `${log.source}, kubernetes` : log.source,
        all.toSorted((a, b) => a.t - b.t),
        log.truncated || (rollouts?.ok === true && rollouts.truncated),
        unreadOf([log, rollouts]),
      );
    },
    async walk_dependencies({ node, depth }) {
      const map = await serviceMap(db, now);
      if (!map.ok) return map;
      const { edges, nodes } = map.value;
      const reached = new Set([node]);
      for (let hop = 0; hop < depth; hop++)
        for (const [caller, callee] of edges) {
          if (reached.has(caller)) reached.add(callee);
          else if (reached.has(callee)) reached.add(caller);
        }
      return found(map.source, {
        nodes: [
          ...nodes.filter(({ id }) => reached.has(id)),
          ...(nodes.some(({ id }) => id === node) ? [] : [{ id: node }]),
        ],
        edges: edges.filter(([caller, callee]) => reached.has(caller) && reached.has(callee)),
      });
    },
    async read_runbook({ query, node }) {
      const [looked, unread] = await Promise.all([
        searchRunbooks(db, { query, service: node, limit: SECTIONS }),
        findUnreadSource(db, "runbooks"),
      ]);
      // What was read of the folder before it could not be read stands.
      return looked.ok && unread ? found(looked.source, looked.value, looked.truncated, [unread]) : looked;
    },
  };
}

/** What is seen so long before an incident's first alert belongs to it already, in ms. */
const LEAD_MS = 15_000;

/**
 * Whether a moment of a service (epoch seconds) belongs to an incident that was over before this one: it is neither
 * normal, nor evidence of what is wrong now.
 */
async function otherTroubles(db: Db, incidentId: string, nodes: readonly string[], from: number) {
  const incident = await getIncident(db, incidentId);
  const troubles = await listOtherTroubles(db, incident, nodes, from * 1_000);
  return (node: string, t: number): boolean =>
    troubles.some((one) => one.serviceId === node && t * 1_000 >= one.from - LEAD_MS && t * 1_000 <= one.to);
}

/** The signals of services, and what raised the incident, from the source of metrics. */
async function liveSeries(
  ctx: ServiceContext,
  incidentId: string,
  { nodes, metric, from, to }: { nodes: string[]; metric?: string; from: number; to: number },
  signal: AbortSignal,
): Promise<Looked<Series[]>> {
  const { db, prometheus, config, now } = ctx;
  if (prometheus === null) return couldNotLook("metrics", "no Prometheus is configured");
  const [rows, raised] = await Promise.all([listSignals(db, nodes), listIncidentSignals(db, incidentId)]);
  const known = new Set(rows.flatMap(({ query }) => metricsIn(query)));
  const asked = [
    ...rows.map(({ serviceId, name, query, unit }) => ({ serviceId, name, query, unit })),
    // What our own signals read already would be counted twice; an alert's name is a team's own word, its metric says what it is.
    ...raised
      .filter(({ query, serviceId }) => nodes.includes(serviceId) && !metricsIn(query).every((name) => known.has(name)))
      .map((row) => ({ ...row, name: metricsIn(row.query)[0] ?? row.name })),
  ].filter(({ name }) => metric === undefined || name === metric);
  const minStep = Math.max(1, Math.round(config.watchMs / 1_000));
  // Beyond now a source repeats what it saw last.
  const end = Math.min(to, now / 1_000);
  const looks = await Promise.all(
    asked.map(async (one) => ({
      one,
      looked: await closely(prometheus, one.query, { from, to: end, minStep }, signal),
    })),
  );
  const versions = metric === undefined ? await versionsOf(ctx, nodes, { from, to: end, minStep }, signal) : null;
  const series = looks.flatMap(({ one, looked }): Series[] => {
    const points = looked.ok ? grown(looked.value, from, config.rateWindow) : [];
    return points.length === 0
      ? []
      : [{ node: one.serviceId, metric: one.name, ...(one.unit ? { unit: one.unit } : {}), points }];
  });
  const unread = looks.flatMap(({ one, looked }) =>
    unreadOf([looked]).map(({ source, reason }) => ({ source, reason: `${one.serviceId} ${one.name}: ${reason}` })),
  );
  if (looks.length > 0 && looks.every(({ looked }) => !looked.ok))
    return couldNotLook(prometheus.source, summarized(looks.map(({ looked }) => looked)));
  return found(
    prometheus.source,
    [...series, ...(versions?.ok ? versions.value : [])],
    [...looks.map(({ looked }) => looked), versions].some((looked) => looked?.ok && looked.truncated),
    [...unread, ...unreadOf([versions]).map(({ source, reason }) => ({ source, reason: `versions: ${reason}` }))],
  );
}

/** The same services' series by version; null where metrics name none of them. */
async function versionsOf(
  { db, prometheus, config }: ServiceContext,
  nodes: readonly string[],
  range: { from: number; to: number; minStep: number },
  signal: AbortSignal,
): Promise<Looked<Series[]> | null> {
  const services = (await listServicesAmong(db, nodes)).flatMap(({ id, labelKey, labels }) =>
    labelKey === null
      ? []
      : [{ id, labelKey, labels, metrics: { ...config.signals.metrics, ...config.overrides.get(id)?.metrics } }],
  );
  if (prometheus === null || services.length === 0) return null;
  const looked = await seriesByVersion(prometheus, services, { ...range, rateWindow: config.rateWindow }, signal);
  if (!looked.ok) return looked;
  const full = looked.value.map((one) => ({ ...one, points: grown(one.points, range.from, config.rateWindow) }));
  return { ...looked, value: full.filter(({ points }) => points.length > 0) };
}

/** The different reasons of looks that all failed, each once. */
const summarized = (looks: readonly Looked<unknown>[]): string =>
  [...new Set(unreadOf(looks).map(({ reason }) => reason))].join("; ");

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** Without the beginning of a series that began within the window: a rate over a window that is not full yet only climbs. */
function grown(points: [number, number][], from: number, rateWindow: string): [number, number][] {
  const window = Number.parseInt(rateWindow, 10) * (SECONDS[rateWindow.at(-1)!] ?? 1);
  const first = points[0]?.[0] ?? from;
  return first - from <= window ? points : points.filter(([t]) => t - first >= window);
}

/** The end of a window, in seconds, that is read as finely as it was measured: there the trouble is. */
const CLOSE_S = 15 * 60;

/** A range, its end in finer steps than its whole length allows. */
async function closely(
  prometheus: Prometheus,
  query: string,
  { from, to, minStep }: { from: number; to: number; minStep: number },
  signal: AbortSignal,
): Promise<Looked<[number, number][]>> {
  const fine = Math.max(from, to - CLOSE_S);
  const [wide, close] = await Promise.all([
    fine > from ? prometheus.range(query, { from, to: fine, minStep }, signal) : null,
    prometheus.range(query, { from: fine, to, minStep }, signal),
  ]);
  if (wide !== null && !wide.ok) return wide;
  if (!close.ok) return close;
  const before = (wide?.value[0]?.points ?? []).filter(([t]) => t < fine);
  return found(
    close.source,
    [...before, ...(close.value[0]?.points ?? [])],
    (wide?.truncated ?? false) || close.truncated,
    unreadOf([wide, close]),
  );
}

/** Events and last terminated states of the cluster, as lines among the logs; null where there is none. */
async function kubernetesLines(
  { kubernetes }: ServiceContext,
  window: { from: number; to: number },
  signal: AbortSignal,
): Promise<Looked<LogLine[]> | null> {
  if (kubernetes === null) return null;
  const [events, terminations] = await Promise.all([
    kubernetes.events(window, signal),
    kubernetes.terminations(signal),
  ]);
  if (!events.ok && !terminations.ok) return events;
  const said = events.ok ? events.value.map(eventLine) : [];
  const ended = terminations.ok ? terminations.value.flatMap((one) => terminationLine(one, window)) : [];
  return found(
    kubernetes.source,
    [...said, ...ended],
    [events, terminations].some((look) => look.ok && look.truncated),
    unreadOf([events, terminations]),
  );
}

const eventLine = ({ t, node, kind, object, warning, reason, message, count }: KubeEvent): LogLine => ({
  t,
  node,
  line: marked(
    "event",
    `${warning ? "Warning " : ""}${reason} ${kind}/${object}: ${message}${count > 1 ? ` (${count} times)` : ""}`,
  ),
});

function terminationLine(
  { node, pod, container, restarts, last, waiting }: Termination,
  { from, to }: { from: number; to: number },
): LogLine[] {
  if (last === null || last.t === null || last.t < from || last.t > to) return [];
  const why = `${last.reason}, exit code ${last.exitCode}${last.message ? `: ${last.message}` : ""}`;
  return [
    {
      t: last.t,
      node,
      line: marked(
        "state",
        `pod/${pod} container ${container} last terminated: ${why}; ${restarts} restarts${waiting ? `; now ${waiting}` : ""}`,
      ),
    },
  ];
}

/** An episode of a service has a service's kind of cause. */
const ofService = ({ kind, ...episode }: SimilarEpisode): PastIncident => ({
  ...episode,
  kind: kind === "no_fault" || CAUSE_KINDS.some((known) => known === kind) ? (kind as PastIncident["kind"]) : "unknown",
});
