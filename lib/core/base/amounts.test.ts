import { expect, test } from "vitest";
import { amount, limitText, measure, withRoundedNumbers } from "./amounts";

test.each([
  [0, "0"],
  [0.01234, "0.0123"],
  [8.25, "8.25"],
  [-8.256, "-8.26"],
  [1_233.4, "1,233"],
  [48_119, "48.1K"],
  [0.00001234, "1.2e-5"],
  [5e-7, "5e-7"],
  [Number.MIN_VALUE, "4.9e-324"],
  [Infinity, "∞"],
])("%d is measured as %s", (value, text) => expect(measure(value)).toBe(text));

test.each([
  [0.0421, "seconds", "42.1 ms"],
  [2.5, "seconds", "2.5 s"],
  [4.4399999999999995, "seconds", "4.44 s"],
  [0.05, "ratio", "5 %"],
  [268_435_456, "bytes", "256 MiB"],
  [3_221_225_472, "bytes", "3 GiB"],
  [12.345, "per_second", "12.3/s"],
  [1, "cores", "1 core"],
  [0.5, "cores", "0.5 cores"],
  [0, "up", "down"],
  [0.75, "up", "75 % up"],
  [1, "up", "up"],
  [7, null, "7"],
  [7, "threads", "7 threads"],
])("%d in %s is %s", (value, unit, text) => expect(amount(value, unit)).toBe(text));

test.each([
  [0.5, null, "cores", "at most 0.5 cores"],
  [null, 3, null, "at least 3"],
  [null, Number.MIN_VALUE, null, "above 0"],
  [null, 1, "up", "all instances up"],
  [null, null, "cores", null],
])("a limit of %s and %s in %s is %s", (upper, lower, unit, text) => expect(limitText(upper, lower, unit)).toBe(text));

test.each([
  ["takes more than 4.4399999999999995 s", "takes more than 4.44 s"],
  ["a share of 0.066666666666666666 of", "a share of 0.0667 of"],
  ["holds 1.3421772800000001e+08 bytes", "holds 134.2M bytes"],
  ["went from -0.30000000000000004 to 12.5", "went from -0.3 to 12.5"],
  [
    "version 1.20261127 and v2.1234567890.1, id abc0.12345678901",
    "version 1.20261127 and v2.1234567890.1, id abc0.12345678901",
  ],
  ["at 12.345", "at 12.345"],
])("%s", (text, rounded) => expect(withRoundedNumbers(text)).toBe(rounded));
