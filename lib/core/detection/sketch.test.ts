import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normals, random } from "@/lib/evals/detection/generate";
import { createSketch, FIRST, GRID_Z, learn, MEMORY, reading, scoreOf, type Sketch, valueAt } from "./sketch";

const GAP = 0.01;

function filled(draw: () => number, n: number): Sketch {
  const s = createSketch();
  for (let i = 0; i < n; i++) learn(s, draw(), GAP);
  return s;
}

describe("a sketch of what is normal", () => {
  it("finds the quantiles of a normal law", () => {
    const normal = normals(random(1));
    const s = filled(() => 5 + 2 * normal(), 20_000);
    GRID_Z.forEach((z, i) => expect(Math.abs(s.q[i]! - (5 + 2 * z))).toBeLessThan(0.35));
    expect(s.q[4]).toBeCloseTo(5, 1);
    expect(scoreOf(s, 8)).toBeCloseTo(1.5, 1);
  });

  it("makes normal scores of an exponential law, far tail included: p = e⁻¹² is z = 4.37", () => {
    const uniform = random(2);
    const s = filled(() => -Math.log(1 - uniform()), 20_000);
    for (const [y, z] of [
      [Math.LN2, 0],
      [2.3026, 1.2816],
      [4.6052, 2.3263],
    ] as const) {
      expect(Math.abs(scoreOf(s, y) - z)).toBeLessThan(0.12);
    }
    expect(Math.abs(scoreOf(s, 12) - 4.37)).toBeLessThan(0.5);
  });

  it("is not moved by a wild value more than by a large one", () => {
    const base = filled(normals(random(3)), 300);
    const large = structuredClone(base);
    const wild = structuredClone(base);
    learn(large, 4, GAP);
    learn(wild, 1e9, GAP);
    expect(wild.q).toEqual(large.q);
  });

  it("cannot be read before twenty values, and forgets at its memory", () => {
    const s = createSketch();
    for (let i = 0; i < 19; i++) learn(s, i, GAP);
    expect(reading(s, GAP)).toBeNull();
    learn(s, 19, GAP);
    expect(reading(s, GAP)?.n).toBe(20);
    expect(s.q).toEqual([]);
    for (let i = 20; i < FIRST; i++) learn(s, i, GAP);
    expect(s.first).toEqual([]);
    const normal = normals(random(4));
    for (let i = 0; i < 6000; i++) learn(s, normal(), GAP);
    expect(s.n).toBe(MEMORY);
  });

  it("keeps its quantiles ascending and its scores monotone, whatever comes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: FIRST, maxLength: 200 }),
        (values) => {
          const s = createSketch();
          for (const v of values) learn(s, v, GAP);
          for (let i = 1; i < s.q.length; i++) expect(s.q[i]!).toBeGreaterThan(s.q[i - 1]!);
          const probes = [...values].sort((a, b) => a - b).map((v) => scoreOf(s, v));
          for (let i = 1; i < probes.length; i++) expect(probes[i]!).toBeGreaterThanOrEqual(probes[i - 1]! - 1e-9);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("reads a value back from its score", () => {
    const s = filled(normals(random(5)), 500);
    for (const z of [-2.6, -1, 0, 0.4, 2.2]) expect(scoreOf(s, valueAt(s, z))).toBeCloseTo(z, 6);
  });

  it("takes a range into account: as far as once before is one in n, not a miracle", () => {
    const normal = normals(random(6));
    const s: Sketch = { ...createSketch(), range: [] };
    for (let i = 0; i < 1000; i++) learn(s, normal(), GAP);
    const before = scoreOf(s, 40);
    learn(s, 40, GAP);
    expect(before).toBeGreaterThan(6);
    expect(scoreOf(s, 40)).toBeLessThan(3.5);
  });
});
