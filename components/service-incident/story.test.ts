import { describe, expect, test } from "vitest";
import type { StepView } from "@/lib/contracts/services";
import { layout, pathBetween } from "./map-layout";
import { brief, drawn, type Finding, rivalsOf, seriesFor, usual, workOf } from "./story";

let seq = 0;
const step = (node: string, preview: string, more: Partial<StepView> = {}): StepView => ({
  seq: seq++,
  node,
  tool: null,
  args: null,
  preview,
  digest: null,
  author: "local",
  started_at: 0,
  ms: 2,
  tokens: 0,
  usd: 0,
  ok: true,
  ...more,
});

describe("workOf", () => {
  const running = [
    step("triage", "begins"),
    step("triage", "[]", { tool: "get_service_metadata", ok: false }),
    step("triage", "Severity 5"),
    step("log_analyst", "begins"),
  ];
  test("one that begun and said nothing yet is at work, one that never begun waits", () => {
    expect(workOf(["log_analyst"], running, "running").state).toBe("working");
    expect(workOf(["skeptic"], running, "running").state).toBe("waiting");
    expect(workOf(["triage"], running, "running")).toMatchObject({
      state: "done",
      said: "Severity 5",
      calls: 1,
      failed: 1,
      ms: 6,
    });
  });
  test("a card of several is done when all of them are", () =>
    expect(workOf(["triage", "log_analyst"], running, "running").state).toBe("working"));
  test("of a failed investigation nobody is at work", () =>
    expect(workOf(["log_analyst"], running, "failed").state).toBe("stopped"));
  test("a second attempt begins anew", () =>
    expect(workOf(["triage"], [...running, step("triage", "begins")], "running").state).toBe("working"));
  test("a model that wrote is named before the local analysis", () =>
    expect(workOf(["triage"], [...running, step("triage", "x", { author: "groq/m" })], "done").authors).toEqual([
      "groq/m",
      "local",
    ]));
});

test("rivals are told by rank, without what is left over", () => {
  const cause = (rank: number, kind: "slow" | "unknown") => ({ rank, kind }) as never;
  expect(rivalsOf([cause(2, "slow"), cause(1, "unknown"), cause(0, "slow")]).map(({ rank }) => rank)).toEqual([0, 2]);
});

test("a metric's finding leads to the series of its node and name, and to no other", () => {
  const series = [
    { node: "a", name: "errors", metric: "Errors", unit: null, points: [] },
    { node: "b", name: "errors", metric: "Errors", unit: null, points: [] },
  ];
  const finding = { id: "f", kind: "metric_shift", title: '"errors" of b rose', source: "b", detail: {}, at: 0 };
  expect(seriesFor(finding, series)).toBe(series[1]);
  for (const title of ["errors of b rose from 0 % to 31 %", "b errors has grown without pause"])
    expect(seriesFor({ ...finding, title }, series)).toBe(series[1]);
  for (const title of ['"latency" of b rose', "log errors of b rose", "errors of bb rose"])
    expect(seriesFor({ ...finding, title }, series)).toBeNull();
  expect(seriesFor({ ...finding, kind: "change" } as Finding, series)).toBeNull();
});

describe("a chart", () => {
  const points = Array.from({ length: 11 }, (_, i): [number, number] => [i * 60, i]);
  test("knows what was usual before the onset", () => {
    expect(usual(points, 600)).toEqual({ low: 1, high: 8 });
    expect(usual(points, 200)).toBeNull();
  });
  test("leaves out what was long before, and is in milliseconds", () =>
    expect(drawn([[0, 1], [10_000, 2], [10_060, 3]], 10_030)).toEqual([
      { at: 10_000_000, value: 2 },
      { at: 10_060_000, value: 3 },
    ])); // prettier-ignore
});

describe("the map", () => {
  const edges = [["edge", "shop"], ["shop", "cart"], ["shop", "pay"], ["pay", "bank"], ["bank", "pay"]] as const; // prettier-ignore
  test("finds the way from what alerted to what is blamed, against calls too", () => {
    expect(pathBetween(edges, "shop", "bank")).toEqual(["shop", "pay", "bank"]);
    expect(pathBetween(edges, "bank", "edge")).toEqual(["bank", "pay", "shop", "edge"]);
    expect(pathBetween(edges, "shop", "moon")).toEqual([]);
  });
  test("puts callers left of callees and survives a circle", () => {
    const { nodes } = layout(edges, ["shop"]);
    const level = Object.fromEntries(nodes.map(({ id, level: at }) => [id, at]));
    expect(level["edge"]).toBe(0);
    expect(level["shop"]).toBe(1);
    expect(level["cart"]).toBe(2);
    expect(nodes).toHaveLength(5);
  });
  test("of many keeps the near ones and counts the rest", () => {
    const many = Array.from({ length: 60 }, (_, i) => ["hub", `n${i}`] as const);
    const { nodes, left } = layout(many, ["hub"]);
    expect(nodes).toHaveLength(40);
    expect(nodes[0]?.id).toBe("hub");
    expect(left).toBe(21);
  });
});

test("a finding on one line has no times in it, and keeps what was quoted", () => {
  expect(brief("checkout logged 23 times from 2026-11-21T01:54:55Z to 2026-11-21T02:02:50Z: 'ERROR at start'")).toBe(
    "checkout logged 23 times: 'ERROR at start'",
  );
  expect(brief("config of fares at 2026-11-21T01:05:11Z, 0 min before the onset")).toBe(
    "config of fares, 0 min before the onset",
  );
});
