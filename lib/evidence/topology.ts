import type { BundleNode } from "@/lib/core/evidence/bundle";
import type { Db } from "@/lib/db/client";
import { serviceEdges as edgesTable, services as servicesTable } from "@/lib/db/schema";
import { couldNotLook, found, type Looked, messageOf, quoted } from "./looked";
import type { Prometheus } from "./prometheus";

/** One call seen in trace metrics. */
export interface ServiceEdge {
  caller: string;
  callee: string;
  /** The metric that showed it. */
  via: string;
  /** What the callee is, where the traces say: `database`, `queue`, or outside of what is traced. */
  kind?: string;
}

/** A counter of calls whose labels name both ends. */
interface EdgeMetric {
  metric: string;
  caller: string;
  callee: string;
  connection?: string;
  /** Further matchers, so that a call seen from both ends counts once. */
  only?: string;
}

/** Counters of calls between services: Tempo and the collector's connector, Istio, Linkerd, Cilium's Hubble. */
const EDGE_METRICS: EdgeMetric[] = [
  {
    metric: "traces_service_graph_request_total",
    caller: "client",
    callee: "server",
    connection: "connection_type",
  },
  {
    metric: "istio_requests_total",
    caller: "source_canonical_service",
    callee: "destination_canonical_service",
    only: 'reporter="source"',
  },
  { metric: "response_total", caller: "deployment", callee: "dst_deployment", only: 'direction="outbound"' },
  { metric: "hubble_http_requests_total", caller: "source_workload", callee: "destination_workload" },
];

const CONNECTION_KINDS: Record<string, string> = {
  database: "database",
  messaging_system: "queue",
  virtual_node: "external",
};

/** Ends that stand for "nobody traced": they are no nodes. */
const NOBODY = new Set(["", "unknown", "user"]);

/**
 * Edges over which calls went within the window before `at` (epoch seconds), from the trace metrics that there are. A callee
 * that was not called in the window is not among them. Could not look when no metric could be asked for.
 */
export async function serviceEdges(
  prometheus: Prometheus,
  { at, windowS }: { at: number; windowS: number },
): Promise<Looked<ServiceEdge[]>> {
  const looks = await Promise.all(
    EDGE_METRICS.map(async ({ metric, caller, callee, connection, only }) => {
      const ends = [caller, callee, ...(connection ? [connection] : [])].join(", ");
      const query = `sum by (${ends}) (increase(${metric}{${only ?? ""}}[${Math.round(windowS)}s])) > 0`;
      const looked = await prometheus.instant(query, at);
      if (!looked.ok) return looked;
      const edges = looked.value.flatMap(({ labels }): ServiceEdge[] => {
        const [from = "", to = ""] = [labels[caller], labels[callee]];
        if (NOBODY.has(from) || NOBODY.has(to) || from === to) return [];
        const kind = connection ? CONNECTION_KINDS[labels[connection] ?? ""] : undefined;
        return [{ caller: from, callee: to, via: metric, ...(kind ? { kind } : {}) }];
      });
      return found(looked.source, edges, looked.truncated);
    }),
  );
  const answered = looks.filter((look) => look.ok);
  if (answered.length === 0) return looks[0]! as Looked<never>;
  const edges = new Map(answered.flatMap(({ value }) => value.map((edge) => [key(edge.caller, edge.callee), edge])));
  return found(
    prometheus.source,
    [...edges.values()].sort((a, b) => (key(a.caller, a.callee) < key(b.caller, b.callee) ? -1 : 1)),
    answered.some(({ truncated }) => truncated) || answered.length < looks.length,
  );
}

export interface ServiceMap {
  nodes: BundleNode[];
  edges: [caller: string, callee: string][];
}

/** Edges that no one has seen for so long are not drawn, in ms; those that a person declared are. */
const EDGE_STALE_MS = 7 * 86_400_000;
const DECLARED = "seed";

/** The service map as it is known: every service, and every edge that was declared or seen lately. `now` in epoch ms. */
export async function serviceMap(db: Db, now: number): Promise<Looked<ServiceMap>> {
  const source = "service map";
  try {
    const [nodes, edges] = await Promise.all([
      db.select({ id: servicesTable.id, kind: servicesTable.kind }).from(servicesTable).orderBy(servicesTable.id),
      db.select().from(edgesTable).orderBy(edgesTable.caller, edgesTable.callee),
    ]);
    const drawn = edges.filter((edge) => edge.source === DECLARED || edge.lastSeenAt >= now - EDGE_STALE_MS);
    const known = new Map<string, BundleNode>(nodes.map((node) => [node.id, node]));
    for (const id of drawn.flatMap(({ caller, callee }) => [caller, callee])) if (!known.has(id)) known.set(id, { id });
    return found(source, { nodes: [...known.values()], edges: drawn.map(({ caller, callee }) => [caller, callee]) });
  } catch (error) {
    return couldNotLook(source, `the database did not answer: ${quoted(messageOf(error))}`);
  }
}

const key = (caller: string, callee: string): string => JSON.stringify([caller, callee]);
