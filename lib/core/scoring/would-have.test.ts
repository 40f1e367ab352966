import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACT_PRECISION, holdDecision, wouldHavePrecision } from "./would-have";

describe("which hold a verdict is about", () => {
  it.each([
    ["agent", "observe", null, "would_hold"],
    ["agent", "recommend", null, "would_hold"],
    ["agent", "observe", 5, "would_hold"],
    ["agent", "act", 5, "hold"],
    ["agent", "act", null, "no_hold"],
    ["external", "observe", null, "no_hold"],
  ] as const)("%s in %s, contained at %s: %s", (kind, mode, containedAt, decision) =>
    expect(holdDecision({ kind, mode, containedAt })).toBe(decision),
  );
});

describe("precision of would-have holds", () => {
  it("says nothing without labels", () => {
    expect(wouldHavePrecision({ right: 0, wrong: 0, unlabelled: 3 })).toEqual({
      right: 0,
      wrong: 0,
      unlabelled: 3,
      precision: null,
      ready: false,
      needed: 16,
    });
  });

  // Lower Wilson bound of n of n is n / (n + 3.8415): 0.796 at 15, 0.806 at 16; of 24 of 25 it is 0.805, of 23 of 24 0.798.
  it.each([
    [15, 0, false, 1],
    [16, 0, true, 0],
    [16, 1, false, 8],
    [24, 1, true, 0],
    [0, 1, false, 24],
  ])("%i right and %i wrong: ready %s, %i more needed", (right, wrong, ready, needed) =>
    expect(wouldHavePrecision({ right, wrong, unlabelled: 0 })).toMatchObject({ ready, needed }),
  );

  it("is offered exactly where the lower end is high enough, and what it says is needed is", () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(30), (right, wrong) => {
        const { precision, ready, needed } = wouldHavePrecision({ right, wrong, unlabelled: 0 });
        expect(ready).toBe(precision !== null && precision.low >= ACT_PRECISION);
        expect(wouldHavePrecision({ right: right + needed, wrong, unlabelled: 0 }).ready).toBe(true);
        if (needed > 0)
          expect(wouldHavePrecision({ right: right + needed - 1, wrong, unlabelled: 0 }).ready).toBe(false);
      }),
      { seed: 20261128 },
    );
  });
});
