import { expect, test } from "vitest";
import { daysOf } from "./tokens";

test.each([
  ["90d", 90],
  ["12w", 84],
  ["1y", 365],
])("%s is %i days", (text, days) => expect(daysOf(text)).toBe(days));

test.each(["", "90", "d", "-1d", "1.5d", "1h", "90d "])("%j is refused", (text) => {
  expect(() => daysOf(text)).toThrow("90d, 12w or 1y");
});
