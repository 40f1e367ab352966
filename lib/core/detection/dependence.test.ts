import { describe, expect, it } from "vitest";
import { normals, random } from "@/lib/evals/detection/generate";
import {
  correlation,
  createDependence,
  type PriorScores,
  addToRun,
  noteDependence,
  weightOf,
  effectiveSamples,
} from "./dependence";
import { bet, createLane } from "./lane";

describe("dependence", () => {
  it("weights prior scores as the best linear predictor: nρ/(1 + (n − 1)ρ)", () => {
    expect(weightOf({ n: 1, sum: 0 }, 0.6)).toBeCloseTo(0.6);
    expect(weightOf({ n: 4, sum: 0 }, 0.5)).toBeCloseTo(0.8);
    expect(weightOf({ n: 1000, sum: 0 }, 0.5)).toBeCloseTo(0.999, 3);
  });

  it("finds the correlation within runs, and none where there is none", () => {
    const normal = normals(random(1));
    const alike = createDependence();
    const apart = createDependence();
    for (let run = 0; run < 400; run++) {
      const own = normal();
      const a: PriorScores = { n: 0, sum: 0 };
      const b: PriorScores = { n: 0, sum: 0 };
      for (let i = 0; i < 5; i++) {
        const z = Math.sqrt(0.6) * own + Math.sqrt(0.4) * normal();
        noteDependence(alike, z, a);
        addToRun(a, z);
        const free = normal();
        noteDependence(apart, free, b);
        addToRun(b, free);
      }
    }
    expect(correlation(alike)).toBeGreaterThan(0.4);
    expect(correlation(alike)).toBeLessThan(0.7);
    expect(correlation(apart)).toBeLessThan(0.05);
    expect(effectiveSamples(alike, 2000)).toBeLessThan(1000);
    expect(effectiveSamples(apart, 2000)).toBeGreaterThan(1700);
  });

  it("keeps odd runs from looking like a sick agent", () => {
    const alarms = (asRuns: boolean) => {
      const normal = normals(random(2));
      let crossed = 0;
      for (let agent = 0; agent < 30; agent++) {
        const lane = createLane("up");
        for (let run = 0; run < 150; run++) {
          const own = normal();
          const before: PriorScores | null = asRuns ? { n: 0, sum: 0 } : null;
          for (let i = 0; i < 12; i++) {
            const z = Math.sqrt(0.7) * own + Math.sqrt(0.3) * normal();
            if (bet(lane, { z, up: z, down: z }, "up", before, true) > 1e5) {
              crossed++;
              lane.r.fill(0);
            }
          }
        }
      }
      return crossed;
    };
    // 54,000 samples at a level of 100,000.
    expect(alarms(true)).toBeLessThanOrEqual(3);
    expect(alarms(false)).toBeGreaterThan(3 * alarms(true));
    expect(alarms(false)).toBeGreaterThan(5);
  });
});
