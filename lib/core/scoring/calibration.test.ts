import fc from "fast-check";
import { expect, test } from "vitest";
import { calibration, forecast, reliabilityBins } from "./calibration";
import { calibrated, fitIsotonic, type Forecast } from "../base/isotonic";
import { perfectService } from "./test-trajectories";

const of = (...pairs: [confidence: number, right: 0 | 1][]): Forecast[] =>
  pairs.map(([confidence, right]) => ({ confidence, right: right === 1 }));

const forecasts = fc.array(
  fc.record({ confidence: fc.oneof(fc.constantFrom(0, 0.25, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })), right: fc.boolean() }), // prettier-ignore
  { maxLength: 60 },
);

test("by hand: Brier, skill, bins and their error", () => {
  const made = calibration(of([0.1, 0], [0.2, 0], [0.3, 1], [0.8, 1], [0.9, 1], [1, 0]), 3);
  expect(made.bins).toMatchObject([
    { from: 0.1, to: 0.2, n: 2, accuracy: 0 },
    { from: 0.3, to: 0.8, n: 2, accuracy: 1 },
    { from: 0.9, to: 1, n: 2, accuracy: 0.5 },
  ]);
  expect(made.ece).toBeCloseTo((0.15 + 0.45 + 0.45) / 3, 12);
  expect(made.brier).toBeCloseTo((0.01 + 0.04 + 0.49 + 0.04 + 0.01 + 1) / 6, 12);
  expect(made.skill).toBeCloseTo(1 - made.brier! / 0.25, 12);
});

test("nothing to tell", () => {
  expect(calibration([])).toEqual({ bins: [], ece: null, brier: null, skill: null, baseRate: null, n: 0 });
  expect(calibration(of([0.9, 1], [0.8, 1]))).toMatchObject({ skill: null, baseRate: 1 });
});

test("bins hold every forecast once, equal confidences together, whatever the order", () => {
  fc.assert(
    fc.property(forecasts, fc.integer({ min: 1, max: 9 }), (some, bins) => {
      const parts = reliabilityBins(some, bins);
      expect(parts.length).toBeLessThanOrEqual(bins);
      expect(parts.reduce((sum, { n }) => sum + n, 0)).toBe(some.length);
      for (const [i, part] of parts.slice(1).entries()) expect(part.from).toBeGreaterThan(parts[i]!.to);
      expect(calibration(some.toReversed(), bins).ece ?? 0).toBeCloseTo(calibration(some, bins).ece ?? 0, 9);
    }),
  );
});

test("distinct confidences: bins of equal mass", () => {
  const some = Array.from({ length: 23 }, (_, i) => ({ confidence: i / 23, right: i % 2 === 0 }));
  const sizes = reliabilityBins(some, 5).map(({ n }) => n);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
});

test("pooling adjacent violators, by hand", () => {
  // Shares 0, 1, 0, 1: the middle two are pooled, then each is (right + 1) / (n + 2).
  expect(fitIsotonic(of([0.1, 0], [0.3, 1], [0.5, 0], [0.9, 1]))).toEqual([
    { from: 0.1, value: 1 / 3 },
    { from: 0.3, value: 2 / 4 },
    { from: 0.9, value: 2 / 3 },
  ]);
  // One that was right at the top (2/3) does not fall below nine of nine (10/11): they are pooled as well.
  const nine = Array.from({ length: 9 }, (_, i) => [0.5 + i / 100, 1] as [number, 1]);
  expect(fitIsotonic(of([0.1, 0], ...nine, [0.9, 1]))).toEqual([{ from: 0.1, value: 1 / 3 }, { from: 0.5, value: 11 / 12 }]); // prettier-ignore
});

test("a fit is monotone, inside of 0 and 1, and does not depend on the order", () => {
  fc.assert(
    fc.property(
      forecasts,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (some, a, b) => {
        const fit = fitIsotonic(some);
        expect(fitIsotonic(some.toReversed())).toEqual(fit);
        const [low, high] = [calibrated(fit, Math.min(a, b)), calibrated(fit, Math.max(a, b))];
        expect(low).toBeLessThanOrEqual(high);
        if (some.length > 0) {
          expect(low).toBeGreaterThan(0);
          expect(high).toBeLessThan(1);
        } else expect(low).toBe(Math.min(a, b));
      },
    ),
  );
});

test("on what it was fitted on, a fit errs at most by the rule of succession in each step", () => {
  fc.assert(
    fc.property(forecasts, (some) => {
      const fit = fitIsotonic(some);
      for (const [i, step] of fit.entries()) {
        const its = some.filter(({ confidence }) => confidence >= step.from && confidence < (fit[i + 1]?.from ?? 2));
        const right = its.filter((one) => one.right).length;
        expect(step.value).toBeCloseTo((right + 1) / (its.length + 2), 12);
      }
    }),
  );
});

test("the forecast of an incident is its first cause's; an abstention is right where truth accepts one", () => {
  const { trajectory, truth } = perfectService();
  expect(forecast(trajectory, truth)).toEqual({ confidence: 0.8, right: true });
  trajectory.opened!.causes = [{ node: null, kind: "unknown", statement: "", confidence: 0.2, cites: [] }];
  expect(forecast(trajectory, truth)).toEqual({ confidence: 0.2, right: false });
  truth.causes.acceptable.push({ node: null, kinds: ["unknown"] });
  expect(forecast(trajectory, truth)?.right).toBe(true);
  expect(forecast({ ...trajectory, opened: null }, truth)).toBeNull();
});
