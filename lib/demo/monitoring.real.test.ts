import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_SIGNALS } from "@/lib/core/services/signals";
import { evaluate } from "@/lib/scrape/evaluate";
import { parsePromql } from "@/lib/scrape/promql";
import { createStore, keyOf, type Labels } from "@/lib/scrape/store";
import { findPrometheus } from "./prometheus";
import { WatchedTarget } from "./test-watched-target";

const installed = findPrometheus() !== null;

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
  let world: WatchedTarget;
  beforeAll(async () => {
    world = await WatchedTarget.start("built-in", "prometheus");
  });
  afterAll(() => world?.close());

  /** Prometheus' samples and answers at one moment. A scrape that began before it may end while they are asked for: then once more. */
  async function askedAtOnce() {
    for (;;) {
      const at = Math.floor(Date.now() / 1000);
      const ask = (query: string) => world.ask("prometheus", "query", { query, time: String(at) });
      const samples = () => ask('{__name__=~".+"}[15m]');
      const raw = await samples();
      const answers = new Map<string, Awaited<ReturnType<typeof ask>>["body"]>();
      for (const query of QUERIES) answers.set(query, (await ask(query)).body);
      if (isDeepStrictEqual((await samples()).body, raw.body)) return { at, raw, answers };
    }
  }

  it("gives the same answers from the same samples", async () => {
    await world.scraped("prometheus", 12);
    const { at, raw, answers } = await askedAtOnce();
    const store = createStore({ maxSeries: 5_000, points: 1_000, keptMs: 1e9 });
    for (const { metric, values: samples } of raw.body.data?.result ?? [])
      for (const [t, value] of samples ?? []) store.append(metric, t * 1000, Number(value));
    expect(store.size()).toBeGreaterThan(50);

    const shown = (points: { labels: Labels; value: number }[]) =>
      points.map(({ labels, value }) => [keyOf(labels), value] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const query of QUERIES) {
      const ours = evaluate(parsePromql(query), at * 1000, store);
      const answer = answers.get(query)!;
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
    // Each scrapes at moments of its own: they come to agree, at the latest when the traffic has been even for a while.
    const difference = async () => {
      const [ours, theirs] = [await world.values("built-in", query), await world.values("prometheus", query)];
      return ours.length === 1 ? Math.abs((ours[0] ?? 0) / (theirs[0] ?? 0) - 1) : Number.NaN;
    };
    await expect.poll(difference).toBeLessThanOrEqual(tolerance);
  });

  it("Prometheus and Alertmanager tell of a crash, and of its end after a restart", async () => {
    for (const { token, body } of await world.crash("prometheus")) {
      expect(token).toBe("Bearer a-token");
      expect(body.version).toBe("4");
    }
  });
});
