import { describe, expect, it } from "vitest";
import { random } from "@/lib/evals/detection/generate";
import { absorbRate, betRate, createRate, rateOf } from "./rate";

function learned(p: number, n: number, seed = 1) {
  const uniform = random(seed);
  const lane = createRate();
  for (let i = 0; i < n; i++) absorbRate(lane, uniform() < p);
  return lane;
}

describe("a rate", () => {
  it("is estimated by the posterior mean under Jeffreys' prior, (k + ½)/(n + 1)", () => {
    const lane = createRate();
    for (let i = 0; i < 99; i++) absorbRate(lane, i % 33 === 0);
    expect(rateOf(lane)).toBeCloseTo(3.5 / 100, 10);
  });

  it("is not judged before twenty observations", () => {
    const lane = learned(0, 19);
    expect(betRate(lane, true, null, true)).toBeNull();
    absorbRate(lane, false);
    expect(betRate(lane, true, null, true)).not.toBeNull();
  });

  it.each([0.01, 0.1, 0.5])("grows by at most 1 a sample on average when nothing changed (p = %d)", (p) => {
    let total = 0;
    const runs = 3000;
    const steps = 50;
    for (let run = 0; run < runs; run++) {
      const uniform = random(1000 + run);
      const lane = learned(p, 400, run);
      let last = 0;
      for (let i = 0; i < steps; i++) last = betRate(lane, uniform() < p, null, false) ?? 0;
      total += last;
    }
    expect(total / runs).toBeLessThan(steps * 1.3);
  });

  it.each([
    [0.01, 6],
    [0.1, 10],
  ])("proves 'always' over %d beyond 10⁷ within %d samples", (p, within) => {
    const lane = learned(p, 300);
    let n = 0;
    let total = 0;
    while (total < 1e7) {
      total = betRate(lane, true, null, true) ?? 0;
      n++;
    }
    expect(n).toBeLessThanOrEqual(within);
  });

  it("keeps following a rate that it once underestimated", () => {
    const lane = learned(0, 600);
    const uniform = random(9);
    for (let i = 0; i < 4000; i++) {
      const yes = uniform() < 0.02;
      betRate(lane, yes, null, true);
      absorbRate(lane, yes);
    }
    expect(rateOf(lane)).toBeGreaterThan(0.01);
  });

  it("takes what happens most of the time for no fault", () => {
    const lane = learned(0.97, 300);
    let worst = 0;
    for (let i = 0; i < 200; i++) worst = Math.max(worst, betRate(lane, true, null, true) ?? 0);
    expect(worst).toBe(0);
  });
});
