import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Series } from "../evidence/bundle";
import { growthEvidence, growthOf } from "./growth";

const MINUTE = 60;
const series = (values: readonly number[], metric = "container_memory_working_set"): Series => ({
  node: "recommender",
  metric,
  points: values.map((value, i): [number, number] => [i * MINUTE, value]),
});
/** A repeatable wobble of about ±1. */
const wobble = (i: number) => Math.sin(i * 12.9898) * Math.cos(i * 78.233);
const hours = (count: number, value: (minute: number) => number) => Array.from({ length: 60 * count }, (_, i) => value(i)); // prettier-ignore
const bundle = (metrics: Series[], normal: Series[] = []) => ({
  target: { node: "recommender", at: 14_400 },
  nodes: [],
  edges: [],
  metrics,
  logs: [],
  spans: [],
  changes: [],
  normal: { metrics: normal, logs: [], spans: [] },
});

describe("growthOf", () => {
  const cases: [name: string, values: number[], grows: boolean][] = [
    ["a level", hours(4, (m) => 1_000 + 20 * wobble(m)), false],
    ["a leak from the start", hours(4, (m) => 1_000 + 8 * m + 20 * wobble(m)), true],
    ["a leak that begins after an hour", hours(4, (m) => 1_000 + 12 * Math.max(0, m - 60) + 20 * wobble(m)), true],
    ["a leak that the collector gives a little back of", hours(4, (m) => 1_000 + 10 * m - 80 * (m % 30 > 25 ? 1 : 0)), true], // prettier-ignore
    ["a step", hours(4, (m) => (m < 230 ? 1_000 : 2_500) + 20 * wobble(m)), false],
    ["a growth that has levelled off", hours(4, (m) => 1_000 + Math.min(900, 15 * m) + 5 * wobble(m)), false],
    ["a day's wave on its way up, small", hours(4, (m) => 1_000 * (1 + 0.1 * Math.sin(m / 160))), false],
    ["a saw tooth", hours(4, (m) => 1_000 + 20 * (m % 40)), false],
    ["ten minutes", Array.from({ length: 10 }, (_, m) => 1_000 + 100 * m), false],
    ["a fall", hours(4, (m) => 3_000 - 8 * m), false],
  ]; // prettier-ignore
  it.each(cases)("%s", (_, values, grows) => {
    expect(growthOf(series(values)) !== null).toBe(grows);
  });

  it("says when it began, within its own resolution", () => {
    const found = growthOf(series(hours(4, (m) => 1_000 + 12 * Math.max(0, m - 60) + 20 * wobble(m))))!;
    expect(Math.abs(found.since - 60 * MINUTE)).toBeLessThanOrEqual(3 * found.within);
    expect(found.from).toBeCloseTo(1_000, -2);
  });

  it("does not depend on the unit that it is measured in", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (scale) => {
        const values = hours(4, (m) => 1_000 + 8 * m + 20 * wobble(m));
        const [one, other] = [growthOf(series(values)), growthOf(series(values.map((value) => value * scale)))];
        expect(other?.since).toBe(one?.since);
        expect(other?.strength).toBeCloseTo(one!.strength, 6);
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe("growthEvidence", () => {
  const leak = hours(4, (m) => 1_000 + 8 * m + 20 * wobble(m));

  it("takes normal time in that came right before", () => {
    const [before, now] = [series(leak.slice(0, 180)), { ...series(leak), points: series(leak).points.slice(180) }];
    const [found] = growthEvidence(bundle([now], [before]));
    expect(found?.growth.since).toBeLessThan(60 * MINUTE);
    expect(found?.affinity.memory_leak).toBeGreaterThan(found?.affinity.resource_exhaustion ?? 0);
  });

  it("does not take requests that grow for a leak", () => {
    expect(growthEvidence(bundle([series(leak, "http_requests_per_second")]))).toEqual([]);
  });
});
