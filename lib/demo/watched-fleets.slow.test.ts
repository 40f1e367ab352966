import type { IncomingMessage } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_LIMITS, DEFAULT_METRICS } from "@/lib/core/services/signals";
import { listAlertsOf } from "@/lib/db/queries/alerts";
import { servicesView } from "@/lib/views/services";
import { findStory } from "@/lib/views/service-story";
import { openTestDb } from "@/lib/db/queries/test-world";
import type { Db } from "@/lib/db/client";
import { incidents } from "@/lib/db/schema";
import { createPrometheus, type Prometheus, type PrometheusEndpoint } from "@/lib/evidence/prometheus";
import { json, serve, type TestServer } from "@/lib/evidence/test-server";
import type { ServiceConfig, SignalOverride } from "@/lib/config/services";
import { freshWatch, type WatchMemory, watchServices } from "@/lib/detection/services/watch";
import { evaluate } from "@/lib/scrape/evaluate";
import { parsePromql } from "@/lib/scrape/promql";
import { createStore, type Labels, NAME, type Store } from "@/lib/scrape/store";

/** Watching a Prometheus on loopback that evaluates real queries over scripted series, and answers some of them as told. */

const STEP_MS = 15_000;
const BEGAN = Date.UTC(2026, 4, 20, 12);

interface Instance {
  labels: Labels;
  up?: number;
  /** Cores. */
  cpu?: number;
}

/** What a question is answered with instead; null: as it is evaluated. */
type Script = (query: string, request: IncomingMessage) => { status?: number; body: unknown } | null;

class Fleet {
  now = BEGAN;
  script: Script = () => null;
  instances: Instance[] = [];
  /** Gauges beside those of the instances. */
  gauges: { labels: Labels; value: number }[] = [];
  overrides = new Map<string, SignalOverride>();
  limits: ServiceConfig["signals"]["limits"] = DEFAULT_LIMITS;
  readonly store: Store = createStore({ maxSeries: 5_000, points: 200, keptMs: 3_600_000 });
  readonly memory: WatchMemory = freshWatch();
  #counters = new Map<string, number>();
  prometheus!: Prometheus;

  constructor(readonly db: Db) {}

  answer(request: IncomingMessage): { status: number; body: unknown } {
    const { searchParams } = new URL(request.url!, "http://x");
    const query = searchParams.get("query")!;
    const scripted = this.script(query, request);
    if (scripted) return { status: scripted.status ?? 200, body: scripted.body };
    const at = Number(searchParams.get("time")) * 1_000;
    const value = evaluate(parsePromql(query), at, this.store);
    const result =
      value.kind === "scalar"
        ? [at / 1_000, String(value.value)]
        : value.points.map(({ labels, value: v }) => ({ metric: labels, value: [at / 1_000, String(v)] }));
    return { status: 200, body: { status: "success", data: { resultType: value.kind, result } } };
  }

  scrape(): void {
    const gauge = (name: string, labels: Labels, value: number) =>
      this.store.append({ ...labels, [NAME]: name }, this.now, value);
    const count = (name: string, labels: Labels, perSecond: number) => {
      const key = JSON.stringify([name, labels]);
      const total = (this.#counters.get(key) ?? 0) + (perSecond * STEP_MS) / 1_000;
      this.#counters.set(key, total);
      gauge(name, labels, total);
    };
    for (const { labels, up = 1, cpu = 0.1 } of this.instances) {
      gauge("up", labels, up);
      if (up === 0) continue;
      count("process_cpu_seconds_total", labels, cpu);
      count("http_requests_total", { ...labels, status: "200" }, 5);
      for (const le of ["0.1", "+Inf"]) count("http_request_duration_seconds_bucket", { ...labels, le }, 5);
      gauge("process_resident_memory_bytes", labels, 8e7);
    }
    for (const { labels, value } of this.gauges) this.store.append(labels, this.now, value);
  }

  async pass(minutes: number): Promise<void> {
    const config = {
      watchMs: STEP_MS,
      rateWindow: "1m",
      noDataMs: 300_000,
      signals: { metrics: DEFAULT_METRICS, limits: this.limits },
      overrides: this.overrides,
    } as unknown as ServiceConfig;
    for (const until = this.now + minutes * 60_000; this.now < until;) {
      this.now += STEP_MS;
      this.scrape();
      const { db, prometheus, memory, now } = this;
      await watchServices({ db, prometheus, config, memory, now });
    }
  }

  /** Each service's signals by name, and its state. */
  async look() {
    const view = await servicesView(this.db, true);
    const services = Object.fromEntries(
      view.services.map((one) => [
        one.id,
        { ...one, signals: Object.fromEntries(one.signals.map((signal) => [signal.name, signal])) },
      ]),
    );
    return { services, unread: view.sources.unread, incidents: await this.db.select().from(incidents) };
  }
}

let fleet: Fleet;
let server: TestServer;
let closeDb: () => Promise<void>;

const connect = (more: Partial<PrometheusEndpoint> = {}) =>
  createPrometheus(
    { source: "prometheus", url: server.url, timeoutMs: 60_000, gate: { perMinute: 100_000 }, ...more },
    { fetch, now: () => fleet.now },
  );

beforeEach(async () => {
  const { db, close } = await openTestDb();
  closeDb = close;
  fleet = new Fleet(db);
  server = await serve((request, response) => {
    const { status, body } = fleet.answer(request);
    if (typeof body === "string") response.writeHead(status).end(body);
    else json(response, body, status);
  });
  fleet.prometheus = connect();
});
afterEach(async () => {
  await server.close();
  await closeDb();
});

const replicas = (
  job: string,
  n: number,
  of: Partial<Instance> | ((i: number) => Partial<Instance>) = {},
): Instance[] =>
  Array.from({ length: n }, (_, i) => ({
    ...(typeof of === "function" ? of(i) : of),
    labels: { job, instance: `${job}-${i}`, ...(typeof of === "function" ? of(i) : of).labels },
  }));

const refusal = (status: number, errorType: string, error: string) => ({
  status,
  body: { status: "error", errorType, error },
});
/** Two services, each well. */
const two = () => [...replicas("api", 2), ...replicas("web", 2)];
const OF_LATENCY = /histogram_quantile/;

describe("one signal that cannot be read blinds no other", () => {
  test.each([
    ["422 (case 040)", refusal(422, "execution", "many-to-many matching not allowed"), /^answered 422 \(execution\): "many-to-many/], // prettier-ignore
    ["400 (case 041)", refusal(400, "bad_data", "unknown function"), /^answered 400 \(bad_data\): "unknown function"$/],
    ["500", { status: 500, body: "query engine panic" }, /^answered 500: "query engine panic"$/],
    ["503 in JSON", refusal(503, "timeout", "query timed out"), /^answered 503 \(timeout\): "query timed out"$/],
    ["a matrix", { body: { status: "success", data: { resultType: "matrix", result: [{}] } } }, /returns a matrix/],
    ["HTML", { body: "<html>log in</html>" }, /not JSON/],
    ["an answer of another API", { body: { status: "success", data: { resultType: "vector", result: "x" } } }, /not a valid Prometheus API response/], // prettier-ignore
    ["part of it", { body: { status: "success", data: { resultType: "vector", result: [] }, warnings: ["store-1 is away"] } }, /^answered in part: "store-1 is away"$/], // prettier-ignore
    ["part of it, VictoriaMetrics", { body: { status: "success", isPartial: true, data: { resultType: "vector", result: [] } } }, /^answered in part$/], // prettier-ignore
  ])("%s", async (_, answer, reason) => {
    fleet.instances = two();
    fleet.script = (query) => (OF_LATENCY.test(query) ? answer : null);
    await fleet.pass(7);
    const { services, unread, incidents: opened } = await fleet.look();
    expect(opened).toEqual([]);
    for (const id of ["api", "web"]) {
      const { state, signals } = services[id]!;
      expect(state).toBe("healthy");
      expect(signals["latency_p90"]).toMatchObject({ state: "unknown", value: null, problem: expect.stringMatching(reason) }); // prettier-ignore
      for (const name of ["up", "cpu", "errors", "requests", "memory"])
        expect(signals[name]).toMatchObject({ problem: null, value: expect.any(Number) });
    }
    expect(unread).toMatchObject([{ source: "prometheus", reason: expect.stringMatching(/^Latency \(p90\): /) }]);
    fleet.script = () => null;
    await fleet.pass(1);
    const after = await fleet.look();
    expect(after.services["api"]!.signals["latency_p90"]).toMatchObject({ problem: null, value: expect.any(Number) });
    expect(after.unread).toEqual([]);
  });

  test.each([
    ["case 043: an empty result of Cortex", { resultType: "", result: null }],
    ["a null vector", { resultType: "vector", result: null }],
    ["NaN and infinity", { resultType: "vector", result: [{ metric: { job: "api" }, value: [1, "NaN"] }, { metric: { job: "web" }, value: [1, "+Inf"] }] }], // prettier-ignore
  ])("nothing there is no problem: %s", async (_, data) => {
    fleet.instances = two();
    fleet.script = (query) => (OF_LATENCY.test(query) ? { body: { status: "success", data } } : null);
    await fleet.pass(7);
    const { services, unread, incidents: opened } = await fleet.look();
    expect(opened).toEqual([]);
    expect(unread).toEqual([]);
    expect(services["api"]!.state).toBe("healthy");
    // A signal that a service does not have is not listed as one without data.
    expect(services["api"]!.signals).not.toHaveProperty("latency_p90");
  });

  test("a signal that a part of the answer lacks keeps what is known of it, and nothing is called silent", async () => {
    fleet.instances = two();
    await fleet.pass(2);
    fleet.script = (query) =>
      query.startsWith("count") ? null : { body: { status: "success", data: { resultType: "vector", result: [] }, warnings: ["store-1 is away"] } }; // prettier-ignore
    await fleet.pass(4);
    expect((await fleet.look()).services["api"]).toMatchObject({
      state: "healthy",
      signals: { up: { value: 1, problem: expect.stringMatching(/store-1/) } },
    });
    await fleet.pass(10);
    const { incidents: opened, services } = await fleet.look();
    expect(opened).toEqual([]);
    expect(services["api"]!.state).toBe("unknown");
  });

  test("reachability that cannot be read hides no other signal's trouble", async () => {
    fleet.instances = replicas("api", 2);
    fleet.script = (query) => (query.startsWith("avg by (job) (up") ? refusal(422, "execution", "no") : null);
    await fleet.pass(2);
    fleet.instances = replicas("api", 2, { cpu: 0.9 });
    await fleet.pass(3);
    const { services, incidents: opened } = await fleet.look();
    expect(services["api"]).toMatchObject({ state: "degraded", signals: { up: { state: "unknown" } } });
    expect(opened.map(({ title }) => title)).toEqual([
      "api: CPU at 0.9 cores in the busiest of 2 instances, limit: at most 0.5 cores",
    ]);
  });
});

describe("a source of which nothing can be read", () => {
  test.each([
    ["401 (case 044)", { status: 401, body: "no org id" }, 'answered 401: "no org id"'],
    ["403", { status: 403, body: { message: "forbidden" } }, 'answered 403: "{\\"message\\":\\"forbidden\\"}"'],
    ["502", { status: 502, body: "Bad Gateway" }, 'answered 502: "Bad Gateway"'],
  ])("%s: the reason reaches the incident, its story and the list of services", async (_, answer, reason) => {
    fleet.script = () => answer;
    await fleet.pass(6);
    const { incidents: opened, unread } = await fleet.look();
    expect(opened).toHaveLength(1);
    expect(opened[0]!.title).toBe(
      `prometheus: prometheus could not be read for 5 min: ${reason}. The health of services is unknown`,
    );
    expect(unread).toMatchObject([{ source: "prometheus", reason: expect.stringContaining(reason) }]);
    const [alert] = await listAlertsOf(fleet.db, opened[0]!.id);
    expect(alert!.summary).toContain(reason);
    expect((await findStory(fleet.db, opened[0]!.id))!.alerts[0]!.summary).toContain(reason);
  });

  test("services that are known keep their state until it is too old, with the reason at each signal", async () => {
    fleet.instances = two();
    await fleet.pass(2);
    fleet.script = () => ({ status: 401, body: "no org id" });
    await fleet.pass(3);
    let { services, incidents: opened } = await fleet.look();
    expect(services["api"]).toMatchObject({
      state: "healthy",
      signals: { cpu: { problem: 'answered 401: "no org id"', value: expect.any(Number) } },
    });
    expect(opened).toEqual([]);
    await fleet.pass(4);
    ({ services, incidents: opened } = await fleet.look());
    expect(services["api"]!.state).toBe("unknown");
    expect(opened.map(({ title }) => title)).toEqual([expect.stringMatching(/answered 401: "no org id"/)]);
  });

  test("the headers and the user that it asks for are sent", async () => {
    fleet.instances = two();
    fleet.script = (_, { headers }) =>
      headers["x-scope-orgid"] === "team-a" && headers.authorization === `Basic ${btoa("u:p")}`
        ? null
        : { status: 401, body: "no org id" };
    fleet.prometheus = connect({
      headers: { "X-Scope-OrgID": "team-a" },
      auth: { kind: "basic", user: "u", password: "p" },
    });
    await fleet.pass(2);
    expect((await fleet.look()).services["api"]).toMatchObject({ state: "healthy" });
  });

  test("one that answers, but will not name services, is not one without services", async () => {
    fleet.instances = two();
    fleet.script = (query) => (/by \(service/.test(query) ? refusal(422, "execution", "too many series") : null);
    await fleet.pass(6);
    const { incidents: opened, unread } = await fleet.look();
    expect(unread).toMatchObject([{ reason: 'services: answered 422 (execution): "too many series"' }]);
    expect(opened.map(({ title }) => title)).toEqual([expect.stringMatching(/services: answered 422/)]);
  });
});

describe("ordinary fleets", () => {
  test("case 046: one of four instances down is degraded, and says so", async () => {
    fleet.instances = replicas("web", 4);
    await fleet.pass(5);
    fleet.instances[2]!.up = 0;
    await fleet.pass(2);
    const { services, incidents: opened } = await fleet.look();
    expect(services["web"]).toMatchObject({
      state: "degraded",
      signals: { up: { value: 0.75, detail: "1 of 4 instances down" } },
    });
    expect(opened).toMatchObject([{ title: "web: 1 of 4 instances down", severity: 5 }]);
    fleet.instances[2]!.up = 1;
    await fleet.pass(1);
    expect((await fleet.look()).services["web"]).toMatchObject({
      signals: { up: { value: 1, detail: "4 instances" } },
    });
  });

  test.each([
    [4, 3, "degraded", "web: 3 of 4 instances down", 8],
    [4, 4, "down", "web: web cannot be reached: all 4 instances are down", 8],
    [1, 1, "down", "web: web cannot be reached", 8],
    [2, 1, "degraded", "web: 1 of 2 instances down", 5],
  ])("of %i instances %i down: %s", async (n, down, state, title, severity) => {
    fleet.instances = replicas("web", n);
    await fleet.pass(5);
    for (const instance of fleet.instances.slice(0, down)) instance.up = 0;
    await fleet.pass(2);
    const { services, incidents: opened } = await fleet.look();
    expect(services["web"]!.state).toBe(state);
    expect(opened).toMatchObject([{ title, severity }]);
  });

  test("one instance down, then all: the incident that is open is raised to an outage", async () => {
    fleet.instances = replicas("web", 4);
    await fleet.pass(5);
    fleet.instances[0]!.up = 0;
    await fleet.pass(2);
    expect((await fleet.look()).incidents).toMatchObject([{ severity: 5 }]);
    for (const instance of fleet.instances) instance.up = 0;
    await fleet.pass(2);
    const { services, incidents: opened } = await fleet.look();
    expect(services["web"]!.state).toBe("down");
    expect(opened).toMatchObject([{ severity: 8 }]);
  });

  test("case 047: twenty replicas of a tenth of a core are no alarm; one of them that is busy is", async () => {
    fleet.instances = replicas("web", 20, { cpu: 0.1 });
    await fleet.pass(5);
    let { services, incidents: opened } = await fleet.look();
    expect(opened).toEqual([]);
    expect(services["web"]).toMatchObject({
      state: "healthy",
      signals: { cpu: { value: expect.closeTo(0.1, 5), detail: "the busiest of 20 instances" } },
    });
    fleet.instances[7]!.cpu = 0.8;
    await fleet.pass(3);
    ({ services, incidents: opened } = await fleet.look());
    expect(opened.map(({ title }) => title)).toEqual([
      "web: CPU at 0.8 cores in the busiest of 20 instances, limit: at most 0.5 cores",
    ]);
  });

  const pod = (i: number): Partial<Instance> => ({
    labels: { namespace: "shop", pod: `web-${i}`, container: "web" },
  });
  const kubeLimit = (pods: number, cores: number, container = "web") =>
    Array.from({ length: pods }, (_, i) => ({
      labels: { [NAME]: "kube_pod_container_resource_limits", resource: "cpu", namespace: "shop", pod: `web-${i}`, container }, // prettier-ignore
      value: cores,
    }));

  test.each([
    ["two cores of four are no alarm", 2, kubeLimit(2, 4), null],
    ["3.8 cores of four are one", 3.8, kubeLimit(2, 4), "web: CPU at 3.8 cores in the busiest of 2 instances, limit: at most 3.6 cores"], // prettier-ignore
    ["a small container is full early", 0.19, kubeLimit(2, 0.2), "web: CPU at 190 m"],
    ["another container's limit is not its own", 0.6, [...kubeLimit(2, 4, "proxy")], "web: CPU at 0.6 cores in the busiest of 2 instances, limit: at most 0.5 cores"], // prettier-ignore
    ["of cgroups, as cAdvisor reads them", 2, [
      ...Array.from({ length: 2 }, (_, i) => ({ labels: { [NAME]: "container_spec_cpu_quota", namespace: "shop", pod: `web-${i}`, container: "web" }, value: 400_000 })),
      ...Array.from({ length: 2 }, (_, i) => ({ labels: { [NAME]: "container_spec_cpu_period", namespace: "shop", pod: `web-${i}`, container: "web" }, value: 100_000 })),
    ], null], // prettier-ignore
  ])("CPU against the container's own limit: %s", async (_, cpu, gauges, title) => {
    fleet.instances = replicas("web", 2, (i) => ({ ...pod(i), cpu }));
    fleet.gauges = gauges;
    await fleet.pass(3);
    const { incidents: opened } = await fleet.look();
    if (title?.endsWith(" m"))
      expect(opened.map((one) => one.title)).toEqual([expect.stringMatching(/limit: at most 0\.18 cores$/)]); // prettier-ignore
    else expect(opened.map((one) => one.title)).toEqual(title === null ? [] : [title]);
  });

  test("limits and metrics of one service are its own; the others' stand", async () => {
    fleet.instances = [...replicas("batch", 2, { cpu: 0.9 }), ...replicas("web", 2, { cpu: 0.9 })];
    fleet.overrides = new Map([["batch", { limits: { cpu: 2, latency_p90: null } }]]);
    await fleet.pass(3);
    let { services, incidents: opened } = await fleet.look();
    expect(opened.map(({ title }) => title)).toEqual([expect.stringMatching(/^web: CPU/)]);
    expect(services["batch"]!.signals).toMatchObject({ cpu: { upper: 2 }, latency_p90: { upper: null } });

    fleet.gauges = [{ labels: { [NAME]: "worker_bytes", job: "batch", instance: "batch-0" }, value: 123 }];
    fleet.overrides = new Map([["batch", { metrics: { memory: "worker_bytes" } }]]);
    await fleet.pass(1);
    ({ services, incidents: opened } = await fleet.look());
    expect(services["batch"]!.signals["memory"]).toMatchObject({
      value: 123,
      query: 'sum by (job) (worker_bytes{job="batch"})',
    });
    expect(services["web"]!.signals["memory"]).toMatchObject({ value: 1.6e8 });
  });
});
