import { describe, expect, it } from "vitest";
import { createFewValued, isFew, judgeFew, relearnFew } from "./few-valued";

/** Evidence, the largest of a stretch, of values one after another. */
function feed(few: ReturnType<typeof createFewValued>, values: readonly number[]): number {
  return Math.max(...values.map((value) => judgeFew(few, value, true)));
}
const repeat = (n: number, of: (i: number) => number) => Array.from({ length: n }, (_, i) => of(i));
/** Far above what any setting needs: e^14 is the threshold of one false alarm in a million samples. */
const PROOF = 1e6;

describe("a gauge of few values", () => {
  it("proves nothing by one rare value, and much by values that keep coming", () => {
    const few = createFewValued();
    feed(
      few,
      repeat(300, () => 0),
    );
    expect(feed(few, [1])).toBeLessThan(1_000);
    expect(
      feed(
        few,
        repeat(20, () => 0),
      ),
    ).toBeLessThan(1_000);
    expect(
      feed(
        few,
        repeat(6, () => 1),
      ),
    ).toBeGreaterThan(PROOF);
  });

  it("takes a value that is rare but not unheard of as usual", () => {
    const few = createFewValued();
    expect(
      feed(
        few,
        repeat(2_000, (i) => Number(i % 25 === 7)),
      ),
    ).toBeLessThan(1_000);
  });

  it("learns how long values last: a switch that goes on and off for hours is no news", () => {
    const few = createFewValued();
    const alarms: number[] = [];
    for (const [i, value] of repeat(4_000, (n) => Math.floor(n / 40) % 2).entries()) {
      if (judgeFew(few, value, true) < PROOF) continue;
      alarms.push(i);
      relearnFew(few);
    }
    expect(alarms.length).toBeLessThanOrEqual(2);
    expect(alarms.at(-1)).toBeLessThan(200);
  });

  it("is one as long as there are few, and some more once it is known to be of that kind", () => {
    const soon = createFewValued();
    feed(
      soon,
      repeat(8, (i) => i),
    );
    expect(isFew(soon, 7)).toBe(true);
    expect(isFew(soon, 8)).toBe(false);
    const settled = createFewValued();
    feed(
      settled,
      repeat(200, (i) => i % 4),
    );
    expect(isFew(settled, 99)).toBe(true);
    feed(
      settled,
      repeat(28, (i) => 100 + i),
    );
    expect(isFew(settled, 99)).toBe(false);
  });
});
