import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Logger } from "pino";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Rng } from "../fleet/rng";
import type { Config } from "./config";
import { createPricing } from "./orders";
import { createStress } from "./stress";

const METHODS = new Set(["GET", "POST"]);
const JSON_TYPE = { "content-type": "application/json" };

/**
 * The service that Sentinel watches in the demo.
 * - `/work`: prices an order; counted and timed. `/health`, `/metrics`: as usual, neither counted nor timed.
 * - `/stress/cpu?duration=&threads=`, `/stress/memory?megabytes=`, `/stress/latency?min_delay=&max_delay=&duration=`
 *   (all in seconds), `/stress/crash`: breaks this process, each also without parameters. 202, or 400 and 409 with the bound that
 *   was passed.
 */
export function createService({
  version,
  config,
  rng,
  log,
}: {
  version: string;
  config: Config;
  rng: Rng;
  log: Logger;
}) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const labelNames = ["method", "route", "status"] as const;
  const requests = new Counter({
    name: "http_requests_total",
    help: "Requests answered",
    labelNames,
    registers: [registry],
  });
  const seconds = new Histogram({
    name: "http_request_duration_seconds",
    help: "Response time",
    labelNames,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10],
    registers: [registry],
  });
  new Gauge({ name: "build_info", help: "What runs", labelNames: ["version"], registers: [registry] }).set(
    { version },
    1,
  );
  const pricing = createPricing(version, config, rng.fork("store"));
  const stress = createStress(rng.fork("stress"), log);
  let orders = 0;

  async function work(method: string, response: ServerResponse) {
    const order = ++orders;
    const began = process.hrtime.bigint();
    let status = 200;
    let body: unknown;
    try {
      await stress.drag();
      body = await pricing.price(order);
    } catch (error) {
      status = 500;
      body = { error: "the order could not be priced" };
      log.error({ err: error, order, route: "/work" }, "order failed");
    }
    const took = Number(process.hrtime.bigint() - began) / 1e9;
    requests.inc({ method, route: "/work", status });
    seconds.observe({ method, route: "/work", status }, took);
    log.info({ method, route: "/work", status, ms: Math.round(took * 1000), order }, "request answered");
    response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
  }

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://target");
    const reply = (status: number, body: unknown) => response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
    const method = request.method ?? "GET";
    if (!METHODS.has(method)) return reply(405, { error: "GET or POST" });
    const kind = /^\/stress\/([a-z]+)$/.exec(pathname)?.[1];
    if (kind) {
      if (fromPage(request)) return reply(403, { error: "not from a page of another site" });
      const answer = stress.run(kind, searchParams);
      return answer ? reply(answer.status, answer.body) : reply(404, { error: "no such stress" });
    }
    switch (pathname) {
      case "/work":
        return work(method, response);
      case "/health":
        return reply(200, { status: "ok", version, uptime_s: Math.round(process.uptime()) });
      case "/metrics":
        return response.writeHead(200, { "content-type": registry.contentType }).end(await registry.metrics());
    }
    return reply(404, { error: "not found" });
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      log.error({ err: error }, "request failed");
      if (!response.headersSent) response.writeHead(500).end();
    });
  });

  return {
    listen: (port: number) =>
      new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", resolve);
      }),
    port: () => {
      const address = server.address();
      return typeof address === "object" && address ? address.port : 0;
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await Promise.all([closed, stress.stop()]);
    },
  };
}

/** A browser says where a request comes from; what is not a browser says nothing. */
function fromPage(request: IncomingMessage): boolean {
  const site = request.headers["sec-fetch-site"];
  return request.headers.origin !== undefined || (site !== undefined && site !== "none" && site !== "same-origin");
}
