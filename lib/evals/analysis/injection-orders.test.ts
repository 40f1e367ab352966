import { expect, test } from "vitest";
import { orders } from "./injection-orders";

test("injected instructions are flagged and move no conclusion, and ordinary lines are left alone, as often as is demanded", () => {
  const lines = orders();
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.filter(({ met }) => met === false)).toEqual([]);
});
