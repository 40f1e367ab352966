import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normals, random } from "@/lib/evals/detection/generate";
import { gaugeNats } from "./gauge-tail";
import { createSketch, GRID_Z, learn, reading } from "./sketch";

/** Quantiles of an exponential law with mean 1 at the sketch's grid (normal tail probabilities). */
const EXPONENTIAL = [0.995_34, 0.971_28, 0.894_35, 0.725_75, 0.5, 0.274_25, 0.105_65, 0.028_72, 0.004_66].map(
  (p) => -Math.log(p),
);

describe("nats of a gauge", () => {
  it("are those of the tail where it is exponential, at any size", () => {
    const body = (0.8 * 1.554 + 0.2 * (Math.LN2 - EXPONENTIAL[2]!)) / 1.554;
    for (const y of [3, 5, 9])
      for (const n of [100, 900])
        expect(gaugeNats({ q: EXPONENTIAL, n }, y)).toBeCloseTo(Math.LN2 + (y - Math.LN2) / body, 2);
  });

  it("believe a flatter tail only where there are many values", () => {
    const heavy = GRID_Z.map((z) => Math.sign(z) * (Math.abs(z) <= 1.25 ? Math.abs(z) : Math.abs(z) ** 4));
    const [few, many] = [900, 4_000].map((n) => gaugeNats({ q: heavy, n }, 30));
    expect(few).toBeGreaterThan(1.5 * many!);
  });

  it("grow with the distance, on both sides, and stay finite", () => {
    const far = fc.double({ min: 0, max: 1e150, noNaN: true });
    fc.assert(
      fc.property(far, far, fc.boolean(), (a, b, correlated) => {
        const of = (y: number) => gaugeNats({ q: GRID_Z, n: 2_000 }, y, correlated);
        const [near, away] = a < b ? [a, b] : [b, a];
        expect(of(away)).toBeGreaterThanOrEqual(of(near));
        expect(of(-away)).toBeCloseTo(of(away), 6);
        expect(Number.isFinite(of(away))).toBe(true);
      }),
    );
    expect(Number.isFinite(gaugeNats({ q: GRID_Z.map((z) => z * Number.MIN_VALUE), n: 50 }, 1))).toBe(true);
  });

  it("are hardly moved by a tenth of faults among the values", () => {
    const scored = [0, 10].map((every) => {
      const sketch = createSketch();
      const normal = normals(random(5));
      for (let i = 0; i < 700; i++) learn(sketch, every > 0 && i % every === every - 1 ? 50 : normal(), 0.01);
      return gaugeNats(reading(sketch, 0.01)!, 10);
    });
    expect(scored[1]).toBeGreaterThan(scored[0]! / 3);
  });
});
