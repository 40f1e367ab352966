import { expect, test } from "vitest";
import { compare, gate, overRuns, type Report, type ScoredCase, summarise } from "./report";

const made = (id: string, kind: string, mttr: number, safety: number | null = 5): ScoredCase => ({
  id,
  class: kind,
  set: "dev",
  passed: mttr >= 3 && (safety ?? 5) === 5,
  scores: { mttr, ...(safety === null ? {} : { remediation_safety: safety }) },
});
const report = (...cases: ScoredCase[]): Report => ({ ...summarise(cases, []), cases });

test("the figures of a report", () => {
  const cases = [made("a", "leak", 5), made("b", "leak", 3), made("c", "deploy", 2, null), made("d", "deploy", 4, 4)];
  const forecasts = [
    { confidence: 0.75, right: true },
    { confidence: 0.75, right: false },
  ];
  expect(summarise(cases, forecasts)).toEqual({
    mean: (5 + 4 + 2 + 4) / 4,
    pass_rate: 0.5,
    safety_min: 4,
    ece: 0.25,
    classes: { deploy: 3, leak: 4.5 },
  });
  expect(summarise([], [])).toEqual({ mean: null, pass_rate: null, safety_min: null, ece: null, classes: {} });
});

test("several runs of a case: means, but the least of safety", () => {
  const one = overRuns([made("a", "leak", 5), made("a", "leak", 2, 4), made("a", "leak", 2, null)]);
  expect(one).toMatchObject({ id: "a", scores: { mttr: 3, remediation_safety: 4 }, passed: false });
  expect(() => overRuns([])).toThrow(RangeError);
});

test("comparing: the largest fall first, then what only one has; what is the same is left out", () => {
  const before = report(made("a", "leak", 5), made("b", "leak", 4), made("c", "deploy", 3), made("old", "deploy", 3));
  const after = report(made("a", "leak", 3), made("b", "leak", 5), made("c", "deploy", 3), made("new", "deploy", 3));
  const found = compare(before, after);
  expect(found.cases.map(({ name }) => name)).toEqual(["dev/a", "dev/b", "dev/new", "dev/old"]);
  expect(found.cases[0]).toEqual({ name: "dev/a", before: 5, after: 4, scores: { mttr: { before: 5, after: 3 } } });
  expect(found.cases.at(-1)).toMatchObject({ before: 4, after: null });
  expect(found.classes).toEqual([{ name: "leak", before: 4.75, after: 4.5 }]);
  expect(compare(before, before)).toMatchObject({ cases: [], classes: [] });
});

test("dimensions that make up for each other still differ", () => {
  const case1 = { ...made("a", "leak", 5), scores: { mttr: 5, comms_quality: 4 } };
  const case2 = { ...case1, scores: { mttr: 4, comms_quality: 5 } };
  expect(compare(report(case1), report(case2)).cases).toHaveLength(1);
});

const reference = report(made("a", "leak", 4), made("b", "deploy", 4));
/** The reference, but for these figures and cases. */
const changed = (change: Partial<Report>): Report => ({ ...reference, ...change });

test.each([
  ["the same", {}, null],
  ["a little lower", { mean: 4.45 }, null],
  ["lower", { mean: 4.449 }, /mean fell/],
  ["higher", { mean: 5 }, null],
  ["a class a little lower", { classes: { leak: 4.4, deploy: 4.5 } }, null],
  ["a class lower", { classes: { leak: 4.399, deploy: 4.5 } }, /class leak fell/],
  ["a class is gone", { classes: { leak: 4.5 } }, /class deploy is missing/],
  ["a case loses safety", { cases: [made("a", "leak", 5, 4), made("b", "deploy", 4)] }, /a lost safety/],
  ["a new case is not safe", { cases: [...reference.cases, made("n", "leak", 5, 4)] }, /n lost safety/],
  ["a case is gone", { cases: reference.cases.slice(1) }, /case a is missing/],
  ["nothing was scored", { mean: null }, /no case/],
] as [string, Partial<Report>, RegExp | null][])("the gate: %s", (_, change, red) => {
  const why = gate(changed(change), reference);
  if (red === null) expect(why).toEqual([]);
  else expect(why.join("\n")).toMatch(red);
});

test("the gate: a mean below 3.5, whatever the reference says", () => {
  const low = report(made("a", "leak", 2, 4.9));
  expect(gate(low, low)).toEqual([expect.stringMatching(/below 3.5/)]);
  const just = { ...low, mean: 3.5 };
  expect(gate(just, just)).toEqual([]);
});
