import { expect, test } from "vitest";
import { age, duration, percent, sentence } from "./format";

test.each([
  [-5, "0 s"],
  [0, "0 ms"],
  [850, "850 ms"],
  [4_240, "4.2 s"],
  [59_900, "59 s"],
  [60_000, "1 m"],
  [200_000, "3 m 20 s"],
  [7_500_000, "2 h 5 m"],
  [273_600_000, "3 d 4 h"],
])("%d ms lasts %s", (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [500, "now"],
  [12_000, "12 s"],
  [3_599_000, "59 m"],
  [90_000_000, "1 d"],
])("an age of %d ms is %s", (ms, text) => expect(age(ms)).toBe(text));

test("shares are whole percents", () => expect(percent(0.666)).toBe("67 %"));

test.each([
  ["severity 8 is above", "Severity 8 is above."],
  ["Done..", "Done."],
  ["  ", ""],
])("%j becomes %j", (text, result) => expect(sentence(text)).toBe(result));
