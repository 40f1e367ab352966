import { expect, test } from "vitest";
import { failed, RESET_AFTER_MS, type Guesses, LONGEST_WAIT_MS, waitMs } from "./guesses";

const after = (failures: number): Guesses => ({ failures, lastAt: 1_000 });

test.each([
  [0, 0],
  [4, 0],
  [5, 2_000],
  [6, 4_000],
  [9, 32_000],
  [14, LONGEST_WAIT_MS],
  [1e9, LONGEST_WAIT_MS],
])("after %i failures the next attempt waits %i ms", (failures, wait) => {
  expect(waitMs(after(failures), 1_000)).toBe(wait);
});

test("the wait runs down, and is over", () => {
  expect(waitMs(after(5), 2_500)).toBe(500);
  expect(waitMs(after(5), 3_000)).toBe(0);
  expect(waitMs(after(50), 1_000 + RESET_AFTER_MS)).toBe(0);
});

test("failures add up until they are forgotten", () => {
  expect(failed(undefined, 5)).toEqual({ failures: 1, lastAt: 5 });
  expect(failed(after(3), 2_000)).toEqual({ failures: 4, lastAt: 2_000 });
  expect(failed(after(3), 1_000 + RESET_AFTER_MS)).toEqual({ failures: 1, lastAt: 1_000 + RESET_AFTER_MS });
});
