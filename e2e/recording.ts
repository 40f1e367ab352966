import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Recorded incidents (seeds/scenarios), told to a server the way the real world tells its own. */

interface Part {
  end: number;
  step: number;
  metrics: { node: string; metric: string; values: (number | null)[] }[];
  logs: [t: number, node: string, line: string][];
}
interface Recording extends Part {
  target: { node: string; metric: string };
  above: number;
  alert: { status: string; labels: Record<string, string>; annotations: Record<string, string> };
  nodes: { id: string; kind: string }[];
  edges: [caller: string, callee: string][];
  changes: { t: number; node: string; kind: string; summary: string }[];
  normal: Part;
}

const read = (id: string): Recording => JSON.parse(readFileSync(`seeds/scenarios/${id}.json`, "utf8")) as Recording;

/** The map of these recordings, as a SENTINEL_SERVICES_FILE. */
export function writeServicesFile(path: string, ids: readonly string[]): void {
  const services = new Map<string, { id: string; kind: string; depends_on: string[] }>();
  for (const { nodes, edges } of ids.map(read)) {
    for (const { id, kind } of nodes) services.set(id, { id, kind, depends_on: [] });
    for (const [caller, callee] of edges) services.get(caller)?.depends_on.push(callee);
  }
  writeFileSync(path, JSON.stringify({ services: [...services.values()] }));
}

type Points = [epochSeconds: number, value: number][];

const pointsOf = (values: (number | null)[], end: number, step: number): Points =>
  values.flatMap((value, i): Points => (value === null ? [] : [[end - (values.length - 1 - i) * step, value]]));

/** The alerted series of recordings that were told, as a Prometheus would answer for them over HTTP. */
export interface RecordedMetrics {
  url: string;
  add: (id: string, at: number) => void;
  close: () => Promise<void>;
}

export async function startRecordedMetrics(): Promise<RecordedMetrics> {
  const series = new Map<string, { service: string; points: Points }>();
  const server = createServer((request, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const url = new URL(request.url!, "http://source");
      const asked = new URLSearchParams(`${url.search.slice(1)}&${body}`);
      const range = url.pathname.endsWith("/query_range");
      const [start, end] = ["start", "end"].map((name) => Number(asked.get(name)));
      const found = range ? series.get(asked.get("query") ?? "") : undefined;
      const values = (found?.points ?? [])
        .filter(([t]) => t >= start! && t <= end!)
        .map(([t, value]) => [t, String(value)]);
      const result = values.length > 0 ? [{ metric: { service: found!.service }, values }] : [];
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ status: "success", data: { resultType: range ? "matrix" : "vector", result } }));
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (id, at) => {
      const { target, metrics, normal, end, step } = read(id);
      const of = (part: Part) =>
        part.metrics.find(({ node, metric }) => node === target.node && metric === target.metric)!.values;
      const seen = pointsOf(of({ metrics } as Part), at + end, step);
      const before = pointsOf(of(normal), seen[0]![0] - 1, normal.step);
      series.set(queryOf(target), { service: target.node, points: [...before, ...seen] });
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const queryOf = ({ node, metric }: Recording["target"]): string => `${metric}{service="${node}"}`;

/** How a test asks the server: as a person, or with a token. Throws for what is refused. */
type Ask = (method: string, path: string, body: object, token?: string) => Promise<unknown>;

/** Tells a recorded incident as if it happened now: its logs, its changes, and then its alert. */
export async function tell(
  id: string,
  ask: Ask,
  tokens: { key: string; alertmanager: string },
  metrics?: RecordedMetrics,
): Promise<void> {
  const now = Date.now();
  const at = now / 1_000;
  const { target, above, alert, changes, logs } = read(id);
  metrics?.add(id, at);
  const stamp = (t: number) => new Date((at + t) * 1_000).toISOString();
  const lines = logs.map(([t, service, line]) => ({ service, line, timestamp: stamp(t) }));
  await ask("POST", "/api/v1/logs", { lines }, tokens.key);
  for (const { t, node, kind, summary } of changes)
    await ask("POST", "/api/v1/changes", {
      subject_kind: "service",
      subject_id: node,
      kind,
      at: stamp(t),
      note: summary,
    });
  const expression = `${queryOf(target)} > ${above}`;
  await ask(
    "POST",
    "/api/v1/alerts/alertmanager",
    {
      version: "4",
      groupKey: `{}:{service="${target.node}"}`,
      status: "firing",
      alerts: [
        {
          status: "firing",
          labels: { ...alert.labels, told: String(now) },
          annotations: alert.annotations,
          startsAt: new Date(now).toISOString(),
          endsAt: "0001-01-01T00:00:00Z",
          generatorURL: metrics ? `${metrics.url}/graph?${new URLSearchParams({ "g0.expr": expression })}` : "",
          fingerprint: now.toString(16).padStart(16, "0"),
        },
      ],
    },
    tokens.alertmanager,
  );
}
