import type { PastIncident, Readers, ServiceMetadata } from "@/lib/agents/investigation/ports";
import type { BundleChange } from "@/lib/core/evidence/bundle";
import { listAlertsOf, listFiringOf } from "@/lib/db/queries/alerts";
import { lastRecoveries } from "@/lib/db/queries/healing";
import { getIncident, listSubjects } from "@/lib/db/queries/incidents";
import { listServicesAmong } from "@/lib/db/queries/services";
import { listRecorded } from "@/lib/db/queries/signals";
import { findUnreadSource } from "@/lib/db/queries/unread-sources";
import { recentChanges } from "@/lib/evidence/changes";
import { type SimilarEpisode, similarEpisodes } from "@/lib/evidence/episodes";
import { CAUSE_KINDS } from "@/lib/core/base/vocabulary";
import { fetchLogs } from "@/lib/evidence/logs";
import { couldNotLook, found, unreadOf, unreadText } from "@/lib/evidence/looked";
import { searchRunbooks } from "@/lib/evidence/runbooks";
import { serviceMap } from "@/lib/evidence/topology";
import { kubernetesLines } from "./kubernetes-lines";
import { liveSeries } from "./live-series";
import { otherTroubles } from "./other-troubles";
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
      const other = await otherTroubles(db, await getIncident(db, incidentId), nodes, from);
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
      const other = await otherTroubles(db, await getIncident(db, incidentId), nodes, from);
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

/** An episode of a service has a service's kind of cause. */
const ofService = ({ kind, ...episode }: SimilarEpisode): PastIncident => ({
  ...episode,
  kind: kind === "no_fault" || CAUSE_KINDS.some((known) => known === kind) ? (kind as PastIncident["kind"]) : "unknown",
});
