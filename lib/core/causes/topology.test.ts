import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { absorb, topologyOf } from "./topology";

const graph = (edges: [string, string][], target = "a") =>
  topologyOf({
    target: { node: target, at: 0 },
    nodes: [],
    edges,
    spans: [],
    metrics: [],
    normal: { metrics: [], spans: [], logs: [] },
  });

const walk = (edges: [string, string][], amounts: Record<string, number>) =>
  Object.fromEntries([...absorb("a", graph(edges), (n) => amounts[n])].map(([n, s]) => [n, Number(s.toFixed(4))]));

describe("the call graph", () => {
  it("knows how far below the target a node is, and not those above it", () => {
    const { distance } = graph([
      ["up", "a"],
      ["a", "b"],
      ["b", "c"],
      ["a", "c"],
      ["c", "a"],
    ]);
    expect([...distance]).toEqual([
      ["a", 0],
      ["b", 1],
      ["c", 1],
    ]);
  });

  it("takes edges from spans and forgets loops to oneself", () => {
    const { callees } = topologyOf({
      target: { node: "a", at: 0 },
      nodes: [{ id: "z" }],
      edges: [["a", "a"]],
      spans: [{ t: 0, node: "b", parent: "a" }],
      metrics: [],
      normal: { metrics: [], spans: [], logs: [] },
    });
    expect([...callees]).toEqual([["a", ["b"]]]);
  });
});

describe("where a symptom ends", () => {
  it("passes a caller that its callee explains, and stays where nobody below explains it", () => {
    expect(
      walk(
        [
          ["a", "b"],
          ["b", "c"],
        ],
        { a: 10, b: 10, c: 10 },
      ),
    ).toEqual({ c: 1 });
    expect(
      walk(
        [
          ["a", "b"],
          ["b", "c"],
        ],
        { a: 10, b: 10, c: 0 },
      ),
    ).toEqual({ b: 1 });
    expect(
      walk(
        [
          ["a", "b"],
          ["b", "c"],
        ],
        { a: 10, b: 4, c: 1 },
      ),
    ).toEqual({ a: 0.6, b: 0.3, c: 0.1 });
  });

  it("splits between callees by what they show", () => {
    expect(
      walk(
        [
          ["a", "b"],
          ["a", "c"],
        ],
        { a: 10, b: 6, c: 2 },
      ),
    ).toEqual({ a: 0.2, b: 0.6, c: 0.2 });
    expect(
      walk(
        [
          ["a", "b"],
          ["a", "c"],
        ],
        { a: 10, b: 30, c: 10 },
      ),
    ).toEqual({ b: 0.75, c: 0.25 });
  });

  it("goes through nodes that nobody measures", () => {
    expect(
      walk(
        [
          ["a", "b"],
          ["b", "c"],
        ],
        { a: 10, c: 10 },
      ),
    ).toEqual({ c: 1 });
  });

  it("ends in cycles too, and never hands out more than there was", () => {
    const node = fc.constantFrom("a", "b", "c", "d", "e");
    // Nothing or something that a clock or a counter can show: the least numbers there are round to nothing when shared.
    const amount = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(node, node), { maxLength: 12 }),
        fc.dictionary(node, fc.option(amount, { nil: undefined })),
        (edges, amounts) => {
          const shares = [...absorb("a", graph(edges), (n) => amounts[n]).values()];
          expect(shares.reduce((x, y) => x + y, 0)).toBeCloseTo(1, 4);
          expect(shares.every((s) => s >= 0)).toBe(true);
        },
      ),
    );
  });
});
