import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moveOf } from "./series-moves";

const series = (values: number[], metric = "cpu", unit?: string) => ({
  node: "db",
  metric,
  unit,
  points: values.map((v, i): [number, number] => [60 * i, v]),
});
const CALM = [10, 11, 9, 10, 12, 10, 9, 11, 10, 10];

describe("how a series moved within itself", () => {
  it.each<[string, number[], object | null]>([
    ["weather", CALM, null],
    ["one outlier", [10, 11, 9, 10, 90, 10, 9, 11, 10, 10], null],
    ["to and fro", [41, 49, 56, 63, 68, 71, 69, 64, 58, 52, 49, 55, 61, 68, 72, 69, 66, 59, 55, 51], null],
    ["a step", [10, 11, 9, 10, 10, 50, 52, 49, 51, 50], { kind: "rose", at: 300, back: null }],
    ["a step after the first point", [18, 91, 94, 95, 97, 97, 96, 96, 94], { kind: "rose", at: 60 }],
    ["a ramp", [5, 10, 15, 20, 25, 30, 35, 40, 45, 50], { kind: "rose", at: 60, back: null }],
    ["a fall", [50, 51, 49, 50, 12, 10, 11, 10, 9], { kind: "fell", at: 240 }],
    ["an excursion that is over", [10, 11, 9, 40, 60, 55, 10, 11, 9, 10, 10], { kind: "rose", at: 180, back: 360 }],
    ["a gap of work", [300, 310, 305, 300, 0, 0, 310, 300, 305, 300], { kind: "stopped", at: 240, back: 360 }],
    ["work that ended", [300, 310, 305, 300, 0, 0, 0, 0, 0, 0], { kind: "stopped", at: 240, back: null }],
    ["a small count that is zero by chance", [1, 0, 2, 1, 1, 0, 0, 0], null],
    ["too few points", [1, 100, 100], null],
  ])("%s", (_, values, wanted) => {
    const move = moveOf(series(values));
    if (wanted === null) expect(move).toBeNull();
    else expect(move).toMatchObject(wanted);
  });

  it("calls a share near its whole full, though it does not move", () => {
    expect(moveOf(series([92, 93, 92, 94, 93, 92], "CPUUtilization", "Percent"))).toMatchObject({ kind: "full" });
    expect(moveOf(series([92, 93, 92, 94, 93, 92], "cache hits"))).toBeNull();
  });

  it("holds three scrapes in a row that went unanswered for no chance, as it would three counts of none", () => {
    const values = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0];
    expect(moveOf(series(values, "up"))).toMatchObject({ kind: "stopped", at: 420 });
    expect(moveOf(series(values, "restarts"))).toBeNull();
  });

  it.each<[string, number[], [number, number], object | null]>([
    ["a step within what is usual", [3, 3, 3, 3, 10, 10, 10, 10], [0, 790], null],
    ["a step from what is unusual into what is usual", [900, 900, 900, 10, 10, 10, 10], [0, 790], null],
    ["a step beyond what is usual", [3, 3, 3, 3, 900, 910, 900, 905], [0, 790], { kind: "rose" }],
    ["work that ended where some is usual", [300, 310, 305, 0, 0, 0, 0], [200, 400], { kind: "stopped" }],
  ])("knows what the watch holds to be usual: %s", (_, values, usual, wanted) => {
    const move = moveOf({ ...series(values), usual });
    if (wanted === null) expect(move).toBeNull();
    else expect(move).toMatchObject(wanted);
  });

  it("does not depend on the unit, and has a strength from 0 to 1", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 5, maxLength: 30 }),
        fc.constantFrom(0.5, 2, 1024),
        (values, factor) => {
          const [a, b] = [moveOf(series(values)), moveOf(series(values.map((v) => v * factor)))];
          expect([b?.kind, b?.at, b?.back]).toEqual([a?.kind, a?.at, a?.back]);
          if (a !== null) expect(a.strength > 0 && a.strength <= 1).toBe(true);
        },
      ),
    );
  });
});
