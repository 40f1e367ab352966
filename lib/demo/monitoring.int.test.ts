import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_SIGNALS } from "@/lib/core/signals";
import { evaluate } from "@/lib/scrape/evaluate";
import { parsePromql } from "@/lib/scrape/promql";
import { createStore, keyOf, type Labels } from "@/lib/scrape/store";
import type { Child } from "./children";
import { type Monitoring, startMonitoring } from "./monitoring";
import { findPrometheus } from "./prometheus";
import { superviseTarget, type TargetSupervisor } from "./target-supervisor";

const installed = findPrometheus() !== null;
if (!installed && process.env["REQUIRE_ALL"] === "1") throw new Error("REQUIRE_ALL: prometheus and alertmanager are not installed"); // prettier-ignore
const folder = mkdtempSync(join(tmpdir(), "sentinel-monitoring-"));
const tokenFile = join(folder, "webhook.token");
const children: Child[] = [];

interface Told {
  path: string;
  token: string | undefined;
  body: { version: string; status: string; alerts: { status: string; labels: Labels; startsAt: string; endsAt: string; fingerprint: string }[] }; // prettier-ignore
}
const told: Told[] = [];
const webhook = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk: Buffer) => (text += chunk.toString()));
  request.on("end", () => {
    told.push({
      path: request.url ?? "",
      token: request.headers.authorization,
      body: JSON.parse(text) as Told["body"],
    });
    response.end("{}");
  });
});
const tellings = (path: string, alert: string, status: string) =>
  told.filter((t) => t.path === path && t.body.alerts.some((a) => a.labels["alertname"] === alert && a.status === status)); // prettier-ignore

let target: TargetSupervisor;
const watched = new Map<Monitoring["kind"], Monitoring>();

beforeAll(async () => {
  writeFileSync(tokenFile, "a-token", { mode: 0o600 });
  await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
  target = await superviseTarget({ folder, perSecond: 10 });
  for (const builtIn of installed ? [true, false] : [true]) {
    const kind = builtIn ? "built-in" : "prometheus";
    const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/${kind}`;
    const given = {
      folder: join(folder, kind),
      target: new URL(target.status().url).host,
      webhook: { url, tokenFile },
      keep: (child: Child) => (children.push(child), child),
      say: () => {},
    };
    watched.set(kind, await startMonitoring(given, builtIn));
  }
}, 120_000);
afterAll(async () => {
  for (const child of children.toReversed()) await child.stop();
  for (const monitoring of watched.values()) await monitoring.stop();
  await target?.close();
  webhook.closeAllConnections();
  webhook.close();
  rmSync(folder, { recursive: true });
}, 60_000);

type Result = { metric: Labels; value?: [number, string]; values?: [number, string][] }[];
async function ask(kind: Monitoring["kind"], path: string, query: Record<string, string>) {
  const answer = await fetch(`${watched.get(kind)?.url}/api/v1/${path}?${new URLSearchParams(query).toString()}`, {
    signal: AbortSignal.timeout(10_000),
  });
  return { status: answer.status, body: (await answer.json()) as { data?: { result: Result }; error?: string } };
}
const values = async (kind: Monitoring["kind"], query: string, time = Date.now() / 1000) =>
  ((await ask(kind, "query", { query, time: String(time) })).body.data?.result ?? []).map((r) => Number(r.value?.[1]));

/** What Sentinel and the rules ask, and more of the same kinds. */
const QUERIES = [
  "up",
  "rate(process_cpu_seconds_total[1m])",
  "rate(process_cpu_seconds_total[20s])",
  "increase(http_requests_total[30s])",
  "irate(http_requests_total[1m])",
  "histogram_quantile(0.90, sum(rate(http_request_duration_seconds_bucket[1m])) by (le))",
  "histogram_quantile(0.5, sum by (service, job, le) (rate(http_request_duration_seconds_bucket[30s])))",
  "histogram_quantile(0.999, http_request_duration_seconds_bucket)",
  'sum by (service, job) (rate(http_requests_total{status=~"2.."}[30s])) / sum by (service, job) (rate(http_requests_total[30s]))',
  'sum(rate(http_requests_total{status!~"5.."}[1m])) or vector(0)',
  'http_requests_total{status="599"} or absent(http_requests_total{status="599"})',
  "process_resident_memory_bytes - min_over_time(process_resident_memory_bytes[10m])",
  "process_resident_memory_bytes / 1024 ^ 2 > 1",
  "1 - avg without (instance) (up)",
  "max_over_time(nodejs_heap_size_used_bytes[1m]) - ignoring(x) nodejs_heap_size_used_bytes",
  "avg_over_time(nodejs_eventloop_lag_seconds[40s]) * on (instance) up",
  "quantile_over_time(0.75, nodejs_eventloop_lag_seconds[1m])",
  "count(nodejs_gc_duration_seconds_bucket) by (kind)",
  "quantile(0.3, nodejs_gc_duration_seconds_bucket)",
  "delta(process_resident_memory_bytes[30s])",
  "changes(http_requests_total[1m]) + resets(http_requests_total[1m])",
  "clamp_max(http_requests_total offset 10s, 3) == bool 3",
  "-process_open_fds % 7",
  "up and on (service) build_info unless http_requests_total",
  "count_over_time(up[1m])",
  "time() - process_start_time_seconds < 1e9",
  "scalar(sum(http_requests_total)) * 2",
  ...DEFAULT_SIGNALS.flatMap((signal) => [
    signal.query("service", 'service="target"', "30s"),
    signal.query("job", 'job!=""', "1m"),
  ]),
];

describe.skipIf(!installed)("the built-in scraper beside Prometheus", () => {
  it("gives the same answers from the same samples", { timeout: 120_000 }, async () => {
    await expect.poll(async () => (await values("prometheus", "count_over_time(up[1m])"))[0] ?? 0, { timeout: 90_000, interval: 500 }).toBeGreaterThan(12); // prettier-ignore
    const at = Math.floor(Date.now() / 1000);
    const raw = await ask("prometheus", "query", { query: '{__name__=~".+"}[15m]', time: String(at) });
    const store = createStore({ maxSeries: 5_000, points: 1_000, keptMs: 1e9 });
    for (const { metric, values: samples } of raw.body.data?.result ?? [])
      for (const [t, value] of samples ?? []) store.append(metric, t * 1000, Number(value));
    expect(store.size()).toBeGreaterThan(50);

    const shown = (points: { labels: Labels; value: number }[]) =>
      points.map(({ labels, value }) => [keyOf(labels), value] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const query of QUERIES) {
      const ours = evaluate(parsePromql(query), at * 1000, store);
      const answer = (await ask("prometheus", "query", { query, time: String(at) })).body;
      if (ours.kind === "scalar") {
        expect(ours.value, query).toBeCloseTo(
          Number((answer.data?.result as unknown as [number, string] | undefined)?.[1]),
          9,
        );
        continue;
      }
      const mine = shown(ours.points);
      const theirs = shown((answer.data?.result ?? []).map((r) => ({ labels: r.metric, value: Number(r.value?.[1]) })));
      expect(mine.map(([key]) => key), query).toEqual(theirs.map(([key]) => key)); // prettier-ignore
      mine.forEach(([key, value], i) => {
        const other = theirs[i]?.[1] ?? Number.NaN;
        if (Number.isNaN(other)) expect(value, query + key).toBeNaN();
        else expect(Math.abs(value - other) / Math.max(1e-9, Math.abs(other)), query + key).toBeLessThan(1e-9);
      });
    }
  });

  it.each([
    ["sum(rate(http_requests_total[20s]))", 0.15],
    ["process_resident_memory_bytes", 0.1],
    ["histogram_quantile(0.9, sum(rate(http_request_duration_seconds_bucket[20s])) by (le))", 0.3],
    ['build_info{version="1.4.0"}', 0],
  ])("measures the same target alike: %s", async (query, tolerance) => {
    const [ours, theirs] = [await values("built-in", query), await values("prometheus", query)];
    expect(ours).toHaveLength(1);
    expect(Math.abs((ours[0] ?? 0) / (theirs[0] ?? 0) - 1)).toBeLessThanOrEqual(tolerance);
  });
});

describe("the built-in scraper", () => {
  it("answers ranges, labels and series", async () => {
    const now = Math.floor(Date.now() / 1000);
    await expect.poll(async () => (await values("built-in", "count_over_time(up[1m])"))[0], { timeout: 30_000 }).toBeGreaterThan(3); // prettier-ignore
    const range = await ask("built-in", "query_range", {
      query: "up",
      start: String(now),
      end: String(now + 10),
      step: "2",
    });
    expect(range.body.data?.result[0]?.metric).toEqual({ __name__: "up", instance: new URL(target.status().url).host, job: "target", service: "target" }); // prettier-ignore
    expect(range.body.data?.result[0]?.values?.map(([t]) => t)).toEqual([0, 2, 4, 6, 8, 10].map((s) => now + s));
    expect((await ask("built-in", "label/job/values", {})).body.data).toEqual(["target"]);
    expect((await ask("built-in", "labels", { "match[]": "up" })).body.data).toEqual(["__name__", "instance", "job", "service"]); // prettier-ignore
    expect((await ask("built-in", "series", { "match[]": "build_info" })).body.data).toMatchObject([{ version: "1.4.0" }]); // prettier-ignore
    expect((await ask("built-in", "targets", {})).body.data).toMatchObject({ activeTargets: [{ health: "up" }] });
  });
  it.each([
    ["rate(up)", /rate\(\) needs a range/],
    ["up[1m]", /a range needs a function/],
    ["sum(", /parse error/],
    ["topk(3, up)", /topk is not supported/],
    ["up / on(job) group_left up", /group_left and group_right is not supported/],
    ["rate(up[1m:10s])", /a subquery is not supported|needs a range/],
    ['{job=~".*"}', /does not match the empty text/],
    ["http_requests_total / on(job) nodejs_gc_duration_seconds_bucket", /several series of one side/],
  ])("says what it does not understand: %s", async (query, why) => {
    const answer = await ask("built-in", "query", { query });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: "error", errorType: "bad_data", error: expect.stringMatching(why) as string }); // prettier-ignore
  });
});

it("both tell of a crash, and of its end after a restart", { timeout: 120_000 }, async () => {
  const kinds = [...watched.keys()];
  const crashed = Date.now();
  await fetch(`${target.status().url}/stress/crash`);
  for (const kind of kinds) {
    await expect.poll(() => tellings(`/${kind}`, "TargetDown", "firing").length, { timeout: 40_000, interval: 100 }).toBeGreaterThan(0); // prettier-ignore
    console.log(`${kind}: told ${((Date.now() - crashed) / 1000).toFixed(1)} s after the crash`);
  }
  await target.restart();
  for (const kind of kinds)
    await expect.poll(() => tellings(`/${kind}`, "TargetDown", "resolved").length, { timeout: 40_000, interval: 100 }).toBeGreaterThan(0); // prettier-ignore
  for (const { token, body } of told) {
    expect(token).toBe("Bearer a-token");
    expect(body.version).toBe("4");
  }
  const [firing, ended] = [tellings("/built-in", "TargetDown", "firing")[0], tellings("/built-in", "TargetDown", "resolved")[0]]; // prettier-ignore
  expect(firing?.body).toMatchObject({ status: "firing", groupLabels: { service: "target" } });
  expect(firing?.body.alerts[0]).toMatchObject({ labels: { alertname: "TargetDown", service: "target", severity: "critical" }, endsAt: "0001-01-01T00:00:00Z" }); // prettier-ignore
  expect(ended?.body.alerts[0]).toMatchObject({ fingerprint: firing?.body.alerts[0]?.fingerprint, startsAt: firing?.body.alerts[0]?.startsAt }); // prettier-ignore
  // Told once each, not at every turn.
  await wait(6_000);
  expect(tellings("/built-in", "TargetDown", "firing")).toHaveLength(1);
  expect(tellings("/built-in", "TargetDown", "resolved")).toHaveLength(1);
});
