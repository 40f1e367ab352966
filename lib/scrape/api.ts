import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { evaluate, type Value } from "./evaluate";
import { type Expr, parsePromql, PromqlError, readDuration } from "./promql";
import type { AlertRule, RuleAlert } from "./rules";
import type { ScrapeState } from "./scraper";
import { keyOf, type Labels, type Store } from "./store";

export interface Served {
  store: Store;
  targets: () => ScrapeState[];
  rules: AlertRule[];
  alerts: () => RuleAlert[];
}

/** Prometheus' own limit of points in one answer's series. */
const MAX_STEPS = 11_000;
const MAX_BODY = 100_000;

/**
 * Serves the part of Prometheus' HTTP API that Sentinel asks, on loopback: `/api/v1/query`, `query_range`, `labels`,
 * `label/<name>/values`, `series`, `targets`, `rules`, `alerts`, by GET or form POST, and `/-/ready`. What it does not
 * understand it answers with 400 `bad_data` and the reason.
 */
export async function serveApi(served: Served, port = 0): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    handle(request, response, served).catch((error: unknown) => {
      const ours = error instanceof PromqlError;
      const message = error instanceof Error ? error.message : String(error);
      reply(response, ours ? 400 : 500, { status: "error", errorType: ours ? "bad_data" : "internal", error: message });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function reply(response: ServerResponse, status: number, body: unknown) {
  if (!response.headersSent) response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function handle(request: IncomingMessage, response: ServerResponse, served: Served) {
  const url = new URL(request.url ?? "/", "http://prometheus");
  if (url.pathname === "/-/ready") return response.end("ready\n");
  const given = request.method === "POST" ? new URLSearchParams(await readBody(request)) : url.searchParams;
  const data = answer(url.pathname, given, served, Date.now());
  if (data === null) return reply(response, 404, { status: "error", errorType: "not_found", error: "not served here" });
  return reply(response, 200, { status: "success", data });
}

function answer(path: string, given: URLSearchParams, served: Served, now: number): unknown {
  const { store } = served;
  switch (path) {
    case "/api/v1/query": {
      const at = readTime(given.get("time"), now);
      return shown(evaluate(queryOf(given), at, store), at);
    }
    case "/api/v1/query_range":
      return range(given, store, now);
    case "/api/v1/labels":
      return [...new Set(seen(given, store).flatMap((labels) => Object.keys(labels)))].toSorted();
    case "/api/v1/series":
      if (!given.has("match[]")) throw new PromqlError("match[] is required");
      return seen(given, store);
    case "/api/v1/targets":
      return { activeTargets: served.targets().map(shownTarget), droppedTargets: [] };
    case "/api/v1/alerts":
      return { alerts: served.alerts().filter((a) => a.state !== "resolved").map(shownAlert) }; // prettier-ignore
    case "/api/v1/rules":
      return { groups: groupsOf(served) };
  }
  const label = /^\/api\/v1\/label\/([^/]+)\/values$/.exec(path)?.[1];
  if (!label) return null;
  const name = decodeURIComponent(label);
  return [...new Set(seen(given, store).flatMap((labels) => labels[name] ?? []))].toSorted();
}

function queryOf(given: URLSearchParams): Expr {
  const query = given.get("query");
  if (!query) throw new PromqlError("query is required");
  return parsePromql(query);
}

function range(given: URLSearchParams, store: Store, now: number): unknown {
  const expr = queryOf(given);
  const [start, end] = [readTime(given.get("start"), now), readTime(given.get("end"), now)];
  const step = readDuration(given.get("step") ?? "");
  if (!(step > 0)) throw new PromqlError("step must be above 0");
  if (end < start) throw new PromqlError("end must not be before start");
  if ((end - start) / step > MAX_STEPS)
    throw new PromqlError(`more than ${MAX_STEPS} points per series; use a larger step`);
  const series = new Map<string, { metric: Labels; values: [number, string][] }>();
  for (let at = start; at <= end; at += step) {
    const value = evaluate(expr, at, store);
    for (const point of value.kind === "scalar" ? [{ labels: {}, value: value.value }] : value.points) {
      const key = keyOf(point.labels);
      const found = series.get(key) ?? { metric: point.labels, values: [] };
      found.values.push([at / 1000, format(point.value)]);
      series.set(key, found);
    }
  }
  return { resultType: "matrix", result: [...series.values()] };
}

/** Label sets of the series that any of the selectors matches; of all when there is none. */
function seen(given: URLSearchParams, store: Store): Labels[] {
  const selectors = given.getAll("match[]").map((text) => {
    const expr = parsePromql(text);
    if (expr.kind !== "selector") throw new PromqlError("match[] must be a selector");
    return expr.matchers;
  });
  const found = (selectors.length > 0 ? selectors : [[]]).flatMap((matchers) => store.select(matchers));
  return [...new Set(found)].map(({ labels }) => labels);
}

const shown = (value: Value, at: number) =>
  value.kind === "scalar"
    ? { resultType: "scalar", result: [at / 1000, format(value.value)] }
    : {
        resultType: "vector",
        result: value.points.map((p) => ({ metric: p.labels, value: [at / 1000, format(p.value)] })),
      };

const shownTarget = ({ labels, health, error, lastScrape }: ScrapeState) => ({
  labels,
  scrapePool: labels["job"] ?? "",
  scrapeUrl: `http://${labels["instance"] ?? ""}/metrics`,
  health,
  lastError: error,
  lastScrape: lastScrape === null ? "" : new Date(lastScrape).toISOString(),
});

const shownAlert = (alert: RuleAlert) => ({
  labels: alert.labels,
  annotations: alert.annotations,
  state: alert.state,
  activeAt: new Date(alert.activeAt).toISOString(),
  value: format(alert.value),
});

function groupsOf({ rules, alerts }: Served): unknown[] {
  return [...new Set(rules.map(({ group }) => group))].map((name) => ({
    name,
    rules: rules
      .filter(({ group }) => group === name)
      .map((rule) => {
        const own = alerts().filter((a) => a.rule === rule && a.state !== "resolved");
        const firing = own.some((a) => a.state === "firing");
        return {
          type: "alerting",
          name: rule.name,
          query: rule.query,
          duration: rule.holdMs / 1000,
          labels: rule.labels,
          annotations: rule.annotations,
          state: firing ? "firing" : own.length > 0 ? "pending" : "inactive",
          health: "ok",
          alerts: own.map(shownAlert),
        };
      }),
  }));
}

/** As Prometheus writes numbers: infinities with their sign. */
function format(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

/** Epoch ms of epoch seconds or an RFC 3339 time. */
function readTime(text: string | null, now: number): number {
  if (text === null || text === "") return now;
  const seconds = Number(text);
  const at = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text);
  if (Number.isNaN(at)) throw new PromqlError(`not a time: ${JSON.stringify(text.slice(0, 40))}`);
  return at;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > MAX_BODY) throw new PromqlError("the body is too long");
  }
  return text;
}
