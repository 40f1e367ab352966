import { describe, expect, it } from "vitest";
import type { Bundle, Series } from "../evidence/bundle";
import { rankCauses } from "./rank";

const STEP = 60;
const AT = 100_000;
/** A little unrest that repeats nowhere within the window. */
const wobble = (i: number) => 1 + 0.05 * Math.sin(i * 1.7) + 0.03 * Math.sin(i * 0.31);

type Level = number | ((slot: number) => number | null);

/** Series of normal time (200 slots before the incident) and of six slots around the alert, slot 0 being the alert's. */
function world(levels: Record<string, { normal: number; now: Level }>, more: Partial<Bundle> = {}): Bundle {
  const normal: Series[] = [];
  const metrics: Series[] = [];
  for (const [name, { normal: level, now }] of Object.entries(levels)) {
    const [node, metric] = name.split(":") as [string, string];
    normal.push({
      node,
      metric,
      points: Array.from({ length: 200 }, (_, i) => [i * STEP, level * wobble(i + name.length)]),
    });
    const points = Array.from({ length: 6 }, (_, i): [number, number | null] => {
      const value = typeof now === "number" ? now : now(i - 3);
      return [AT + (i - 3) * STEP, value === null ? null : value * wobble(i + 500)];
    }).filter((p): p is [number, number] => p[1] !== null);
    metrics.push({ node, metric, points });
  }
  return {
    target: { node: "web", at: AT },
    nodes: [],
    edges: [
      ["web", "cart"],
      ["web", "ads"],
      ["cart", "db"],
      ["cron", "db"],
    ],
    metrics,
    logs: [],
    spans: [],
    changes: [],
    normal: { metrics: normal, logs: [], spans: [] },
    ...more,
  };
}
const still = (level: number) => ({ normal: level, now: level });
const from = (slot: number, before: number, after: number) => (s: number) => (s >= slot ? after : before);
const CALM = {
  "web:latency avg": still(100),
  "web:requests": still(1000),
  "cart:latency avg": still(40),
  "cart:requests": still(500),
  "ads:latency avg": still(30),
  "ads:requests": still(300),
  "db:latency avg": still(10),
  "db:requests": still(900),
  "cron:cpu %": still(20),
};
const first = (bundle: Bundle) => rankCauses(bundle).ranking[0]?.node;

describe("ranking causes", () => {
  it("calls a calm hour no fault", () => {
    const { verdict, onset } = rankCauses(world(CALM));
    expect(verdict).toBe("no_fault");
    expect(onset).toBeNull();
  });

  it("follows lost time down to where it is lost, and says why with findings that exist", () => {
    const result = rankCauses(
      world({
        ...CALM,
        "web:latency avg": { normal: 100, now: from(-2, 100, 200) },
        "cart:latency avg": { normal: 40, now: from(-2, 40, 240) },
        "db:latency avg": { normal: 10, now: from(-2, 10, 130) },
      }),
    );
    expect(result.verdict).toBe("fault");
    expect(result.ranking[0]).toMatchObject({ node: "db" });
    expect(result.ranking[0]!.confidence).toBeGreaterThan(0.7);
    const ids = new Set(result.findings.map((f) => f.id));
    expect(result.ranking.every((r) => r.findings.every((id) => ids.has(id)))).toBe(true);
    expect(result.findings.find((f) => f.kind === "dependency")?.text).toContain("web → cart → db");
    expect(result.parts.get("db")!.latency).toBeGreaterThan(0.5);
    expect(result.distance.get("db")).toBe(2);
  });

  it("stays with the caller when what it calls is well", () => {
    const slow = {
      ...CALM,
      "web:latency avg": { normal: 100, now: from(-2, 100, 200) },
      "cart:latency avg": { normal: 40, now: from(-2, 40, 240) },
    };
    expect(first(world(slow))).toBe("cart");
  });

  it("does not blame the loudest ratio but the largest part of what was lost", () => {
    const noisy = {
      ...CALM,
      "web:latency avg": { normal: 100, now: from(-2, 100, 200) },
      "cart:latency avg": { normal: 40, now: from(-2, 40, 240) },
      "ads:latency avg": { normal: 0.1, now: from(-2, 0.1, 3) },
    };
    expect(first(world(noisy))).toBe("cart");
  });

  it("dates the onset before an alert that came late", () => {
    const late = {
      ...CALM,
      "web:latency avg": { normal: 100, now: from(-2, 100, 200) },
      "db:latency avg": { normal: 10, now: from(-2, 10, 130) },
    };
    const { onset } = rankCauses(world(late));
    expect(onset!.at).toBe(AT - 2 * STEP);
    expect(onset!.from).toBe(AT - 3 * STEP);
  });

  it("counts failed calls rather than percents", () => {
    const failing = {
      ...CALM,
      "web:availability %": { normal: 100, now: from(-2, 100, 80) },
      "cart:availability %": { normal: 100, now: from(-2, 100, 60) },
      "ads:availability %": { normal: 100, now: from(-2, 100, 95) },
    };
    const { ranking, parts, verdict } = rankCauses(
      world(failing, { target: { node: "web", metric: "availability %", direction: "down", at: AT } }),
    );
    expect(verdict).toBe("fault");
    expect(ranking[0]!.node).toBe("cart");
    expect(parts.get("cart")!.error).toBeGreaterThan(0.4);
  });

  it("sees a node that fell silent while others report", () => {
    const { ranking, parts, findings } = rankCauses(
      world({
        ...CALM,
        "db:latency avg": { normal: 10, now: (s) => (s < 0 ? 10 : null) },
        "db:requests": { normal: 900, now: (s) => (s < 0 ? 900 : null) },
      }),
    );
    expect(ranking[0]!.node).toBe("db");
    expect(parts.get("db")!.silence).toBeGreaterThan(0.5);
    expect(findings.some((f) => f.node === "db" && f.text.includes("stopped sending data"))).toBe(true);
  });

  it("leaves what a caller loses with what it calls and is not measured any more", () => {
    const failing = { ...CALM, "web:requests": still(1000), "web:errors": { normal: 1, now: from(-2, 1, 900) }, "cart:errors": { normal: 1, now: from(-2, 1, 450) } }; // prettier-ignore
    const silent = {
      ...failing,
      "db:latency avg": { normal: 10, now: (s: number) => (s < -1 ? 10 : null) },
      "db:requests": { normal: 900, now: (s: number) => (s < -1 ? 900 : null) },
    };
    const told = (levels: Parameters<typeof world>[0]) => rankCauses(world(levels)).parts.get("cart")!.error;
    expect(told(silent)).toBeLessThan(0.5 * told(failing));
  });

  it("gives a full processor its due, and less to one that no call of the target's reaches", () => {
    const hot = {
      ...CALM,
      "cart:cpu %": { normal: 5, now: from(-2, 5, 95) },
      "cron:cpu %": { normal: 5, now: from(-2, 5, 95) },
    };
    const { ranking } = rankCauses(world(hot));
    expect(ranking.map((r) => r.node).slice(0, 2)).toEqual(["cart", "cron"]);
    expect(ranking[1]!.score).toBeLessThan(ranking[0]!.score / 2);
  });

  it("looks at every node when no edge is known", () => {
    const slow = {
      ...CALM,
      "web:latency avg": { normal: 100, now: from(-2, 100, 200) },
      "cart:latency avg": { normal: 40, now: from(-2, 40, 240) },
    };
    expect(first(world(slow, { edges: [] }))).toBe("cart");
  });

  it("takes the beginning of the series for normal where there is no other, with less to say", () => {
    const points = Array.from({ length: 30 }, (_, i): [number, number] => [
      AT + (i - 25) * STEP,
      (i < 20 ? 40 : 900) * wobble(i),
    ]);
    const bundle = world({}, { metrics: [{ node: "cart", metric: "latency avg", points }] });
    const { ranking, verdict } = rankCauses(bundle);
    expect(ranking[0]!.node).toBe("cart");
    expect(verdict).not.toBe("no_fault");
  });

  it("knows that it knows nothing", () => {
    const { verdict, ranking, onset } = rankCauses(world({}));
    expect(verdict).toBe("unknown");
    expect(onset).toBeNull();
    expect(ranking.every((r) => r.confidence < 0.05)).toBe(true);
  });

  it("answers the same under other names and in another order", () => {
    const slow = world({
      ...CALM,
      "web:latency avg": { normal: 100, now: from(-2, 100, 200) },
      "cart:latency avg": { normal: 40, now: from(-2, 40, 240) },
      "db:latency avg": { normal: 10, now: from(-2, 10, 60) },
    });
    const name = (n: string) => `x${n.charCodeAt(0) * 7}${n.length}`;
    const series = (list: Series[]) => list.map((s) => ({ ...s, node: name(s.node) })).reverse();
    const other: Bundle = {
      ...slow,
      target: { ...slow.target, node: name("web") },
      edges: slow.edges.map(([a, b]): [string, string] => [name(a), name(b)]).reverse(),
      metrics: series(slow.metrics),
      normal: { ...slow.normal, metrics: series(slow.normal.metrics) },
    };
    const strip = (b: Bundle, f: (n: string) => string) =>
      rankCauses(b).ranking.map((r) => [f(r.node), r.score.toFixed(6)]);
    expect(strip(other, (n) => n)).toEqual(strip(slow, name));
  });
});
