import { describe, expect, it } from "vitest";
import { parseBundle } from "./bundle";

const read = (json: unknown) => {
  const parsed = parseBundle(json);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.bundle;
};

describe("an incident bundle from a file", () => {
  it("needs no more than a target", () => {
    expect(read({ target: { node: "web", at: 5 } })).toEqual({
      target: { node: "web", at: 5 },
      nodes: [],
      edges: [],
      metrics: [],
      logs: [],
      spans: [],
      changes: [],
      normal: { metrics: [], logs: [], spans: [] },
    });
  });

  it("takes nodes as names or as objects, sorts points, drops what was not measured, and knows a root span", () => {
    const bundle = read({
      target: { node: "web", metric: "latency", direction: "up", at: 5 },
      nodes: ["web", { id: "db", kind: "database" }],
      edges: [["web", "db"]],
      metrics: [
        {
          node: "web",
          metric: "latency",
          unit: "s",
          points: [
            [2, 0.2],
            [1, 0.1],
            [3, null],
          ],
        },
      ],
      spans: [{ t: 1, node: "web", parent: "", operation: "GET /", n: 3, gap_p95_us: null }],
      normal: { spans: [{ t: 0, node: "db", parent: "web", operation: null, n: null, gap_p95_us: -4 }] },
    });
    expect(bundle.nodes).toEqual([{ id: "web" }, { id: "db", kind: "database" }]);
    expect(bundle.metrics[0]).toEqual({
      node: "web",
      metric: "latency",
      unit: "s",
      points: [
        [1, 0.1],
        [2, 0.2],
      ],
    });
    expect(bundle.spans[0]).toEqual({ t: 1, node: "web", operation: "GET /", n: 3 });
    expect(bundle.normal.spans[0]).toEqual({ t: 0, node: "db", parent: "web", gap_p95_us: -4 });
  });

  const wrong: [field: string, json: unknown][] = [
    ["bundle", "text"],
    ["target", {}],
    ["target.at", { target: { node: "web", at: "soon" } }],
    ["target.at", { target: { node: "web", at: 1_700_000_000_000 } }],
    ["target.direction", { target: { node: "web", at: 5, direction: "sideways" } }],
    ["edges[1]", { target: { node: "web", at: 5 }, edges: [["a", "b"], ["a"]] }],
    [
      "metrics[0].points[1][1]",
      {
        target: { node: "web", at: 5 },
        metrics: [
          {
            node: "a",
            metric: "b",
            points: [
              [1, 2],
              [2, "x"],
            ],
          },
        ],
      },
    ],
    ["normal.logs[0].line", { target: { node: "web", at: 5 }, normal: { logs: [{ t: 1, node: "a" }] } }],
    ["changes[0].kind", { target: { node: "web", at: 5 }, changes: [{ t: 1, node: "a", kind: "", summary: "" }] }],
  ];
  it.each(wrong)("names %s", (field, json) => {
    const parsed = parseBundle(json);
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? "" : parsed.error.slice(0, parsed.error.indexOf(": "))).toBe(field);
  });
});
