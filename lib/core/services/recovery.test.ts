import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeRecovery, type Recovery } from "./recovery";

const PLAN = { minPoints: 3, settled: 3, deadline: false };
const LATE = { ...PLAN, deadline: true };
const points = (...values: number[]): [number, number][] => values.map((value, i) => [i, value]);
const series = (more: Partial<Recovery>): Recovery => ({
  name: "latency",
  normal: points(0.2, 0.21, 0.19, 0.2, 0.22, 0.2),
  ill: points(4, 4.1, 3.9),
  after: points(0.2, 0.21, 0.2),
  upper: 2,
  lower: null,
  ...more,
});

describe("the verdict", () => {
  test.each<[string, Partial<Recovery>, typeof PLAN, string]>([
    ["back at its normal level", {}, PLAN, "recovered"],
    ["nine tenths of the way back", { after: points(0.5, 0.45, 0.5) }, PLAN, "recovered"],
    ["under its limit, and far from normal", { after: points(1.5, 1.6, 1.5) }, LATE, "no_effect"],
    ["not recovered yet", { after: points(3, 2.5, 2.2) }, PLAN, "pending"],
    ["only the last points count", { after: points(4, 4, 0.2, 0.2, 0.2) }, PLAN, "recovered"],
    ["one point that is off", { after: points(0.2, 4, 0.2) }, PLAN, "pending"],
    ["too few points", { after: points(0.2, 0.2) }, PLAN, "pending"],
    ["nothing measured by the deadline", { after: [] }, LATE, "cannot_tell"],
    ["much further off than before", { after: points(9, 9, 9) }, LATE, "worse"],
    ["as ill as before", { after: points(4, 4, 4) }, LATE, "no_effect"],
    ["no normal, but a limit", { normal: [], after: points(1, 1, 1) }, PLAN, "recovered"],
    ["within what the watch holds to be usual", { upper: null, expected: { low: 0.1, mid: 0.2, high: 0.9 }, after: points(0.8, 0.85, 0.8) }, PLAN, "recovered"], // prettier-ignore
    ["beyond what the watch holds to be usual", { upper: null, expected: { low: 0.1, mid: 0.2, high: 0.9 }, after: points(0.8, 0.95, 0.8) }, LATE, "no_effect"], // prettier-ignore
    ["usual to the watch, but over its limit", { upper: 0.7, expected: { low: 0.1, mid: 0.2, high: 0.9 }, after: points(0.8, 0.8, 0.8) }, LATE, "no_effect"], // prettier-ignore
    ["no normal, but a watch that knows it", { normal: [], upper: null, expected: { low: 0.1, mid: 0.2, high: 0.9 }, after: points(0.8, 0.8, 0.8) }, PLAN, "recovered"], // prettier-ignore
    ["neither limit nor normal", { normal: [], upper: null }, LATE, "cannot_tell"],
    ["what fell has to rise", { normal: points(5, 5, 5, 5, 5), ill: points(0, 0, 0), upper: null, after: points(5, 5, 5) }, PLAN, "recovered"], // prettier-ignore
    ["what fell and stayed", { normal: points(5, 5, 5, 5, 5), ill: points(0, 0, 0), upper: null, after: points(0, 0, 0) }, LATE, "no_effect"], // prettier-ignore
    ["a target that is up again", { normal: points(1, 1, 1, 1, 1), ill: points(0, 0), upper: null, lower: Number.MIN_VALUE, after: points(1, 1, 1) }, PLAN, "recovered"], // prettier-ignore
  ])("%s", (_, more, plan, kind) => {
    expect(judgeRecovery([series(more)], plan).kind).toBe(kind);
  });
});

test("all series must be back; one that cannot be told says nothing", () => {
  expect(judgeRecovery([series({}), series({ after: points(4, 4, 4) })], LATE).kind).toBe("no_effect");
  expect(judgeRecovery([series({}), series({ normal: [], upper: null })], PLAN).kind).toBe("recovered");
  expect(judgeRecovery([], LATE).kind).toBe("cannot_tell");
});

test("nothing beyond a limit is ever called recovered", () => {
  const value = fc.double({ min: 0, max: 10, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 12 }),
      fc.array(value, { maxLength: 12 }),
      fc.array(value, { minLength: 3, maxLength: 6 }),
      (normal, ill, after) => {
        const verdict = judgeRecovery(
          [series({ normal: points(...normal), ill: points(...ill), after: points(...after) })],
          LATE,
        );
        if (after.slice(-3).some((one) => one > 2)) expect(verdict.kind).not.toBe("recovered");
      },
    ),
  );
});

test("a series that cannot be read is waited for beside one that is back, and named with its reason at the end", () => {
  const unread = series({ name: "errors", upper: null, normal: [], ill: [], after: [], unread: 'answered 422: "no"' });
  expect(judgeRecovery([series({}), unread], PLAN)).toMatchObject({ kind: "pending" });
  expect(judgeRecovery([series({}), unread], LATE)).toEqual({
    kind: "cannot_tell",
    reason: 'no data after the action: errors (could not be read: answered 422: "no")',
  });
});
