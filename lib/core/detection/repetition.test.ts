import { describe, expect, it } from "vitest";
import { random } from "@/lib/evals/detection/generate";
import { createTrail, stuckSoFar } from "./repetition";

const trail = (steps: number, repeats: number) => {
  const t = createTrail();
  t.steps.result = steps;
  t.repeats.result = repeats;
  return t;
};

describe("the evidence of a whole run", () => {
  it("is the mean likelihood ratio of its shares of repeats", () => {
    // One repeat at 5 %: (0.3 + 0.5 + 0.7 + 0.9) / 4 / 0.05.
    expect(stuckSoFar(trail(1, 1), "result", 0.05)).toBeCloseTo(12);
    expect(stuckSoFar(trail(0, 0), "result", 0.05)).toBe(1);
  });

  it("survives something new between the rounds, and is none for a usual share", () => {
    expect(stuckSoFar(trail(40, 20), "result", 0.05)).toBeGreaterThan(1e12 - 1);
    expect(stuckSoFar(trail(400, 40), "result", 0.05)).toBeLessThan(1);
    expect(stuckSoFar(trail(40, 20), "result", 0.5)).toBeLessThan(2);
  });

  it("exceeds A in at most one healthy run in A, whenever it is looked at", () => {
    const uniform = random(3);
    let crossed = 0;
    for (let run = 0; run < 4000; run++) {
      const t = trail(0, 0);
      let highest = 0;
      for (let i = 0; i < 60; i++) {
        t.steps.result++;
        if (uniform() < 0.1) t.repeats.result++;
        highest = Math.max(highest, stuckSoFar(t, "result", 0.1));
      }
      if (highest >= 20) crossed++;
    }
    expect(crossed).toBeGreaterThan(0);
    expect(crossed / 4000).toBeLessThan(1 / 20);
  });
});
