import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** How one service does. Left out: it is as always. */
export interface Measured {
  up?: 0 | 1;
  cpu?: number;
  latency?: number;
  errors?: number;
}

/** Answers what Sentinel asks Prometheus of the services of these tests, over HTTP. */
export interface MetricsSource {
  url: string;
  services: Record<string, Measured>;
  /** While set, every question is refused. */
  blind: boolean;
  close: () => Promise<void>;
}

const STEPS_MOST = 11_000;

/** What each signal usually is, and which words of a query ask for it; the first that fits counts. */
const ASKED: [words: RegExp, value: (of: Measured) => number][] = [
  [/process_cpu_seconds_total/, ({ cpu = 0.12 }) => cpu],
  [/histogram_quantile/, ({ latency = 0.08 }) => latency],
  [/status=~"5\.\."/, ({ errors = 0.004 }) => errors],
  [/http_requests_total/, () => 42],
  [/process_resident_memory_bytes/, () => 180 * 1_048_576],
  [/\bup\b/, ({ up = 1 }) => up],
];

/** `edges` are told as Tempo's service graph tells them. */
export async function startMetricsSource(
  services: Record<string, Measured>,
  edges: readonly [string, string][],
): Promise<MetricsSource> {
  const source: MetricsSource = { url: "", services, blind: false, close: async () => {} };
  const instant = (query: string, time: number): object[] => {
    if (query.includes("traces_service_graph_request_total"))
      return edges.map(([client, server]) => ({ metric: { client, server }, value: [time, "10"] }));
    const value = ASKED.find(([words]) => words.test(query))?.[1];
    if (!value) return [];
    const one = /job="([^"]+)"/.exec(query)?.[1];
    return Object.entries(source.services)
      .filter(([job]) => one === undefined || job === one)
      .map(([job, measured]) => ({ metric: { job }, value: [time, wave(value(measured), time)] }));
  };
  const ranged = (query: string, asked: URLSearchParams): object[] => {
    const [start, end, step] = ["start", "end", "step"].map((name) => Number(asked.get(name)));
    const times: number[] = [];
    for (let t = start!; t <= end! && times.length < STEPS_MOST; t += step!) times.push(t);
    return instant(query, end!).map((series) => {
      const { metric } = series as { metric: { job: string } };
      const value = ASKED.find(([words]) => words.test(query))![1];
      return { metric, values: times.map((t) => [t, wave(value(source.services[metric.job]!), t)]) };
    });
  };
  const server = createServer((request, response) => {
    void (async () => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const url = new URL(request.url!, "http://source");
      const asked = new URLSearchParams(`${url.search.slice(1)}&${body}`);
      const answer = (status: number, json: object) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
      if (source.blind) return answer(503, { status: "error", errorType: "unavailable", error: "starting up" });
      const query = asked.get("query") ?? "";
      const range = url.pathname.endsWith("/query_range");
      const result = range ? ranged(query, asked) : instant(query, Number(asked.get("time")) || Date.now() / 1_000);
      return answer(200, { status: "success", data: { resultType: range ? "matrix" : "vector", result } });
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  source.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  source.close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return source;
}

/** A slow swing of a twentieth, so that lines are lines; what is nothing or all stays so. */
const wave = (value: number, t: number): string =>
  String(value === 0 || value === 1 ? value : value * (1 + 0.05 * Math.sin(t / 240)));
