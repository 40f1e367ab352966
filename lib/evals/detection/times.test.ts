import { describe, expect, it } from "vitest";
import { dateOrderOf, isSerial, parseTime, PLAIN_TIMES } from "./times";

const iso = (text: string, format: Partial<typeof PLAIN_TIMES> = {}) => {
  const at = parseTime(text, { ...PLAIN_TIMES, ...format });
  return typeof at === "number" ? new Date(at).toISOString() : at;
};
const MIDNIGHT = "2026-03-02T00:00:00.000Z";

describe("a time", () => {
  it.each([
    ["2026-03-02T00:00:00Z"],
    ["2026-03-02T00:00:00.000000000Z"],
    ["2026-03-02"],
    ["2026-03-02 00:00:00"],
    ["2026/03/02 00:00"],
    ["2026-03-02 00:00:00+00"],
    ["2026-03-01 19:00:00-05"],
    ["2026-03-02 05:30:00+05:30"],
    ["2026-03-02 00:00:00.000 +0000"],
    ["2026-03-02 00:00:00 UTC"],
    ["2026-03-02 00:00:00.000000 UTC"],
    ["2026-03-02 00:00:00 +0000 UTC"],
    ["2026-03-02T01:00:00+01:00[Europe/Berlin]"],
    ["20260302T000000Z"],
    ["20260302000000"],
    ["20260302"],
    ["1772409600"],
    ["1772409600.0"],
    ["1.7724096E9"],
    ["1772409600000"],
    ["1772409600000000"],
    ["1772409600000000000"],
    ["2.3.2026"],
    ["02.03.2026 00:00:00"],
    ["2 Mar 2026 00:00:00"],
    ["02-Mar-2026"],
    ["02/Mar/2026:00:00:00 +0000"],
    ["Mon, 02 Mar 2026 00:00:00 GMT"],
    ["March 2, 2026"],
    ["Mar 2, 2026, 12:00:00 AM"],
    ["Mon Mar  2 00:00:00 2026"],
  ])("%s", (text) => expect(iso(text)).toBe(MIDNIGHT));

  it.each([
    ["02/03/2026", "day first", MIDNIGHT],
    ["03/02/2026 12:00 AM", "month first", MIDNIGHT],
    ["02/03/2026", null, "ambiguous"],
    ["03/03/2026", null, "2026-03-03T00:00:00.000Z"],
    ["28/02/2026", null, "2026-02-28T00:00:00.000Z"],
    ["28/02/2026", "month first", null],
    ["2/28/26 1:05 pm", null, "2026-02-28T13:05:00.000Z"],
  ] as const)("%s, %s: %s", (text, dates, expected) => expect(iso(text, { dates })).toBe(expected));

  it.each([
    ["46083", MIDNIGHT],
    ["46083.000694", "2026-03-02T00:01:00.000Z"],
  ])("%s, counted in days", (text, expected) => {
    expect(isSerial(text)).toBe(true);
    expect(iso(text, { serial: true })).toBe(expected);
  });

  it.each([
    [""],
    ["noon"],
    ["true"],
    ["12:30:00"],
    ["2026-02-30"],
    ["2026-03-02 25:00:00"],
    ["2026-13-01"],
    ["1e99"],
    ["9".repeat(400)],
    ["2026-03-02 00:00:00 XYZQ"],
  ])("%j is none", (text) => expect(iso(text)).toBeNull());
});

it("says its order by itself where it can", () => {
  expect(["13/02/2026", "02/13/2026", "02/03/2026", "1.2.2026", "2026-03-02"].map(dateOrderOf)).toEqual([
    "day first",
    "month first",
    null,
    "day first",
    null,
  ]);
});
