import { expect, test } from "vitest";
import { calibration } from "../scoring/calibration";
import { crossValidated, fitConfidence, type JudgedCause, NO_FIT, withConfidence, worth } from "./confidence";

const judged = (kind: string, n: number, right: number, confidence = 0.5): JudgedCause[] =>
  Array.from({ length: n }, (_, i) => ({ kind, confidence, right: i < right }));

test("a kind that is right less often than others at the same confidence is worth less; one that is not known, as much as all", () => {
  const fit = fitConfidence([...judged("deploy_regression", 80, 80), ...judged("failing", 20, 4)]);
  const [deploy, failing, other] = ["deploy_regression", "failing", "crash"].map((kind) => worth(fit, kind, 0.5));
  // All: (84 + 1) / (100 + 2). Of failing 4 were right where 16.8 were expected, with five of the prior beside each.
  expect(other).toBeCloseTo(85 / 102, 10);
  expect(failing).toBeCloseTo((85 / 102) * ((4 + 5) / (16.8 + 5)), 10);
  expect(deploy).toBeCloseTo((85 / 102) * ((80 + 5) / (67.2 + 5)), 10);
});

test("a single kind is worth what the fit of all says; nothing is sure; without anything learned all stays", () => {
  expect(worth(fitConfidence(judged("slow", 30, 15)), "slow", 0.5)).toBeCloseTo(0.5, 10);
  const sure = fitConfidence([...judged("slow", 300, 100), ...judged("crash", 1_000, 1_000)]);
  expect(worth(sure, "crash", 0.9)).toBe(0.99);
  expect(worth(NO_FIT, "slow", 0.3)).toBe(0.3);
  expect(worth(fitConfidence([]), "slow", 0.3)).toBe(0.3);
});

test("the others share what the first leaves, and none gets more than it", () => {
  const fit = fitConfidence([...judged("crash", 40, 40, 0.4), ...judged("slow", 40, 2, 0.4)]);
  const causes = [
    { kind: "slow", confidence: 0.4 },
    { kind: "crash", confidence: 0.35 },
    { kind: "unknown", confidence: 0.25 },
  ];
  const [first, ...others] = withConfidence(causes, fit, ({ kind }) => kind);
  expect(first!.confidence).toBeLessThan(0.2);
  for (const other of others) expect(other.confidence).toBeLessThanOrEqual(first!.confidence);
  expect(withConfidence(causes, fit, ({ kind }) => kind).map(({ raw }) => raw)).toEqual([0.4, 0.35, 0.25]);
  expect(withConfidence(causes, NO_FIT, ({ kind }) => kind).map(({ confidence }) => confidence)).toEqual([
    0.4, 0.35, 0.25,
  ]);
  expect(withConfidence([], fit, () => "slow")).toEqual([]);
});

test("cross-validated: a group is judged by the others alone", () => {
  // Group a is all wrong at .9; the rest is all right. Had a taught its own fit, its confidence would fall.
  const some = ["a", "b", "c", "d"].flatMap((group) =>
    Array.from({ length: 10 }, () => ({ group, kind: "slow", confidence: 0.9, right: group !== "a" })),
  );
  const fitted = crossValidated(some, 4);
  expect(fitted.filter(({ group }) => group === "a").every(({ confidence }) => confidence === 31 / 32)).toBe(true);
  expect(fitted.filter(({ group }) => group === "b").every(({ confidence }) => confidence === 21 / 32)).toBe(true);
  expect(crossValidated(some.slice(0, 10), 4)).toEqual(some.slice(0, 10));
});

test("cross-validation mends what is too sure", () => {
  // Half as often right as said, by a fixed sequence.
  const some = Array.from({ length: 600 }, (_, i) => {
    const confidence = ((i * 37) % 100) / 100;
    return { group: `g${i % 20}`, kind: "slow", confidence, right: ((i * 61) % 97) / 97 < confidence / 2 };
  });
  expect(calibration(some).ece).toBeGreaterThan(0.2);
  const after = calibration(crossValidated(some));
  expect(after.ece).toBeLessThan(0.05);
  expect(after.skill).toBeGreaterThan(0);
});
