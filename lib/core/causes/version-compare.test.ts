import { describe, expect, it } from "vitest";
import type { Series } from "../evidence/bundle";
import { analyse } from "./analyse";
import { compareVersions, versionFactor } from "./version-compare";

const wave = (i: number) => (i * 7) % 5;
const series = (metric: string, from: number, to: number, value: (i: number) => number, node = "cart"): Series => ({
  node,
  metric,
  points: Array.from({ length: to - from }, (_, i) => [60 * (from + i), value(from + i)]),
});
const pair = (name: string, older: (i: number) => number, newer: (i: number) => number) => [
  series(`${name}{version="1.4"}`, 0, 60, older),
  series(`${name}{version="1.5"}`, 40, 60, newer),
];

describe("compareVersions", () => {
  it.each([
    [
      "slower than the other at the same time",
      "latency_p95_ms",
      (i: number) => 100 + wave(i),
      (i: number) => 140 + wave(i),
      "worse",
    ],
    [
      "as slow as the other, while both became slower",
      "latency_p95_ms",
      (i: number) => 100 + 5 * i,
      (i: number) => 100 + 5 * i,
      "alike",
    ],
    ["more errors", "error_rate", () => 0.01, (i: number) => 0.2 + wave(i) / 100, "worse"],
    ["faster", "latency_p95_ms", () => 100, () => 60, "unclear"],
  ])("%s", (_, name, older, newer, verdict) =>
    expect(compareVersions({ metrics: pair(name, older, newer) })).toMatchObject([
      { node: "cart", newer: "1.5", older: "1.4", since: 2400, verdict },
    ]),
  );

  it.each([
    [
      "counts, which follow a version's share of traffic",
      pair(
        "requests_total",
        () => 100,
        () => 900,
      ),
    ],
    ["one version", [series('latency_ms{version="1"}', 0, 60, () => 1)]],
    ["no versions", [series("latency_ms", 0, 60, () => 1)]],
  ])("leaves out %s", (_, metrics) => expect(compareVersions({ metrics })).toEqual([]));

  it("is unclear where they hardly ran together", () =>
    expect(
      compareVersions({
        metrics: [
          series('latency_ms{version="1"}', 0, 43, () => 100),
          series('latency_ms{version="2"}', 40, 60, () => 900),
        ],
      }),
    ).toMatchObject([{ verdict: "unclear" }]));
});

describe("of several rollouts at once", () => {
  const change = (node: string) => ({ t: 2400, node, kind: "deploy", summary: `${node} 1.5` });
  const metrics = [
    ...pair(
      "latency_p95_ms",
      (i) => 100 + wave(i),
      (i) => 400 + wave(i),
    ),
    ...pair(
      "latency_p95_ms",
      (i) => 100 + wave(i),
      (i) => 100 + wave(i),
    ).map((s) => ({ ...s, node: "ads" })),
  ];

  it("raises the one whose version does worse, clears the one that does as well, and says nothing of others", () => {
    const factor = versionFactor(compareVersions({ metrics }));
    expect(factor(change("cart"))).toBeGreaterThan(1);
    expect(factor(change("ads"))).toBeLessThan(1);
    expect(factor(change("web"))).toBe(1);
    expect(factor({ ...change("cart"), t: 10_000 })).toBe(1);
  });

  it("puts that one first, and tells why", () => {
    const symptom = series("latency_p95_ms", 0, 60, (i) => (i < 40 ? 200 : 900) + wave(i), "web");
    const { hypotheses, findings } = analyse({
      target: { node: "web", at: 3600 },
      nodes: [],
      edges: [
        ["web", "cart"],
        ["web", "ads"],
      ],
      metrics: [symptom, ...metrics],
      logs: [],
      spans: [],
      changes: [change("ads"), change("cart")],
      normal: { metrics: [], logs: [], spans: [] },
    });
    expect(hypotheses[0]).toMatchObject({ node: "cart", kind: "deploy_regression" });
    const cited = findings.filter(({ id }) => hypotheses[0]!.cites.includes(id)).map(({ text }) => text);
    expect(cited.join("\n")).toContain("Version 1.5 of cart");
    expect(findings.find(({ kind, node }) => kind === "change" && node === "ads")?.text).toContain("does as well");
  });
});
