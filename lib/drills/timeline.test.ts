import { describe, expect, it } from "vitest";
import { playedStretches, pointsBetween, type Stretch } from "./timeline";

interface Line extends Stretch {
  points: [number, number][];
}
const act = (operation: string, outcome = "recovered", args = {}) => ({ operation, service: "a", args, outcome });
const UNTOUCHED: Line = { from: 100, act: null, points: [[100, 1], [110, 2], [120, 3]] }; // prettier-ignore
const RESTARTED: Line = { from: 130, act: act("restart", "no_effect"), points: [[130, 4], [140, 5]] }; // prettier-ignore
const ROLLED: Line = { from: 150, act: act("roll-back"), points: [[150, 6], [160, 7]] }; // prettier-ignore
const done = (operation: string, at: number, args = {}) => ({ operation, service: "a", args, at });
const all = [UNTOUCHED, RESTARTED, ROLLED];
const valuesOf = (recording: readonly Line[], acts: ReturnType<typeof done>[]) =>
  pointsBetween(playedStretches(recording, acts), ({ points }) => points, 0, 1_000);

describe("what is measured in a frozen incident", () => {
  it.each<[string, readonly Line[], ReturnType<typeof done>[], [number, number][]]>([
    ["ends where something was done then", all, [], [[100, 1], [110, 2], [120, 3]]],
    ["goes on, moved, after what was done then", [UNTOUCHED, ROLLED], [done("roll-back", 115)], [[100, 1], [110, 2], [115, 6], [125, 7]]],
    ["has a gap where it is done later than then", [UNTOUCHED, ROLLED], [done("roll-back", 200)], [[100, 1], [110, 2], [120, 3], [200, 6], [210, 7]]],
    ["is cut at what was not done then", all, [done("scale-up", 115)], [[100, 1], [110, 2]]],
    ["is cut at what was done then on other terms", all, [done("restart", 115, { replicas: 2 })], [[100, 1], [110, 2]]],
    ["goes on once what was done then is done after something else", [UNTOUCHED, ROLLED], [done("scale-up", 105), done("roll-back", 115)], [[100, 1], [115, 6], [125, 7]]],
    ["needs nothing before it that had had no effect", all, [done("roll-back", 115)], [[100, 1], [110, 2], [115, 6], [125, 7]]],
    ["needs what had changed something before it", [UNTOUCHED, { ...RESTARTED, act: act("restart", "worse") }, ROLLED], [done("roll-back", 115)], [[100, 1], [110, 2]]],
    ["goes on with what had changed something before it", [UNTOUCHED, { ...RESTARTED, act: act("restart", "worse") }, ROLLED], [done("restart", 105), done("roll-back", 115)], [[100, 1], [105, 4], [115, 6], [125, 7]]],
    ["does not repeat what was done once", [UNTOUCHED, ROLLED], [done("roll-back", 105), done("roll-back", 108)], [[100, 1], [105, 6]]],
  ])("%s", (_, recording, acts, points) => {
    expect(valuesOf(recording, acts)).toEqual(points);
  }); // prettier-ignore

  it("is what lies between two moments, both included, and nothing without a recording", () => {
    expect(pointsBetween(playedStretches(all, []), ({ points }) => points, 110, 119)).toEqual([[110, 2]]);
    expect(valuesOf([], [done("restart", 5)])).toEqual([]);
  });
});
