import { describe, expect, it } from "vitest";
import { STRESSES } from "./template-stress";
import { grouping } from "./templates";

describe("grouping", () => {
  it.each([
    ["the same groups under other names", [3, 3, 8], ["a", "a", "b"], 1, 1],
    ["a group split: none of its lines count", [0, 1, 2], ["a", "a", "b"], 1 / 3, 2 / 5],
    ["two groups joined: neither counts", [0, 0, 1, 1], ["a", "b", "c", "c"], 1 / 2, 2 / 5],
    ["all in one", [0, 0, 0], ["a", "b", "c"], 0, 0],
  ])("%s", (_, found, events, accuracy, f1) => {
    expect(grouping(found, events).accuracy).toBeCloseTo(accuracy, 12);
    expect(grouping(found, events).f1).toBeCloseTo(f1, 12);
  });
});

describe("stresses", () => {
  const told = Array.from({ length: 30 }, (_, i) => ({
    content: `login of user u${i} took ${i} ms`,
    event: "E1",
    template: "login of user <*> took <*> ms",
  }));
  const [renamed, rare, digits] = STRESSES.map(({ change }) => change(told, 7).map(({ content }) => content));

  it("rename words and no numbers or units", () => {
    expect(renamed![3]).toMatch(/^\w{5} \w\w \w{4} \w3 \w{4} 3 ms$/);
    expect(renamed![3]).not.toContain("login");
  });
  it("change one line of a frequent event", () =>
    expect(rare!.filter((line, i) => line !== told[i]!.content)).toHaveLength(1));
  it("give the same word the same digit in all lines", () =>
    expect(new Set(digits!.map((line) => line.replace(/u\d+|(?<= )\d+/g, "#"))).size).toBe(1));
});
