import { describe, expect, it } from "vitest";
import type { SpanStat } from "../evidence/bundle";
import { blameEdges, meanOf, timeLoss } from "./edge-times";

/** A shop: front calls cart, stock and mail; stock and cart call store. Gaps and durations in milliseconds. */
const EDGES: [string, string, number][] = [
  ["front", "cart", 400],
  ["front", "stock", 400],
  ["front", "mail", 30],
  ["stock", "store", 400],
  ["cart", "store", 400],
];

function minute(t: number, gaps: Record<string, number> = {}, own: Record<string, number> = {}): SpanStat[] {
  const us = (ms: number) => ms * 1000 * (1 + 0.02 * Math.sin(t));
  const root = {
    t,
    node: "front",
    operation: "recv",
    n: 400,
    p50_us: us(own["front"] ?? 50),
    p95_us: us(own["front"] ?? 90),
  };
  return [
    root,
    ...EDGES.map(([parent, node, n]): SpanStat => {
      const d = own[node] ?? 4;
      return {
        t,
        node,
        parent,
        operation: "do",
        n,
        p50_us: us(d),
        p95_us: us(2 * d),
        gap_p95_us: us(gaps[`${parent}-${node}`] ?? 5),
      };
    }),
  ];
}
const NORMAL = Array.from({ length: 8 }, (_, i) => minute(i * 60)).flat();
const blame = (seen: SpanStat[], normal = NORMAL) => {
  const loss = timeLoss(seen, normal);
  const all = blameEdges(loss.edges);
  for (const [node, lost] of loss.self) all.set(node, (all.get(node) ?? 0) + lost);
  return [...all]
    .filter(([, lost]) => lost > 0)
    .sort((a, b) => b[1] - a[1])
    .map(([node]) => node);
};

describe("lost time between spans", () => {
  it("is nobody's in a minute like the others", () => {
    expect(blame(minute(600))).toEqual([]);
  });

  it("is the callee's where it is the only one with a slow edge", () => {
    expect(blame(minute(600, { "front-mail": 300 }))[0]).toBe("mail");
  });

  it("is the caller's where all of its edges are slow", () => {
    expect(blame(minute(600, { "front-mail": 300, "front-cart": 300, "front-stock": 300 }))[0]).toBe("front");
  });

  it("is the shared callee's where both of its callers wait for it", () => {
    expect(
      blame(minute(600, { "cart-store": 200, "stock-store": 200 }, { cart: 210, stock: 210, front: 500 }))[0],
    ).toBe("store");
  });

  it("is in the node itself where its spans grew and its callees' did not", () => {
    expect(blame(minute(600, {}, { cart: 200, front: 300 }))[0]).toBe("cart");
  });

  it("can be told from a single normal minute", () => {
    expect(blame(minute(600, { "front-mail": 300 }), minute(0))[0]).toBe("mail");
  });
});

it("takes the least mean that a median and a tail allow", () => {
  expect(meanOf(100, 100)).toBe(100);
  // One call in twenty took 200 ms longer: 20 ms a call over what the median says, and not 100.
  expect(meanOf(2, 202)).toBeCloseTo(22);
  expect(meanOf(undefined, 7)).toBe(7);
  expect(meanOf(-3, 10)).toBeCloseTo(1);
});
