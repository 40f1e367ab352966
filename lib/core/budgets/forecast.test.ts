import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { forecast } from "./forecast";
import { QUARTER_MS, windowAt } from "./windows";

const at = (text: string) => Date.parse(text);
const now = at("2026-03-02T14:00:00Z");
const day = windowAt("day", "UTC", now);
/** A quarter that began so many quarters ago. */
const ago = (quarters: number, used: number) => ({ at: now - quarters * QUARTER_MS, used });

describe("where spending leads", () => {
  it("at $10 an hour, $30 of $50 are used up in two hours", () => {
    const points = [ago(4, 2.5), ago(3, 2.5), ago(2, 2.5), ago(1, 2.5)];
    expect(forecast({ points, window: day, used: 30, limit: 50, now })).toEqual({
      kind: "forecast",
      perHour: 10,
      overMs: 3_600_000,
      atEnd: 130,
      reachesAt: at("2026-03-02T16:00:00Z"),
    });
  });

  it("a rate under which the day ends first says no time", () => {
    const told = forecast({ points: [ago(30, 1), ago(4, 1)], window: day, used: 30, limit: 50, now });
    expect(told).toMatchObject({ kind: "forecast", perHour: 1, atEnd: 40, reachesAt: null });
  });

  it("what has been used up already is not reached again", () =>
    expect(forecast({ points: [ago(4, 60)], window: day, used: 60, limit: 50, now })).toMatchObject({
      reachesAt: null,
    }));

  it.each([
    ["nothing was ever spent", []],
    ["it began a quarter of an hour ago", [ago(1, 5)]],
    ["it begins now", [{ at: now, used: 5 }]],
  ])("says nothing when %s", (_, points) =>
    expect(forecast({ points, window: day, used: 5, limit: 50, now })).toEqual({
      kind: "none",
      reason: "too little data for a forecast",
    }),
  );

  it("who began half an hour ago is measured over that half hour", () =>
    expect(forecast({ points: [ago(2, 5), ago(1, 5)], window: day, used: 10, limit: 50, now })).toMatchObject({
      perHour: 20,
      overMs: 1_800_000,
    }));

  it("who spends no more has a rate of 0, and reaches nothing", () =>
    expect(forecast({ points: [ago(40, 9)], window: day, used: 9, limit: 50, now })).toMatchObject({
      perHour: 0,
      atEnd: 9,
      reachesAt: null,
    }));

  it("a month goes by the last day, nights included", () => {
    const month = windowAt("month", "UTC", now);
    const points = Array.from({ length: 8 }, (_, i) => ago(20 + i, 3));
    const told = forecast({ points: [ago(200, 1), ...points], window: month, used: 25, limit: 100, now });
    expect(told).toMatchObject({ kind: "forecast", perHour: 1, overMs: 86_400_000 });
  });

  it("never reaches a limit before now or after the window, and never ends below what was used", () => {
    const points = fc.array(fc.record({ at: fc.integer({ min: now - 8e7, max: now - 1 }), used: fc.nat(1_000) }));
    fc.assert(
      fc.property(points, fc.nat(5_000), fc.integer({ min: 1, max: 5_000 }), (list, used, limit) => {
        const quarters = list.map((p) => ({ ...p, at: Math.floor(p.at / QUARTER_MS) * QUARTER_MS }));
        const told = forecast({ points: quarters, window: day, used, limit, now });
        if (told.kind === "none") return;
        expect(told.atEnd).toBeGreaterThanOrEqual(used);
        if (told.reachesAt !== null) {
          expect(told.reachesAt).toBeGreaterThanOrEqual(now);
          expect(told.reachesAt).toBeLessThan(day.end);
          expect(told.atEnd).toBeGreaterThanOrEqual(limit - 1e-6);
        }
      }),
    );
  });
});
