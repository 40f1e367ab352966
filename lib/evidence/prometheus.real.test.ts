import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { discoverServices } from "./discovery";
import { createPrometheus, type Prometheus } from "./prometheus";
import { selector } from "./promql";
import { serve, type TestServer } from "./test-server";
import { serviceEdges } from "./topology";

const ports = { fetch, now: Date.now };
const reader = (url: string): Prometheus => createPrometheus({ source: "prometheus", url, timeoutMs: 60_000 }, ports);

/** Debian's package; without it the tests against the real server are skipped and counted. */
const present = (() => {
  try {
    execFileSync("prometheus", ["--version"], { stdio: "ignore", timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!present)("a real Prometheus", () => {
  const folder = mkdtempSync(join(tmpdir(), "prometheus-"));
  let target: TestServer;
  let child: ReturnType<typeof spawn>;
  let prometheus: Prometheus;
  let url: string;
  const began = Date.now() / 1_000;

  beforeAll(async () => {
    target = await serve((request, response) => {
      if (request.url === "/broken") return response.writeHead(500).end("no");
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
      return response.end(exposition(Date.now() / 1_000 - began));
    });
    const free = await serve(() => undefined);
    url = free.url;
    await free.close();
    writeFileSync(join(folder, "rules.yml"), RULES);
    writeFileSync(join(folder, "prometheus.yml"), configuration(new URL(target.url).host));
    writeFileSync(join(folder, "web.yml"), WEB);
    child = spawn(
      "prometheus",
      [
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        `--web.listen-address=${new URL(url).host}`,
        `--web.config.file=${join(folder, "web.yml")}`,
        "--log.level=error",
      ],
      { stdio: "ignore" },
    );
    prometheus = reader(url.replace("://", "://admin:test@"));
    await until(async () => {
      const rates = await prometheus.instant("rate(requests_total[5s]) > 0");
      const alerts = await prometheus.alerts();
      return rates.ok && rates.value.length > 0 && alerts.ok && alerts.value.length > 0;
    });
  });

  afterAll(async () => {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    await target.close();
    rmSync(folder, { recursive: true });
  });

  test("a value now, its labels, and what does not exist", async () => {
    const up = await prometheus.instant(`up${selector({ job: "shop" })}`);
    expect(up).toMatchObject({ ok: true, truncated: false, value: [{ labels: { job: "shop" }, value: 1 }] });
    expect(await prometheus.instant("nothing_of_the_kind")).toMatchObject({ ok: true, value: [] });
    expect(await prometheus.instant("0/0")).toMatchObject({ ok: true, value: [] });
    expect(await prometheus.instant("3")).toMatchObject({ ok: true, value: [{ labels: {}, value: 3 }] });
  });

  test("a rate over time rises by about ten a second", async () => {
    // Scrapes of a busy machine are not a second apart: the rate is looked at until it was measured evenly.
    await until(async () => {
      const now = Date.now() / 1_000;
      const looked = await prometheus.range("sum(rate(requests_total[5s]))", { from: now - 30, to: now });
      const points = looked.ok ? (looked.value[0]?.points ?? []) : [];
      const last = points.at(-1)?.[1] ?? 0;
      return points.length > 4 && last > 8 && last < 12;
    });
    const now = Date.now() / 1_000;
    const nan = await prometheus.range("odd_value", { from: now - 30, to: now });
    expect(nan).toMatchObject({ ok: true, value: [] });
  });

  test("any label value can be asked for, and none of them is syntax", async () => {
    for (const value of ['"} or vector(1)#', "a\nb", "\\", "ü\u0000\ud800", "$(x)"]) {
      expect(await prometheus.instant(`up${selector({ job: value })}`)).toMatchObject({ ok: true, value: [] });
    }
    expect(() => selector({ "a=~": "x" })).toThrow("Not a label's name");
  });

  test("what is no PromQL is refused in its own words, and pauses nothing", async () => {
    for (let i = 0; i < 5; i++)
      expect(await prometheus.instant("rate(")).toMatchObject({
        ok: false,
        reason: expect.stringMatching(/^answered 400 \(bad_data\): ".*parse error: unclosed left parenthesis/),
      });
    expect(await prometheus.instant("up")).toMatchObject({ ok: true });
    const long = `up{job=~"${"x|".repeat(2_000)}shop"}`;
    expect(await prometheus.instant(long)).toMatchObject({ ok: true, value: [{ labels: { job: "shop" } }] });
  });

  test("labels, series, targets, rules and alerts", async () => {
    const now = Date.now() / 1_000;
    expect(await prometheus.labelValues("job")).toMatchObject({ ok: true, value: ["broken", "shop"] });
    expect(await prometheus.series(["requests_total"], now - 60, now)).toMatchObject({
      value: [{ __name__: "requests_total", code: "200", job: "shop" }],
    });
    const targets = await prometheus.targets();
    const health = targets.ok ? targets.value.map((target) => [target.labels.job!, target.health]) : [];
    expect(Object.fromEntries(health)).toEqual({ broken: "down", shop: "up" });
    expect(await prometheus.rules()).toMatchObject({ value: [{ group: "g", name: "TargetDown", query: "up == 0" }] });
    const alerts = await prometheus.alerts();
    expect(alerts).toMatchObject({
      value: [{ labels: { alertname: "TargetDown" }, annotations: { summary: "down" } }],
    });
    expect(alerts.ok && alerts.value[0]!.activeAt!).toBeGreaterThan(began - 1);
    expect(alerts.ok && alerts.value[0]!.activeAt!).toBeLessThanOrEqual(now);
  });

  test("services and their edges are found from labels and trace metrics", async () => {
    const services = await discoverServices(prometheus, { at: Date.now() / 1_000 });
    expect(services).toMatchObject({
      ok: true,
      value: [
        { name: "broken", labelKey: "job", selector: { job: "broken" } },
        { name: "shop", labelKey: "job", selector: { job: "shop" } },
      ],
    });
    expect(await serviceEdges(prometheus, { at: Date.now() / 1_000, windowS: 60 })).toMatchObject({
      ok: true,
      value: [
        { caller: "front", callee: "orders", via: "traces_service_graph_request_total" },
        { caller: "orders", callee: "orders-db", kind: "database" },
      ],
    });
  });

  test("who may not ask is told so, and is not let on trying", async () => {
    const unknown = createPrometheus(
      { source: "p", url, auth: { kind: "basic", user: "admin", password: "x" } },
      ports,
    );
    for (let i = 0; i < 3; i++)
      expect(await unknown.instant("up")).toMatchObject({ ok: false, reason: 'answered 401: "Unauthorized"' });
    expect(await unknown.instant("up")).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^answered 401: .*; paused/),
    });
  });

  test("when it is gone, that is said", async () => {
    const gone = reader("http://127.0.0.1:1");
    expect(await gone.instant("up")).toMatchObject({ ok: false, reason: expect.stringMatching(/could not connect/) });
  });
});

const exposition = (age: number): string => `
requests_total{code="200"} ${age * 10}
odd_value NaN
traces_service_graph_request_total{client="front",server="orders"} ${age * 5}
traces_service_graph_request_total{client="orders",server="orders-db",connection_type="database"} ${age * 5}
traces_service_graph_request_total{client="front",server="idle"} 7
`;

const RULES = `
groups:
  - name: g
    interval: 1s
    rules: [{ alert: TargetDown, expr: up == 0, annotations: { summary: down } }]
`;

/** The user admin, whose password is `test`; the hash is the example of Prometheus' own documentation. */
const WEB = `
basic_auth_users: { admin: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay }
`;

const configuration = (host: string): string => `
global: { scrape_interval: 1s, scrape_timeout: 1s }
rule_files: [rules.yml]
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ["${host}"] }]
  - job_name: broken
    metrics_path: /broken
    static_configs: [{ targets: ["${host}"] }]
`;

const COMES_WITHIN_MS = 3 * 60_000;

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + COMES_WITHIN_MS; Date.now() < deadline; await wait(200)) if (await holds()) return;
  throw new Error(`It did not come to hold within ${COMES_WITHIN_MS / 1_000} s`);
}
