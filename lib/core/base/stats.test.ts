import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { middle, normalTail, tailNats, weyl, wilson, zOfNats } from "./stats";

// Upper tails of the standard normal law, from printed tables (NIST/SEMATECH e-Handbook 1.3.6.7.1; Abramowitz & Stegun 26.2).
const TAILS: [number, number][] = [
  [0, 0.5],
  [0.6745, 0.25],
  [1.2816, 0.1],
  [1.6449, 0.05],
  [2.3263, 0.01],
  [3.0902, 0.001],
  [3.719, 1e-4],
  [4.2649, 1e-5],
  [4.7534, 1e-6],
  [5.1993, 1e-7],
  [5.612, 1e-8],
  [5.9978, 1e-9],
  [-1.96, 0.975],
];

describe("normal tails", () => {
  it.each(TAILS)("1 − Φ(%f) = %f", (z, p) => {
    expect(tailNats(z)).toBeCloseTo(-Math.log(p), 3);
    if (Math.abs(z) < 4) expect(normalTail(z)).toBeCloseTo(p, 4);
  });

  it("goes on where p underflows (ln Q(10) = −53.2313, ln Q(40) = −804.608)", () => {
    expect(tailNats(10)).toBeCloseTo(53.2313, 3);
    expect(tailNats(40)).toBeCloseTo(804.6084, 3);
  });

  it("is inverted by zOfNats", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 30, noNaN: true }), (z) => {
        expect(zOfNats(tailNats(z))).toBeCloseTo(z, 4);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("weyl", () => {
  it("fills (0, 1) evenly: no tenth is off by more than a few in 10,000", () => {
    const counts = Array.from({ length: 10 }, () => 0);
    for (let n = 0; n < 10_000; n++) counts[Math.floor(weyl(n) * 10)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5);
  });
});

describe("middle", () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])("of %j is %d", (values, expected) => expect(middle(values)).toBe(expected));
  it("of nothing is NaN", () => expect(middle([])).toBeNaN());
});

// R: prop.test(x, n, correct = FALSE)$conf.int
describe("interval of a share", () => {
  it.each([
    [0, 10, 0, 0.2775],
    [10, 10, 0.7225, 1],
    [5, 10, 0.2366, 0.7634],
    [25, 30, 0.6644, 0.9266],
    [1, 100, 0.0018, 0.0545],
  ])("%i of %i: %f to %f", (hits, n, low, high) => {
    expect(wilson(hits, n).low).toBeCloseTo(low, 3);
    expect(wilson(hits, n).high).toBeCloseTo(high, 3);
  });
  it("says nothing of nothing", () => expect(wilson(0, 0)).toEqual({ low: 0, high: 1 }));
});
