import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { analyse } from "@/lib/core/causes/analyse";
import { compareVersions } from "@/lib/core/causes/version-compare";
import type { Bundle } from "@/lib/core/evidence/bundle";
import { DEFAULT_LIMITS, DEFAULT_METRICS } from "@/lib/core/services/signals";
import { incidents, services } from "@/lib/db/schema";
import { createPrometheus, type Prometheus } from "@/lib/evidence/prometheus";
import { serve } from "@/lib/evidence/test-server";
import type { ServiceContext } from "@/lib/response/services/context";
import { readersOf } from "@/lib/response/services/readers";
import { TestEstate } from "./test-estate";

const PROGRAMS = ["prometheus", "promtool"];
/** Debian's package has both; without them the tests against the real server are skipped and counted. */
const present = PROGRAMS.every((program) => {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore", timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
});

const SCRAPE_S = 15;
const MINUTE = 60;
/** Longer ago than a head block reaches, so that what is written as history is all there is. */
const END = Math.floor(Date.now() / 1_000 / MINUTE) * MINUTE - 4 * 60 * MINUTE;
const BEGIN = END - 70 * MINUTE;
const ROLLED_OUT = END - 30 * MINUTE;

/** What runs of a service: since when, and how many of a hundred of its requests are slow and fail, at each scrape. */
interface Running {
  labels: string;
  since: number;
  slow: (i: number) => number;
  failed: (i: number) => number;
}
const jitter = (i: number) => (i * 7) % 5;
const well = { slow: jitter, failed: (i: number) => Number(jitter(i) === 0) };
const RUNNING: Running[] = [
  { labels: 'job="api",version="1.4"', since: BEGIN, ...well },
  { labels: 'job="api",version="1.5"', since: ROLLED_OUT, slow: (i) => 60 + jitter(i), failed: (i) => 10 + jitter(i) },
  // Only the names of its pods tell.
  { labels: 'job="cart",pod="cart-6d4b75cb6d-x2x7z"', since: BEGIN, ...well },
  { labels: 'job="cart",pod="cart-6d4b75cb6d-q9w4z"', since: BEGIN, ...well },
  { labels: 'job="cart",pod="cart-7f9c8d6b54-k8s2q"', since: ROLLED_OUT, ...well },
  { labels: 'job="mail",version="3"', since: BEGIN, ...well },
];

/** Counters as they are scraped, in OpenMetrics, the samples of each series together and in order of time. */
function history(): string {
  const requests: string[] = [];
  const buckets: string[] = [];
  const counts: string[] = [];
  for (const { labels, since, slow, failed } of RUNNING) {
    const lines: Record<"ok" | "bad" | "fast" | "all" | "count", string[]> = {
      ok: [],
      bad: [],
      fast: [],
      all: [],
      count: [],
    };
    let [n, slowly, badly] = [0, 0, 0];
    for (let t = since; t <= END; t += SCRAPE_S) {
      const i = (t - BEGIN) / SCRAPE_S;
      n += 100;
      slowly += slow(i);
      badly += failed(i);
      lines.ok.push(`http_requests_total{${labels},status="200"} ${n - badly} ${t}`);
      lines.bad.push(`http_requests_total{${labels},status="500"} ${badly} ${t}`);
      lines.fast.push(`http_request_duration_seconds_bucket{${labels},le="0.1"} ${n - slowly} ${t}`);
      lines.all.push(`http_request_duration_seconds_bucket{${labels},le="+Inf"} ${n} ${t}`);
      lines.count.push(`http_request_duration_seconds_count{${labels}} ${n} ${t}`);
    }
    const one = `http_request_duration_seconds_bucket{${labels},le="1.0"}`;
    const middle = lines.all.map((line) => `${one}${line.slice(line.indexOf("}") + 1)}`);
    requests.push(...lines.ok, ...lines.bad);
    buckets.push(...lines.fast, ...middle, ...lines.all);
    counts.push(...lines.count);
  }
  const unknown = (name: string, lines: string[]) => [`# TYPE ${name} unknown`, ...lines];
  return [
    ...unknown("http_requests_total", requests),
    ...unknown("http_request_duration_seconds_bucket", buckets),
    ...unknown("http_request_duration_seconds_count", counts),
    "# EOF\n",
  ].join("\n");
}

describe.skipIf(!present)("versions side by side, in a real Prometheus", () => {
  const folder = mkdtempSync(join(tmpdir(), "prometheus-versions-"));
  let child: ReturnType<typeof spawn>;
  let estate: TestEstate;
  let prometheus: Prometheus;

  beforeAll(async () => {
    writeFileSync(join(folder, "history.txt"), history());
    execFileSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", join(folder, "history.txt"), join(folder, "data")], { stdio: "pipe", timeout: 120_000 }); // prettier-ignore
    writeFileSync(join(folder, "prometheus.yml"), "scrape_configs: []\n");
    const free = await serve(() => undefined);
    await free.close();
    child = spawn(
      "prometheus",
      [
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=${new URL(free.url).host}`,
        "--log.level=error",
      ],
      { stdio: "ignore" },
    );
    const ports = { fetch, now: Date.now };
    const reader = () => createPrometheus({ source: "prometheus", url: free.url, timeoutMs: 60_000 }, ports);
    for (const deadline = Date.now() + 2 * 60_000; Date.now() < deadline; await wait(200))
      if ((await reader().instant("vector(1)")).ok) break;
    prometheus = reader();

    estate = await TestEstate.open();
    estate.now = END * 1_000;
    await estate.alert(["api", "cart", "mail"].map((service) => ({ name: "Slow", service })));
    await estate.rest();
    for (const id of ["api", "cart", "mail"])
      await estate.db
        .update(services)
        .set({ labelKey: "job", labels: { job: id } })
        .where(eq(services.id, id));
  });

  afterAll(async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    await estate.end();
    rmSync(folder, { recursive: true });
  });

  /** What an investigation reads of these services. */
  async function seriesOf(nodes: string[]): Promise<Bundle["metrics"]> {
    const [incident] = await estate.db.select().from(incidents);
    const ctx: Pick<ServiceContext, "db" | "now" | "prometheus" | "config"> = {
      db: estate.db,
      now: END * 1_000,
      prometheus,
      config: {
        watchMs: SCRAPE_S * 1_000,
        rateWindow: "1m",
        signals: { metrics: DEFAULT_METRICS, limits: DEFAULT_LIMITS },
        overrides: new Map(),
      } as unknown as ServiceContext["config"],
    };
    const readers = readersOf(ctx as ServiceContext, incident!.id);
    const looked = await readers.query_metrics(
      { nodes, from: END - 60 * MINUTE, to: END },
      AbortSignal.timeout(60_000),
    );
    expect(looked).toMatchObject({ ok: true, truncated: false });
    return looked.ok ? looked.value.series : [];
  }
  const versionsIn = (series: Bundle["metrics"]) => [
    ...new Set(series.flatMap(({ node, metric }) => (metric.includes("{") ? [`${node} ${metric}`] : []))),
  ];

  test("series come by version, by the name of the pod where nothing else tells, and not where one version runs", async () => {
    const found = versionsIn(await seriesOf(["api", "cart", "mail"]));
    expect(found.toSorted()).toEqual([
      'api errors{version="1.4"}',
      'api errors{version="1.5"}',
      'api latency_p90{version="1.4"}',
      'api latency_p90{version="1.5"}',
      'cart errors{pod_template_hash="6d4b75cb6d"}',
      'cart errors{pod_template_hash="7f9c8d6b54"}',
      'cart latency_p90{pod_template_hash="6d4b75cb6d"}',
      'cart latency_p90{pod_template_hash="7f9c8d6b54"}',
    ]);
  });

  test("the new version is compared with the old one over the same minutes", async () => {
    const compared = compareVersions({ metrics: await seriesOf(["api", "cart"]) });
    const of = (node: string) => compared.filter((one) => one.node === node);
    expect(of("api")).toMatchObject([
      { newer: "1.5", older: "1.4", verdict: "worse" },
      { newer: "1.5", older: "1.4", verdict: "worse" },
    ]);
    expect(of("cart")).toHaveLength(2);
    for (const { verdict } of of("cart")) expect(verdict).not.toBe("worse");
    for (const { since } of of("api")) expect(Math.abs(since - ROLLED_OUT)).toBeLessThan(3 * MINUTE);
  });

  test("of two rollouts at once the one whose version does worse is blamed, and the finding says so", async () => {
    const { findings, hypotheses } = analyse({
      target: { node: "api", at: END },
      nodes: [{ id: "api" }, { id: "cart" }],
      edges: [["api", "cart"]],
      metrics: await seriesOf(["api", "cart"]),
      logs: [],
      spans: [],
      changes: ["api", "cart"].map((node) => ({ t: ROLLED_OUT, node, kind: "deploy", summary: "new version" })),
      normal: { metrics: [], logs: [], spans: [] },
    });
    expect(hypotheses[0]).toMatchObject({ node: "api", kind: "deploy_regression" });
    const cited = findings.filter(({ id }) => hypotheses[0]!.cites.includes(id)).map(({ text }) => text);
    expect(cited).toContainEqual(
      expect.stringMatching(/^Version 1\.5 of api, .* is worse than version 1\.4 at the same time/),
    );
    const deploy = findings.find(({ kind, node }) => kind === "change" && node === "api");
    expect(deploy?.text).toContain("its version does worse than the older one at the same time");
  });
});
