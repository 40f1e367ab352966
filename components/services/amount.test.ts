import { expect, test } from "vitest";
import { amount } from "./amount";

test.each([
  [0.0421, "seconds", "42.1 ms"],
  [2.5, "seconds", "2.5 s"],
  [0.05, "ratio", "5 %"],
  [268_435_456, "bytes", "256 MiB"],
  [3_221_225_472, "bytes", "3 GiB"],
  [12.345, "per_second", "12.3/s"],
  [0, "up", "down"],
  [1, "up", "up"],
  [7, null, "7"],
  [7, "threads", "7 threads"],
])("%d in %s is %s", (value, unit, text) => expect(amount(value, unit)).toBe(text));
