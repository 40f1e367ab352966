import { expect, test } from "vitest";
import { agreement } from "./agreement";

type YesNo = "yes" | "no";
const pairs = (counts: [YesNo, YesNo, number][]) =>
  counts.flatMap(([a, b, n]) => Array.from({ length: n }, () => [a, b] as const));

test("a worked example: 20, 5, 10 and 15 of 50 give .4", () => {
  const found = agreement(pairs([["yes", "yes", 20], ["yes", "no", 5], ["no", "yes", 10], ["no", "no", 15]])); // prettier-ignore
  expect(found).toMatchObject({
    n: 50,
    bothYes: 20,
    firstOnly: 5,
    secondOnly: 10,
    bothNo: 15,
    agreed: 0.7,
    note: null,
  });
  expect(found.kappa).toBeCloseTo(0.4, 12);
});

test("the same share of agreement can be less than chance gives", () => {
  const found = agreement(pairs([["yes", "yes", 8], ["yes", "no", 1], ["no", "yes", 1]])); // prettier-ignore
  expect(found.agreed).toBe(0.8);
  expect(found.kappa).toBeCloseTo(-1 / 9, 12);
});

test.each([
  [
    "all the same, both answers given",
    [
      ["yes", "yes", 3],
      ["no", "no", 2],
    ],
    1,
    1,
    null,
  ],
  [
    "always the opposite, both answers given",
    [
      ["yes", "no", 2],
      ["no", "yes", 2],
    ],
    0,
    -1,
    null,
  ],
  [
    "one is constant",
    [
      ["yes", "yes", 7],
      ["no", "yes", 3],
    ],
    0.7,
    0,
    /one always/,
  ],
  ["both are constant and alike", [["yes", "yes", 4]], 1, null, /both always/],
  ["both are constant and differ", [["yes", "no", 4]], 0, 0, /each always/],
  ["nothing was answered by both", [], null, null, /no question/],
] as [string, [YesNo, YesNo, number][], number | null, number | null, RegExp | null][])(
  "%s",
  (_, counts, agreed, kappa, note) => {
    const found = agreement(pairs(counts));
    expect(found).toMatchObject({ agreed, kappa });
    if (note === null) expect(found.note).toBeNull();
    else expect(found.note).toMatch(note);
  },
);
