import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isZone } from "../base/time-zone";
import { createWindows, QUARTER_MS, windowAt } from "./windows";

const at = (text: string) => Date.parse(text);
const iso = ({ start, end }: { start: number; end: number }) => [
  new Date(start).toISOString(),
  new Date(end).toISOString(),
];

describe("the window around a moment", () => {
  it.each([
    ["hour", "UTC", "2026-03-01T10:20:30Z", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"],
    ["day", "UTC", "2026-03-01T10:20:30Z", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"],
    ["month", "UTC", "2026-02-28T23:59:59.999Z", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"],
    ["month", "UTC", "2024-02-29T12:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"],
    ["month", "UTC", "2026-12-31T23:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    // Berlin's clocks go forward on 2026-03-29 and back on 2026-10-25: days of 23 and 25 hours.
    ["day", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
    ["day", "Europe/Berlin", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"],
    ["month", "Europe/Berlin", "2026-10-31T23:30:00Z", "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"],
    ["day", "Asia/Kolkata", "2026-03-01T18:29:00Z", "2026-02-28T18:30:00Z", "2026-03-01T18:30:00Z"],
    ["hour", "Asia/Kathmandu", "2026-03-01T00:20:00Z", "2026-03-01T00:15:00Z", "2026-03-01T01:15:00Z"],
    ["day", "America/Los_Angeles", "2026-01-01T05:00:00Z", "2025-12-31T08:00:00Z", "2026-01-01T08:00:00Z"],
    // Beirut's clocks skip midnight: the day begins at one.
    ["day", "Asia/Beirut", "2026-03-29T05:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"],
  ] as const)("%s in %s at %s", (kind, zone, when, start, end) => {
    expect(iso(windowAt(kind, zone, at(when)))).toEqual([at(start), at(end)].map((ms) => new Date(ms).toISOString()));
  });

  it("knows which zones there are", () => {
    expect(["UTC", "Europe/Berlin", "Mars/Olympus", "", "../etc"].map((zone) => isZone(zone))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  const zone = fc.constantFrom(
    "UTC", "Europe/Berlin", "America/New_York", "America/Havana", "America/Santiago", "Asia/Beirut", "Asia/Kolkata",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Africa/Casablanca",
  ); // prettier-ignore
  const kind = fc.constantFrom("hour", "day", "month");
  const moment = fc.integer({ min: at("2005-01-01T00:00:00Z"), max: at("2040-01-01T00:00:00Z") });

  it("holds the moment, begins at a quarter of an hour, and the next one begins where it ends", () => {
    fc.assert(
      fc.property(kind, zone, moment, (k, z, ms) => {
        const window = windowAt(k, z, ms);
        expect(window.start).toBeLessThanOrEqual(ms);
        expect(window.end).toBeGreaterThan(ms);
        expect(window.start % QUARTER_MS).toBe(0);
        expect(windowAt(k, z, window.start)).toEqual(window);
        expect(windowAt(k, z, window.end - 1)).toEqual(window);
        expect(windowAt(k, z, window.end).start).toBe(window.end);
      }),
      { numRuns: 300 },
    );
  });

  it("is the same from memory, in whatever order moments come", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(kind, zone, moment), { maxLength: 20 }), (asked) => {
        const remembered = createWindows();
        for (const [k, z, ms] of asked) expect(remembered(k, z, ms)).toEqual(windowAt(k, z, ms));
      }),
      { numRuns: 50 },
    );
  });
});
