import fc from "fast-check";
import { expect, test } from "vitest";
import { fuse } from "./fusion";

const ranking = (...items: string[]) => new Map(items.map((item, i) => [item, -i]));

test("the sum of reciprocal places, scaled to 1 for the first of all", () => {
  const fused = fuse([ranking("a", "b", "c"), ranking("b", "c"), new Map()]);
  // 61/2 · (1/61), 61/2 · (1/62 + 1/61), 61/2 · (1/63 + 1/62)
  expect(fused.get("a")).toBeCloseTo(0.5, 10);
  expect(fused.get("b")).toBeCloseTo(0.991935, 6);
  expect(fused.get("c")).toBeCloseTo(0.976062, 6);
  expect([...fuse([ranking("a"), ranking("a")])]).toEqual([["a", 1]]);
  expect(fuse([]).size).toBe(0);
});

test("equals share the better place", () => {
  const fused = fuse([new Map([["a", 5], ["b", 5], ["c", 1]])]); // prettier-ignore
  expect(fused.get("a")).toBe(1);
  expect(fused.get("b")).toBe(1);
  expect(fused.get("c")).toBeCloseTo(61 / 63, 10);
});

test("what no ranking puts behind another is not behind it", () => {
  const scores = fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 0, max: 3 })), {
    selector: ([item]) => item,
  });
  fc.assert(
    fc.property(fc.array(scores, { maxLength: 4 }), (lists) => {
      const rankings = lists.map((list) => new Map<string, number>(list));
      const fused = fuse(rankings);
      for (const a of fused.keys())
        for (const b of fused.keys())
          if (rankings.every((one) => (one.get(a) ?? -1) >= (one.get(b) ?? -1)))
            expect(fused.get(a)).toBeGreaterThanOrEqual(fused.get(b)! - 1e-12);
    }),
  );
});
