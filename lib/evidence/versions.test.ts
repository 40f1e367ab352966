import { expect, test } from "vitest";
import { compareVersions } from "@/lib/core/causes/version-compare";
import { DEFAULT_METRICS } from "@/lib/core/services/signals";
import { couldNotLook, found } from "./looked";
import type { Prometheus, Sample } from "./prometheus";
import { VERSION_LABELS } from "@/lib/core/causes/version-compare";
import { seriesByVersion } from "./versions";

const RANGE = { from: 0, to: 3_600, rateWindow: "1m" };
const service = (id: string, metrics = {}) => ({
  id,
  labelKey: "job",
  labels: { job: id, env: "prod" },
  metrics: { ...DEFAULT_METRICS, ...metrics },
});

/** A source that has seen these label sets, and has two points of each series that is asked for. */
function source(seen: Record<string, string>[], refused: "instant" | "range" | null = null) {
  const asked: string[] = [];
  const prometheus = {
    source: "prometheus",
    instant: (query: string) => {
      asked.push(query);
      if (refused === "instant") return Promise.resolve(couldNotLook("prometheus", "answered 500"));
      return Promise.resolve(
        found(
          "prometheus",
          seen.map((labels): Sample => ({ labels, t: 0, value: 1 })),
        ),
      );
    },
    range: (query: string) => {
      asked.push(query);
      if (refused === "range") return Promise.resolve(couldNotLook("prometheus", "answered 422"));
      const series = seen.map((labels, i) => ({ labels, points: [[60, i], [120, i + 1]] as [number, number][] })); // prettier-ignore
      return Promise.resolve(found("prometheus", series));
    },
  } as unknown as Prometheus;
  const read = (...services: ReturnType<typeof service>[]) =>
    seriesByVersion(prometheus, services, RANGE, AbortSignal.timeout(10_000));
  return { asked, read };
}
const named = (looked: Awaited<ReturnType<ReturnType<typeof source>["read"]>>) =>
  looked.ok ? [...new Set(looked.value.map(({ metric }) => metric.replace(/^\w+/, "")))] : looked.reason;

test.each<[string, Record<string, string>[], string[]]>([
  ["one version", [{ version: "1" }, { version: "1" }], []],
  ["none", [{}, {}], []],
  ["two", [{ version: "1" }, { version: "2" }], ['{version="1"}', '{version="2"}']],
  [
    "a label that stays, beside one that moves",
    [
      { release: "shop", revision: "7" },
      { release: "shop", revision: "8" },
    ],
    ['{revision="7"}', '{revision="8"}'],
  ],
  [
    "pods of two ReplicaSets",
    [{ pod: "api-6d4b75cb6d-x2x7z" }, { pod: "api-7f9c8d6b54-k8s2q" }],
    ['{pod_template_hash="6d4b75cb6d"}', '{pod_template_hash="7f9c8d6b54"}'],
  ],
  ["pods of one", [{ pod: "api-6d4b75cb6d-x2x7z" }, { pod: "api-6d4b75cb6d-k8s2q" }], []],
  ["pods of a set with names of its own", [{ pod: "db-0" }, { pod: "db-1" }], []],
  ["what would end the label", [{ version: '1"} or up{' }, { version: "2" }], []],
  ["more than are versions", Array.from({ length: 30 }, (_, i) => ({ version: `build-${i}` })), []],
])("%s", async (_, labels, expected) => {
  const { read, asked } = source(labels.map((one) => ({ job: "api", ...one })));
  expect(named(await read(service("api")))).toEqual(expected);
  expect(asked).toHaveLength(expected.length === 0 ? 1 : 3);
});

test("pods of one version are one series, their mean at each moment", async () => {
  const pods = ["api-6d4b75cb6d-x2x7z", "api-6d4b75cb6d-k8s2q", "api-7f9c8d6b54-k8s2q"];
  const looked = await source(pods.map((pod) => ({ job: "api", pod }))).read(service("api"));
  expect(looked.ok && looked.value.map(({ points }) => points).slice(0, 2)).toEqual([
    [[60, 0.5], [120, 1.5]],
    [[60, 2], [120, 3]],
  ]); // prettier-ignore
});

test("one question tells the versions of all services, and each is asked for by all of its labels", async () => {
  const { read, asked } = source(
    ["1", "2"].flatMap((version) => [
      { job: "api", version },
      { job: "cart", version },
    ]),
  );
  await read(service("api"), service("cart", { requests: "rq_total", latency: "rq_seconds_bucket" }), service("mail"));
  expect(asked[0]).toContain(
    '(last_over_time({__name__=~"http_requests_total|http_request_duration_seconds_count|rq_total|rq_seconds_count",job!=""}[3600s]))',
  );
  expect(asked.slice(1)).toHaveLength(4);
  expect(asked.filter((query) => query.includes('rq_total{job="cart",env="prod"}') && query.includes("by (job, version)"))).toHaveLength(1); // prettier-ignore
});

test("what could not be read is said", async () => {
  const labels = ["1", "2"].map((version) => ({ job: "api", version }));
  expect(named(await source(labels, "instant").read(service("api")))).toBe("prometheus: answered 500");
  expect(named(await source(labels, "range").read(service("api")))).toBe("prometheus: answered 422");
});

test.each([...VERSION_LABELS, "pod_template_hash"])("versions by %s are compared", (label) => {
  const points = Array.from({ length: 30 }, (_, i): [number, number] => [60 * i, 1 + (i % 3)]);
  const series = (version: string, from: number) => ({ node: "api", metric: `errors{${label}="${version}"}`, unit: "ratio", points: points.slice(from) }); // prettier-ignore
  expect(compareVersions({ metrics: [series("1", 0), series("2", 10)] })).toMatchObject([{ newer: "2", older: "1" }]);
});
