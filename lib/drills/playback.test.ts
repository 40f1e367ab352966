import { describe, expect, it } from "vitest";
import { type Done, play } from "./playback";

const column = (values: (number | null)[]) => [{ node: "a", metric: "m", values }];
const PLAYBACK = {
  recorded: [{ node: "a", metric: "m", points: [[80, 1], [90, 2], [100, 99]] as [number, number][] }], // prettier-ignore
  after: {
    step: 2,
    untouched: column([10, 11, null, 13]),
    operations: [
      { operation: "roll-back", service: "a", works: true, metrics: column([10, 1, 1, 1]) },
      { operation: "restart", service: "a", works: false, metrics: column([0, 12, 12, 12]) },
    ],
  },
  firedAt: 100,
};
const done = (operation: string, at: number, service = "a"): Done => ({ operation, service, at });

describe("what is measured in a drill", () => {
  it.each<[string, Done[], [number, number], [number, number][]]>([
    ["is the recording until the alert", [], [85, 99], [[90, 2]]],
    ["goes on if nothing is done, a missing value left out", [], [100, 106], [[100, 10], [102, 11], [106, 13]]],
    ["repeats its second half", [], [106, 114], [[106, 13], [110, 13], [114, 13]]],
    ["is what followed the operation that works", [done("roll-back", 105)], [102, 111], [[102, 11], [105, 10], [107, 1], [109, 1], [111, 1]]],
    ["is as ill as before after one that does not", [done("restart", 104)], [104, 108], [[104, 0], [106, 12], [108, 12]]],
    ["stays well whatever is done later", [done("roll-back", 104), done("restart", 106)], [106, 108], [[106, 1], [108, 1]]],
    ["becomes well by what works after what does not", [done("restart", 104), done("roll-back", 106)], [104, 108], [[104, 0], [106, 10], [108, 1]]],
    ["does not change by an operation that was not recorded", [done("reboot", 102), done("roll-back", 102, "b")], [102, 102], [[102, 11]]],
  ])("%s", (_, operations, [from, to], points) => {
    expect(play({ ...PLAYBACK, done: operations }, "a", "m", from, to)).toEqual(points);
  }); // prettier-ignore

  it("is nothing for a series that there is not", () => {
    expect(play({ ...PLAYBACK, done: [] }, "b", "m", 0, 200)).toEqual([]);
  });
});
