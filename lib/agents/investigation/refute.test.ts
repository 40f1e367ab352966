import { describe, expect, test } from "vitest";
import {
  type Analysis,
  type Bundle,
  type CauseHypothesis,
  emptyBundle,
  type Finding,
} from "@/lib/core/evidence/bundle";
import { doubt } from "./refute";

const ONSET = 1_000;
const series = (node: string, last = 2_000) => ({ node, metric: "latency", points: [[0, 1], [last, 1]] as [number, number][] }); // prettier-ignore
const bundle = (more: Partial<Bundle> = {}): Bundle => ({
  ...emptyBundle({ node: "web", at: 1_300 }),
  edges: [["web", "db"], ["cart", "db"]], // prettier-ignore
  ...more,
});
const finding = (id: string, node: string, more: Partial<Finding> = {}): Finding => ({ id, kind: "metric_shift", node, text: id, at: ONSET, strength: 0.8, ...more }); // prettier-ignore
const hypothesis = (node: string | null, kind: CauseHypothesis["kind"], cites: string[], confidence = 0.5): CauseHypothesis => ({ node, kind, statement: `${node} ${kind}`, confidence, cites }); // prettier-ignore
const analysis = (findings: Finding[], hypotheses: CauseHypothesis[]): Analysis => ({ verdict: "fault", onset: { at: ONSET, from: 950, to: 1_050 }, ranking: [], findings, hypotheses }); // prettier-ignore
const test1 = (of: Bundle, findings: Finding[], hypotheses: CauseHypothesis[]) => doubt(of, analysis(findings, hypotheses), hypotheses, []); // prettier-ignore
const results = (of: ReturnType<typeof doubt>) => of.skepticism?.refutations.map(({ result }) => result);

describe("each kind of cause is asked for its own traces", () => {
  test("a change after the onset did not bring it", () => {
    const late = finding("c1", "web", { kind: "change", at: 1_200 });
    const done = test1(bundle(), [late], [hypothesis("web", "deploy_regression", ["c1"])]);
    expect(results(done)).toEqual(["seen"]);
    expect(done.hypotheses[0]?.confidence).toBeCloseTo(0.3);
    const asGood = test1(bundle(), [{ ...late, at: 1_100 }], [hypothesis("web", "deploy_regression", ["c1"])]);
    expect(results(asGood), "within what clocks differ by").toEqual(["not_seen"]);
    const others = test1(bundle(), [{ ...late, node: "cart" }], [hypothesis("web", "deploy_regression", ["c1"])]);
    expect(results(others), "another node's").toEqual(["not_looked"]);
    const early = test1(bundle(), [{ ...late, at: 900 }], [hypothesis("web", "deploy_regression", ["c1"])]);
    expect(results(early)).toEqual(["not_seen"]);
    expect(early.hypotheses[0]?.confidence).toBe(0.5);
  });

  test.each(["resource_exhaustion", "memory_leak", "overload", "slow", "crash", "failing"] as const)(
    "%s: a node that was read and did not change speaks against it; one that could not be read says nothing",
    (kind) => {
      const hypotheses = [hypothesis("db", kind, ["m1"])];
      const elsewhere = [finding("m1", "web")];
      expect(results(test1(bundle({ metrics: [series("db")] }), elsewhere, hypotheses))).toEqual(["seen"]);
      expect(results(test1(bundle(), elsewhere, hypotheses))).toEqual(["not_looked"]);
      expect(results(test1(bundle({ metrics: [series("db")] }), [finding("m1", "db")], hypotheses))).toEqual(["not_seen"]); // prettier-ignore
    },
  );

  test("a failing dependency hurts its other callers", () => {
    const hypotheses = [hypothesis("db", "dependency_failure", ["m1"])];
    const own = finding("m1", "db");
    const read = bundle({ metrics: [series("db"), series("cart")] });
    expect(results(test1(read, [own], hypotheses))).toEqual(["not_seen", "seen"]);
    expect(results(test1(read, [own, finding("m2", "cart")], hypotheses))).toEqual(["not_seen", "not_seen"]);
    expect(results(test1(bundle({ metrics: [series("db")] }), [own], hypotheses))).toEqual(["not_seen", "not_looked"]);
  });

  test("what is silent does not report", () => {
    const hypotheses = [hypothesis("db", "silent", ["m1"])];
    expect(results(test1(bundle({ metrics: [series("db", 2_000)] }), [], hypotheses))).toEqual(["seen"]);
    expect(results(test1(bundle({ metrics: [series("db", 1_000)] }), [], hypotheses))).toEqual(["not_seen"]);
    expect(results(test1(bundle(), [], hypotheses))).toEqual(["not_looked"]);
  });
});

describe("rivals", () => {
  const of = bundle({ metrics: [series("db"), series("web")] });
  const first = hypothesis("web", "slow", ["m1"], 0.5);
  const second = hypothesis("db", "slow", ["m2"], 0.4);

  test("one that moved clearly earlier takes the first place", () => {
    const done = test1(of, [finding("m1", "web", { at: 1_200 }), finding("m2", "db", { at: 1_000 })], [first, second]);
    expect(done.hypotheses.map(({ node }) => node)).toEqual(["db", "web"]);
    expect(done.skepticism).toMatchObject({ swapped: true, confidence: { before: 0.5, after: 0.3 } });
  });

  test("one that moved at about the same time does not", () => {
    const done = test1(of, [finding("m1", "web", { at: 1_030 }), finding("m2", "db", { at: 1_000 })], [first, second]);
    expect(done.hypotheses.map(({ node }) => node)).toEqual(["web", "db"]);
  });

  test("one early blip of a rival dates nothing", () => {
    const late = [1_200, 1_230, 1_260].map((at, i) => finding(`m${i + 2}`, "db", { at }));
    const blip = finding("n9", "db", { at: 900, strength: 0.4 });
    const done = test1(of, [finding("m1", "web", { at: 1_200 }), blip, ...late], [first, second]);
    expect(done.hypotheses.map(({ node }) => node)).toEqual(["web", "db"]);
  });

  test("a stronger rival does not come first unless something speaks against the first", () => {
    const swapped = test1(of, [finding("m1", "web"), finding("m2", "db")], [{ ...first, confidence: 0.3 }, second]);
    expect(swapped.hypotheses[0]?.node).toBe("web");
  });
});

test("no fault is not refuted by what could not be read, and says so", () => {
  const none = [hypothesis(null, "no_fault", [], 0.8)];
  const blind = [{ node: "log_analyst" as const, source: "loki", reason: "timeout" }];
  const done = doubt(bundle(), { ...analysis([], none), verdict: "no_fault" }, none, blind);
  expect(done.skepticism?.refutations).toMatchObject([{ result: "not_looked", because: "could not read: loki" }]);
  expect(done.hypotheses[0]?.confidence).toBe(0.8);
  expect(doubt(bundle(), analysis([], []), [], []).skepticism).toBeNull();
});
