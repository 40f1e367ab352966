import fc from "fast-check";
import { expect, it } from "vitest";
import { createIngestGaps, recordArrival, longestGap, recordGap } from "./ingest-gaps";

const arrivingAt = (...times: number[]) => {
  const gaps = createIngestGaps();
  for (const time of times) recordArrival(gaps, time);
  return gaps;
};

it.each<[string, number[], number, number, number]>([
  ["nobody yet: all the time", [], 5_000, 9_000, 4_000],
  ["somebody just now", [8_000, 8_100, 9_000], 8_000, 9_000, 900],
  ["a gap that goes on", [1_000, 1_100], 0, 9_000, 7_900],
  ["one that ended, the longest of three", [1_000, 2_000, 6_000, 7_000, 9_000], 1_000, 9_000, 4_000],
  ["only what of it was since then", [1_000, 6_000, 6_200], 4_000, 6_200, 2_000],
  ["a shorter one after it, once the longer is over", [1_000, 6_000, 8_000], 6_000, 8_000, 2_000],
])("%s", (_, times, since, now, ms) => expect(longestGap(arrivingAt(...times), since, now)).toBe(ms));

it("counts the time in which nobody listened", () => {
  const gaps = createIngestGaps();
  recordGap(gaps, 10_000, 40_000);
  recordArrival(gaps, 40_000);
  expect(longestGap(gaps, 5_000, 40_500)).toBe(30_000);
});

it("gives what looking at every pause gives, and keeps few of them", () => {
  const pauses = fc.array(fc.integer({ min: 250, max: 60_000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(pauses, fc.nat(2_000_000), fc.nat(60_000), (list, from, more) => {
      const times = list.reduce((all, pause) => [...all, all.at(-1)! + pause], [0]);
      const gaps = arrivingAt(...times);
      const last = times.at(-1)!;
      const now = last + more;
      const since = Math.min(from, now);
      const ends = [...times.slice(1), now];
      const longest = Math.max(...ends.map((end, i) => Math.max(0, end - Math.max(times[i]!, since))));
      expect(longestGap(gaps, since, now)).toBe(longest);
      const kept = gaps.past.map(({ from: start, until }) => until - start);
      expect(kept).toEqual(kept.toSorted((a, b) => b - a));
    }),
  );
});
