import { describe, expect, test } from "vitest";
import { crossValidate, type Tried } from "./cross-validation";
import type { ScoredCase } from "./report";

const CLASSES = ["leak", "deploy"];
const IDS = CLASSES.flatMap((of) => Array.from({ length: 5 }, (_, i) => ({ id: `${of}-${i + 1}`, class: of })));
const cases = (mttr: (id: string) => number, safety: (id: string) => number = () => 5): ScoredCase[] =>
  IDS.map((one) => ({
    ...one,
    set: "dev",
    passed: true,
    scores: { mttr: mttr(one.id), remediation_safety: safety(one.id) },
  }));
const current = cases(() => 4);
const tried = (id: string, ...of: Parameters<typeof cases>): Tried => ({ id, cases: cases(...of) });

describe("what choosing gains on cases that had no part in the choice", () => {
  test("one that is better everywhere is chosen in every fold, and its gain is beyond noise", () => {
    const found = crossValidate(current, [tried("worse", () => 3), tried("better", () => 4.5)]);
    expect(found).toMatchObject({ chosen: "better", gain: 0.25, chance: 1 / 2 ** 10, higher: 10, lower: 0 });
    expect(found.folds).toEqual(Array.from({ length: 5 }, () => ({ chosen: "better", gain: 0.25 })));
  });

  test("one that is better in a single case gains nothing: the fold of that case could not know", () => {
    const found = crossValidate(current, [tried("lucky", (id) => (id === "leak-1" ? 5 : 4))]);
    expect(found).toMatchObject({ chosen: "lucky", gain: 0, chance: 1, higher: 0 });
    expect(found.folds[0]).toEqual({ chosen: null, gain: 0 });
  });

  test("luck that differs from fold to fold does not carry over", () => {
    // Each of five is better in four folds and much worse in the fifth: chosen there, and judged there.
    const lucky = Array.from({ length: 5 }, (_, i) =>
      tried(`lucky-${i + 1}`, (id) => (id.endsWith(String(i + 1)) ? 3.5 : 4.1)),
    );
    const found = crossValidate(current, lucky);
    expect(found.gain).toBeLessThan(0);
    expect(found.chance).toBe(1);
  });

  test.each([
    ["nothing is tried", []],
    ["nothing differs", [tried("same", () => 4)]],
    ["everything is worse", [tried("worse", () => 3.9)]],
    [
      "a case loses safety, whatever the mean gains",
      [
        tried(
          "unsafe",
          () => 5,
          (id) => (id === "leak-3" ? 4 : 5),
        ),
      ],
    ],
    ["a class pays for another", [tried("trade", (id) => (id.startsWith("leak") ? 5 : 3.7))]],
  ] as [string, Tried[]][])("nothing is chosen where %s", (_, list) => {
    expect(crossValidate(current, list)).toMatchObject({ chosen: null });
  });

  test("a candidate that was not tried on every case is an error", () => {
    expect(() => crossValidate(current, [{ id: "half", cases: current.slice(1) }])).toThrow(/half has no case leak-1/);
  });
});
