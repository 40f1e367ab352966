import { describe, expect, test } from "vitest";
import { parseLines, PUSHED_LINE_CHARS } from "./logs";

const AT = 1_779_280_201_000;
const good = { service: "shop", line: "ok" };

describe("lines are judged one by one", () => {
  test.each<[what: string, bad: unknown, field: string, reason: RegExp]>([
    ["an empty line", { ...good, line: "" }, "lines[1].line", /is blank/],
    ["a line of blanks", { ...good, line: " \t" }, "lines[1].line", /is blank/],
    ["no line", { service: "shop" }, "lines[1].line", /expected string/],
    ["a line that is an object", { ...good, line: {} }, "lines[1].line", /expected string/],
    ["no service", { line: "x" }, "lines[1].service", /expected string/],
    ["an empty service", { ...good, service: "" }, "lines[1].service", /Too small/],
    ["a service of 201 characters", { ...good, service: "x".repeat(201) }, "lines[1].service", /Too big/],
    ["a time that is none", { ...good, timestamp: "yesterday" }, "lines[1].timestamp", /ISO 8601/],
    ["a time without an offset", { ...good, timestamp: "2026-05-20T12:30:01" }, "lines[1].timestamp", /ISO 8601/],
    ["a date that is none", { ...good, timestamp: "2026-13-45T00:00:00Z" }, "lines[1].timestamp", /ISO 8601/],
    ["a number that is no time", { ...good, timestamp: 35 }, "lines[1].timestamp", /ISO 8601/],
    ["a time that is an object", { ...good, timestamp: {} }, "lines[1].timestamp", /./],
    ["null", null, "lines[1]", /expected object/],
    ["a text", "ok", "lines[1]", /expected object/],
    ["a list", [good], "lines[1]", /expected object/],
  ])("%s is named and the others are kept", (_, bad, field, reason) => {
    const parsed = parseLines([good, bad, good]);
    expect(parsed.good.length).toBe(2);
    expect(parsed.rejected).toContainEqual({ index: 1, field, reason: expect.stringMatching(reason) as string });
    expect(parsed.rejected_lines).toBe(1);
  });

  test("a long line is cut, whole characters only", () => {
    const long = `${"x".repeat(PUSHED_LINE_CHARS - 2)}${"😀".repeat(10)}`;
    const { good: kept, cut } = parseLines([
      { ...good, line: long },
      { ...good, line: "x".repeat(PUSHED_LINE_CHARS) },
    ]);
    expect([cut, kept.map(({ line }) => line.length), kept[0]!.line.isWellFormed()]).toEqual([1, [8_000, 8_000], true]);
  });

  test.each<[unknown, string | null]>([
    [null, null], [undefined, null], ["", null], ["WARN", "warn"], [50, "error"], ["50", "error"], [{}, null], [[], null],
    [true, null], ["x".repeat(21), null], [Number.MAX_VALUE, "fatal"],
  ])("level %j", (level, expected) => expect(parseLines([{ ...good, level }]).good[0]!.level).toBe(expected)); // prettier-ignore

  test.each([
    [AT], [AT / 1_000], [AT * 1_000], [AT * 1e6], [String(AT)], [`${AT / 1_000}.000`],
    ["2026-05-20T12:30:01Z"], ["2026-05-20T12:30:01.000000000Z"], ["2026-05-20 12:30:01.000Z"], ["2026-05-20 15:30:01+03"],
    ["2026-05-20T14:30:01+0200"], ["2026-05-20 12:30:01,000 Z"], ["2026-05-20 12:30:01 +00:00"],
  ])("time %j", (timestamp) => expect(parseLines([{ ...good, timestamp }]).good[0]!.timestamp).toBe(AT)); // prettier-ignore

  test("at most a hundred problems are listed, all are counted", () => {
    const parsed = parseLines(Array.from({ length: 5_000 }, () => ({})));
    expect([parsed.rejected.length, parsed.rejected_lines]).toEqual([100, 5_000]);
  });
});
