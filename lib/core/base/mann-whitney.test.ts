import { describe, expect, it } from "vitest";
import { mannWhitney } from "./mann-whitney";

describe("mannWhitney", () => {
  // By hand: U is 20.5 of 25 pairs, its mean 12.5 and, with three ties, its variance 22.5; z = 7.5 / √22.5 = 1.5811, whose tail is .05692.
  it("is the normal approximation with ties and continuity corrected", () => {
    const { delta, p } = mannWhitney([3, 4, 5, 6, 7], [1, 2, 3, 4, 5]);
    expect(delta).toBeCloseTo(0.64, 12);
    expect(p).toBeCloseTo(0.05692, 5);
  });
  it("says nothing of nothing, or of one value throughout", () => {
    expect(mannWhitney([], [1])).toEqual({ delta: 0, p: 1 });
    expect(mannWhitney([2, 2], [2, 2])).toEqual({ delta: 0, p: 1 });
  });
});
