import { describe, expect, it } from "vitest";
import { type ActHours, type ActLimits, hoursText, isWithin, limitsText, modeAt, whyLimited } from "./act-hours";

const at = (text: string) => Date.parse(text);
const office: ActHours = {
  days: ["mon", "tue", "wed", "thu", "fri"],
  from: "09:00",
  until: "18:00",
  time_zone: "Europe/Berlin",
};
const night: ActHours = { days: ["fri"], from: "22:00", until: "06:00", time_zone: "Europe/Berlin" };

describe("hours of the week", () => {
  // 2026-03-27 is a Friday. Berlin's clocks go forward on Sunday 2026-03-29 and back on Sunday 2026-10-25.
  it.each<[string, ActHours, string, boolean]>([
    ["at their beginning", office, "2026-03-27T09:00:00+01:00", true],
    ["a millisecond before", office, "2026-03-27T08:59:59.999+01:00", false],
    ["in their last minute", office, "2026-03-27T17:59:59+01:00", true],
    ["at their end", office, "2026-03-27T18:00:00+01:00", false],
    ["on a Saturday", office, "2026-03-28T12:00:00+01:00", false],
    ["in another zone's morning", office, "2026-03-27T09:00:00Z", true],
    ["on Monday after the clocks went forward", office, "2026-03-30T07:00:00Z", true],
    ["on Friday before, at the same time of UTC", office, "2026-03-27T07:00:00Z", false],
    ["on Monday after they went back", office, "2026-10-26T07:00:00Z", false],
    ["and an hour later", office, "2026-10-26T08:00:00Z", true],
    ["before midnight", night, "2026-03-27T23:00:00+01:00", true],
    ["after midnight, on the next day", night, "2026-03-28T05:59:00+01:00", true],
    ["at their end on the next day", night, "2026-03-28T06:00:00+01:00", false],
    ["in the night before", night, "2026-03-27T05:00:00+01:00", false],
    ["from Sunday on, on Monday", { ...night, days: ["sun"] }, "2026-03-30T05:00:00+02:00", true],
    ["a whole day", { ...office, from: "00:00", until: "00:00" }, "2026-03-27T23:59:00+01:00", true],
    ["a whole day, and no longer", { ...office, from: "00:00", until: "00:00" }, "2026-03-28T00:00:00+01:00", false],
    [
      "skipped by the clocks",
      { ...office, days: ["sun"], from: "02:00", until: "03:00" },
      "2026-03-29T01:00:00Z",
      false,
    ],
    [
      "in the hour that comes twice, first",
      { ...office, days: ["sun"], from: "02:00", until: "03:00" },
      "2026-10-25T00:30:00Z",
      true,
    ],
    [
      "in the hour that comes twice, again",
      { ...office, days: ["sun"], from: "02:00", until: "03:00" },
      "2026-10-25T01:30:00Z",
      true,
    ],
    [
      "after the hour that comes twice",
      { ...office, days: ["sun"], from: "02:00", until: "03:00" },
      "2026-10-25T02:00:00Z",
      false,
    ],
    ["in half an hour's zone", { ...office, time_zone: "Asia/Kolkata" }, "2026-03-27T03:30:00Z", true],
    ["in no zone at all", { ...office, time_zone: "Mars/Olympus" }, "2026-03-27T12:00:00Z", false],
  ])("%s", (_, hours, when, within) => expect(isWithin(hours, at(when))).toBe(within));

  it("are within for as long as they say in a week, whatever the clocks do", () => {
    const minutes = (from: string) => {
      let n = 0;
      for (let t = at(from); t < at(from) + 7 * 86_400_000; t += 60_000) n += Number(isWithin(office, t));
      return n;
    };
    expect(["2026-03-23T00:00:00Z", "2026-10-19T00:00:00Z", "2026-07-06T00:00:00Z"].map(minutes)).toEqual([
      2700, 2700, 2700,
    ]);
  });
});

describe("what limits mode act", () => {
  const limits: ActLimits = { mode: "act", actHours: office, actActions: ["reset_memory"] };
  const noon = at("2026-03-27T12:00:00+01:00");
  const evening = at("2026-03-27T20:00:00+01:00");

  it("acts in its hours, and recommends outside of them", () => {
    expect([noon, evening].map((now) => modeAt(limits, now))).toEqual(["act", "recommend"]);
    expect(modeAt({ ...limits, actHours: null }, evening)).toBe("act");
    expect(modeAt({ ...limits, mode: "observe" }, noon)).toBe("observe");
  });

  it("says why an action is asked about", () => {
    expect(whyLimited(limits, "reset_memory", noon)).toBeNull();
    expect(whyLimited(limits, "revoke_tools", noon)).toMatch(/revoke tools is not among the actions/);
    expect(whyLimited(limits, "reset_memory", evening)).toMatch(
      /outside the hours .*Mon–Fri 09:00–18:00 Europe\/Berlin/,
    );
    expect(whyLimited({ ...limits, mode: "recommend" }, "revoke_tools", evening)).toBeNull();
  });

  it("is told in a line", () => {
    expect(limitsText({ ...limits, actActions: null })).toBe(
      "Acts Mon–Fri 09:00–18:00 Europe/Berlin; otherwise requires approval",
    );
    expect(limitsText(limits)).toBe(
      "Acts Mon–Fri 09:00–18:00 Europe/Berlin, quarantine and reset memory only; otherwise requires approval",
    );
    expect(limitsText({ ...limits, actHours: null, actActions: [] })).toBe(
      "Acts at any time, quarantine only; otherwise requires approval",
    );
    expect(limitsText({ ...limits, mode: "observe" })).toBeNull();
    expect(limitsText({ mode: "act", actHours: null, actActions: null })).toBeNull();
    expect(hoursText({ ...night, days: ["sun", "mon", "tue"] })).toBe("Mon, Tue, Sun 22:00–06:00 Europe/Berlin");
  });
});
