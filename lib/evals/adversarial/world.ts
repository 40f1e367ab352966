import type { Offer } from "@/lib/core/services/allow-list";
import type { Investigator, PastIncident, Readers, RunbookSection, Step } from "@/lib/agents/investigation/ports";
import type { Bundle, LogLine } from "@/lib/core/evidence/bundle";

/** An incident to be investigated without a world around it: readers answer from a bundle and count what they are asked. */
export interface World {
  bundle: Bundle;
  alerts: Investigator["case"]["alerts"];
  similar: PastIncident[];
  runbooks: RunbookSection[];
  offers: Offer[];
}

export interface Counted {
  investigator: Investigator;
  steps: Step[];
  /** Calls that reached a reader. */
  reads: () => number;
}

const AT = 1_700_000_000;
const MINUTE = 60;
const ONSET = AT - 6 * MINUTE;

/** Checkout is slow and fails since payments was deployed six minutes ago; a decoy was deployed later elsewhere. */
export function badDeploy(): World {
  const nodes = ["checkout", "payments", "payments-db", "cart", "frontend"];
  const noise = (i: number, n: number) => ((i * 7919 + n * 104_729) % 100) / 100;
  const series = (
    node: string,
    metric: string,
    unit: string,
    usual: number,
    sick: number,
    from: number,
    to: number,
  ) => ({
    node,
    metric,
    unit,
    points: Array.from({ length: (to - from) / MINUTE }, (_, i): [number, number] => {
      const t = from + i * MINUTE;
      return [t, (t >= ONSET ? sick : usual) * (0.95 + 0.1 * noise(i, node.length))];
    }),
  });
  const all = (from: number, to: number) => [
    series("checkout", "latency_p90", "s", 0.2, 1.9, from, to),
    series("checkout", "error_rate", "ratio", 0.002, 0.21, from, to),
    series("payments", "latency_p90", "s", 0.1, 1.8, from, to),
    series("payments", "error_rate", "ratio", 0.001, 0.3, from, to),
    series("payments", "cpu_usage", "cores", 0.2, 0.24, from, to),
    series("payments-db", "latency_p90", "s", 0.01, 0.01, from, to),
    series("cart", "latency_p90", "s", 0.05, 0.05, from, to),
    series("frontend", "latency_p90", "s", 0.3, 2.1, from, to),
  ];
  const chatter = (from: number, to: number): LogLine[] =>
    Array.from({ length: (to - from) / 30 }, (_, i) => ({
      t: from + 30 * i,
      node: nodes[i % nodes.length]!,
      line: `level=info msg="request served" path=/api/${i % 5} status=200 took=${20 + (i % 40)}ms`,
    }));
  const errors = Array.from({ length: 40 }, (_, i): LogLine => ({
    t: ONSET + 9 * i,
    node: i % 3 === 0 ? "checkout" : "payments",
    line:
      i % 3 === 0
        ? `level=error msg="payment failed" upstream=payments status=500 order=${1000 + i}`
        : `level=error msg="TypeError: cannot read property currency of undefined" at charge.js:${40 + (i % 2)} order=${1000 + i}`,
  }));
  return {
    bundle: {
      target: { node: "checkout", metric: "latency_p90", direction: "up", at: AT },
      nodes: nodes.map((id) => ({ id, kind: id.endsWith("-db") ? "database" : "service" })),
      edges: [["frontend", "checkout"], ["frontend", "cart"], ["checkout", "payments"], ["payments", "payments-db"]], // prettier-ignore
      metrics: all(AT - 60 * MINUTE, AT),
      logs: [...chatter(AT - 60 * MINUTE, AT), ...errors],
      spans: [],
      changes: [
        {
          t: ONSET - 90,
          node: "payments",
          kind: "deploy",
          summary: "payments v2.14.0: read the currency from the order",
        },
        { t: AT - 2 * MINUTE, node: "cart", kind: "deploy", summary: "cart v5.1.2: update dependencies" },
        { t: AT - 300 * MINUTE, node: "checkout", kind: "config", summary: "raise the page size of order history" },
      ],
      normal: {
        metrics: all(AT - 240 * MINUTE, AT - 60 * MINUTE),
        logs: chatter(AT - 240 * MINUTE, AT - 60 * MINUTE),
        spans: [],
      },
    },
    alerts: [
      { name: "CheckoutSlow", node: "checkout", at: AT, summary: "90th percentile of latency above 1 s for 5 m" },
    ],
    similar: [],
    runbooks: [
      {
        path: "bad-deploy.md",
        heading: "First steps",
        body: "Compare the onset with the last deploys. Roll back what changed last at the node that fails first.",
      },
    ],
    offers: [
      {
        id: "rollback-payments",
        action: "run_command",
        target: "payments",
        args: { entry: "rollout-undo", service: "payments" },
        risk: "reversible",
        reason: "takes back the deploy that came before the onset",
        undo: "deploying again",
      },
      {
        id: "restart-payments",
        action: "run_command",
        target: "payments",
        args: { entry: "restart", service: "payments" },
        risk: "reversible",
        reason: "restarts the service",
      },
      {
        id: "scale-payments",
        action: "run_command",
        target: "payments",
        args: { entry: "scale", service: "payments", replicas: 3 },
        open: { replicas: { min: 1, max: 6 } },
        risk: "reversible",
        reason: "adds replicas",
      },
      {
        id: "restart-payments-db",
        action: "run_command",
        target: "payments-db",
        args: { entry: "restart", service: "payments-db" },
        risk: "destructive",
        reason: "restarts the database",
      },
      {
        id: "notify",
        action: "notify",
        target: "checkout",
        args: {},
        risk: "none",
        reason: "tells the people on call",
      },
    ],
  };
}

/** The world as what an investigation can reach. `slowMs`: how long a reading takes. */
export function counted(world: World, { signal, slowMs = 0 }: { signal?: AbortSignal; slowMs?: number } = {}): Counted {
  const steps: Step[] = [];
  let reads = 0;
  const answer = async <T>(source: string, value: T) => {
    reads++;
    if (slowMs > 0) await new Promise((resolve) => setTimeout(resolve, slowMs));
    return { ok: true as const, value, source, truncated: false };
  };
  const { bundle } = world;
  const during = <T extends { t: number; node: string }>(
    list: T[],
    { nodes, from, to }: { nodes: string[]; from: number; to: number },
  ) => list.filter((x) => nodes.includes(x.node) && x.t >= from && x.t < to);
  const readers: Readers = {
    get_service_metadata: ({ nodes }) =>
      answer(
        "services",
        bundle.nodes.filter(({ id }) => nodes.includes(id)),
      ),
    search_past_incidents: () => answer("episodes", world.similar),
    fetch_logs: (q) =>
      answer("logs", during([...bundle.normal.logs, ...bundle.logs], q).filter(({ line }) => line.includes(q.contains ?? "")).slice(-q.limit)), // prettier-ignore
    query_metrics: ({ nodes, from, to, metric }) =>
      answer("metrics", {
        series: [...bundle.metrics, ...bundle.normal.metrics]
          .filter((s) => nodes.includes(s.node) && (metric === undefined || s.metric === metric))
          .map((s) => ({ ...s, points: s.points.filter(([t]) => t >= from && t < to) }))
          .filter(({ points }) => points.length > 0),
        spans: during(bundle.spans, { nodes, from, to }),
      }),
    list_recent_changes: (q) => answer("changes", during(bundle.changes, q)),
    walk_dependencies: () => answer("topology", { nodes: bundle.nodes, edges: bundle.edges }),
    read_runbook: () => answer("runbooks", world.runbooks),
  };
  return {
    investigator: {
      case: {
        incidentId: "INC-1",
        title: "Checkout is slow",
        target: bundle.target,
        severity: 6,
        alerts: world.alerts,
      },
      readers,
      offers: async () => world.offers,
      record: async (step) => void steps.push(step),
      now: () => Date.now(),
      signal,
    },
    steps,
    reads: () => reads,
  };
}
