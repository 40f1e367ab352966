import { expect, it } from "vitest";
import { groupingAccuracy } from "./templates";

it.each([
  ["the same groups under other names", [3, 3, 8], ["a", "a", "b"], 1],
  ["a group split: none of its lines count", [0, 1, 2], ["a", "a", "b"], 1 / 3],
  ["two groups joined: neither counts", [0, 0, 1, 1], ["a", "b", "c", "c"], 1 / 2],
  ["all in one", [0, 0, 0], ["a", "b", "c"], 0],
])("%s", (_, found, events, accuracy) => expect(groupingAccuracy(found, events)).toBeCloseTo(accuracy, 12));
