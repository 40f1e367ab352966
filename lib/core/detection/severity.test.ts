import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { containVerdict, severityOf } from "./severity";
import { ANOMALY_TYPES } from "../base/vocabulary";

describe("severity", () => {
  // The table of the doc comment.
  it.each([
    [1, 2, 5],
    [1, 10, 7.3],
    [1.25, 100, 10],
    [0.5, 1, 2],
    [1, 1.5, 4.6],
    [1, 0.25, 6],
    [2, 1e9, 10],
  ])("evidence %d, effect %d: %d", (share, effect, expected) =>
    expect(severityOf(share, effect)).toBeCloseTo(expected, 5),
  );

  it("is 0 to 10 with one decimal, and never falls as either grows", () => {
    const positive = fc.double({ min: 0.01, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(positive, positive, (share, effect) => {
        const severity = severityOf(share, effect);
        expect(severity).toBeGreaterThanOrEqual(0);
        expect(severity).toBeLessThanOrEqual(10);
        expect(Math.round(severity * 10) / 10).toBe(severity);
        expect(severityOf(share * 2, effect)).toBeGreaterThanOrEqual(severity);
        if (effect >= 1) expect(severityOf(share, effect * 2)).toBeGreaterThanOrEqual(severity);
      }),
    );
  });

  it("asks the fleet only about what can come from outside", () => {
    const suspected = ANOMALY_TYPES.filter((type) => containVerdict(type) === "suspect");
    expect(suspected).toEqual(["latency_spike", "high_retry_rate", "error_rate_spike"]);
  });
});
