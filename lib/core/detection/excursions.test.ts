import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Excursions, isNews, MONTH_MS } from "./excursions";

const HOUR = 3_600_000;
const RULE = { quietMs: 3 * HOUR, usual: 3 };
const fresh = (): Excursions => ({ at: null, height: 0, past: [] });
const told = (events: readonly [hour: number, height: number][], e = fresh()) =>
  events.map(([hour, height]) => isNews(e, height, hour * HOUR, RULE));

describe("an excursion", () => {
  it.each<[string, [number, number][], boolean[]]>([
    ["the first is news", [[0, 10]], [true]],
    [
      "one that goes on is told once",
      [
        [0, 10],
        [1, 11],
        [2, 9],
      ],
      [true, false, false],
    ],
    [
      "one that gets much worse is told again",
      [
        [0, 10],
        [1, 16],
        [2, 17],
      ],
      [true, true, false],
    ],
    [
      "one after it is news",
      [
        [0, 10],
        [4, 10],
      ],
      [true, true],
    ],
    [
      "one as high as three before it is not",
      [
        [0, 10],
        [24, 10],
        [48, 10],
        [72, 10],
      ],
      [true, true, true, false],
    ],
    [
      "a higher one than those still is",
      [
        [0, 10],
        [24, 10],
        [48, 10],
        [72, 10],
        [96, 11],
      ],
      [true, true, true, false, true],
    ],
    [
      "what was a month ago is forgotten",
      [
        [0, 10],
        [24, 10],
        [48, 10],
        [24 * 40, 10],
      ],
      [true, true, true, true],
    ],
  ])("%s", (_, events, expected) => expect(told(events)).toEqual(expected));

  it("of one height is told at most so often a month, and little is remembered", () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(gaps, (hours) => {
        const e = fresh();
        const at: number[] = [];
        let now = 0;
        for (const hour of hours) {
          now += hour * HOUR;
          if (isNews(e, 10, now, RULE)) at.push(now);
        }
        for (const from of at)
          expect(at.filter((t) => t >= from && t < from + MONTH_MS).length).toBeLessThanOrEqual(RULE.usual + 1);
        expect(e.past.length).toBeLessThanOrEqual(64);
      }),
    );
  });
});
