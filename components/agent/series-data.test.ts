import { describe, expect, test } from "vitest";
import { axisTop, heldStretches, labelled, withGaps } from "./series-data";

const point = (at: number, value: number) => ({ at, value, min: value, max: value, low: null, high: null });

describe("withGaps", () => {
  test("draws a hole where the agent was silent, and never a zero", () => {
    const drawn = withGaps([point(0, 5), point(1_000, 6), point(2_000, 7), point(60_000, 8)]);
    expect(drawn.map(({ at, value }) => [at, value])).toEqual([
      [0, 5],
      [1_000, 6],
      [2_000, 7],
      [2_001, null],
      [60_000, 8],
    ]);
  });
  test("keeps a band only where both of its ends are known", () => {
    const [first, second] = withGaps([
      { ...point(0, 5), low: 1, high: 9 },
      { ...point(1, 5), low: 1 },
    ]);
    expect(first?.band).toEqual([1, 9]);
    expect(second?.band).toBeNull();
  });
  test("of nothing is nothing", () => expect(withGaps([])).toEqual([]));
});

test.each([
  [0, 1],
  [0.034, 0.04],
  [1, 1],
  [1_233, 1_500],
  [8_100, 10_000],
])("an axis up to %d ends at %d", (highest, top) => expect(axisTop(highest)).toBeCloseTo(top, 10));

describe("heldStretches", () => {
  const directives = [
    { version: 3, status: "quarantined", created_at: 400 },
    { version: 1, status: "quarantined", created_at: 50 },
    { version: 2, status: "run", created_at: 200 },
  ];
  test("from each hold to what came after it, cut to what is shown", () => {
    expect(heldStretches(directives, 100, 1_000)).toEqual([
      { from: 100, to: 200 },
      { from: 400, to: 1_000 },
    ]);
  });
  test("a hold that ended before the window is not in it", () => {
    expect(heldStretches(directives, 250, 390)).toEqual([]);
  });
});

test("labelled leaves out what would be written over another", () => {
  expect([...labelled([5, 0, 3, 12, 14], (at) => at, 5)]).toEqual([0, 5, 12]);
});
