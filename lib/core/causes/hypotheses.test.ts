import fc from "fast-check";
import { expect, test } from "vitest";
import { analyse } from "./analyse";
import { rankCauses } from "./rank";
import { rivals } from "./hypotheses";
import { suspectsOf } from "./suspects";
import type { WeightedEvidence } from "./weighted-evidence";
import { emptyBundle } from "../evidence/bundle";

const NOTHING = emptyBundle({ node: "shop", at: 0 });
const rivalsOf = (signs: WeightedEvidence[]) =>
  rivals(suspectsOf({ ...rankCauses(NOTHING), ranking: [] }, signs, NOTHING), signs, []);

const weight = fc.double({ min: 0.01, max: 1, noNaN: true });
const change = (id: number, of: number, coincidental: boolean): WeightedEvidence => ({
  finding: { id: `c${id}`, kind: "change", node: "shop", at: 0, strength: of, text: "deploy of shop" },
  weight: of,
  affinity: { deploy_regression: 1 },
  active: false,
  ...(coincidental && { coincidental: true as const }),
});
const line = (node: string, of: number): WeightedEvidence => ({
  finding: { id: `l-${node}`, kind: "log_template", node, at: 0, strength: of, text: "it fails" },
  weight: of,
  affinity: { failing: 0.5 },
  active: true,
});

test("a change that only coincides is never more than even, whatever else speaks for its node", () => {
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 4 }), weight, weight, (changes, own, other) => {
      const signs = [...changes.map((of, i) => change(i, of, true)), line("shop", own), line("cart", other)];
      const causes = rivalsOf(signs);
      const blamed = causes.filter(({ kind }) => kind === "deploy_regression");
      expect(Math.max(0, ...blamed.map(({ confidence }) => confidence))).toBeLessThanOrEqual(0.5 + 1e-9);
      expect(causes.reduce((sum, { confidence }) => sum + confidence, 0)).toBeCloseTo(1);
    }),
  );
});

test("one whose diff does harm, or was not read, may be", () => {
  const sure = (signs: WeightedEvidence[]) =>
    rivalsOf(signs).find(({ kind }) => kind === "deploy_regression")!.confidence;
  const lines = [line("shop", 0.9)];
  expect(sure([change(1, 1, true), ...lines])).toBeLessThanOrEqual(0.5);
  expect(sure([change(1, 1, false), ...lines])).toBeGreaterThan(0.5);
  expect(sure([change(1, 1, true), change(2, 0.8, false), ...lines])).toBeGreaterThan(0.5);
});

const MINUTE = 60;
/** A release and then a setting before lines that fail, with or without the memory of an incident that a release caused. */
const afterSetting = (release: { survived?: true; to?: string }, isRemembered: boolean) => {
  const at = 100 * MINUTE;
  const change = (ago: number, kind: string, more: object) => ({
    t: at - ago,
    node: "shop",
    kind,
    summary: kind,
    ...more,
  });
  const past = { id: "inc-1", node: "shop", kind: "deploy_regression" as const, similarity: 0.8, text: "As in inc-1" };
  const { hypotheses, findings } = analyse(
    {
      ...NOTHING,
      target: { node: "shop", at },
      nodes: [{ id: "shop" }],
      logs: [0, 5, 10, 15].map((s) => ({ t: at - 30 + s, node: "shop", line: "ERROR order failed" })),
      changes: [
        change(300, "deploy", { from: "1", ...release }),
        ...(release.to === undefined ? [] : [change(200, "deploy", { from: release.to, to: "1" })]),
        change(40, "config", { from: "timeout=900", to: "timeout=5" }),
      ],
    },
    { similar: isRemembered ? [past] : [] },
  );
  return {
    first: hypotheses[0]!.kind,
    release: hypotheses.find(({ kind }) => kind === "deploy_regression")?.confidence ?? 0,
    told: findings.some(({ kind }) => kind === "similar_incident"),
  };
};

test.each([
  ["cured", { survived: true as const }],
  ["taken back", { to: "2" }],
])("of a release that was %s, a memory of bad releases says nothing, but is told", (_, release) => {
  const [plain, remembered] = [afterSetting(release, false), afterSetting(release, true)];
  expect(remembered).toEqual({ ...plain, told: true });
  expect(remembered.first).toBe("config_regression");
});

test("of one that may be at work it does", () => {
  expect(afterSetting({}, true).release).toBeGreaterThan(afterSetting({}, false).release);
});

/** A deploy a minute before lines that complain of a field, with or without a diff. */
const afterDeploy = (diff: string | undefined) => {
  const at = 100 * MINUTE;
  return analyse({
    ...NOTHING,
    target: { node: "shop", at },
    nodes: [{ id: "shop" }],
    logs: [0, 20, 40, 60].map((s) => ({
      t: at - 120 + s,
      node: "shop",
      line: "ERROR cannot read order: unknown field 'coupon'",
    })),
    changes: [
      {
        t: at - 180,
        node: "shop",
        kind: "deploy",
        summary: "release 7",
        diff,
        files: diff === undefined ? undefined : ["src/order.ts"],
      },
    ],
  }).hypotheses.find(({ kind }) => kind === "deploy_regression")!.confidence;
};

test("what a diff says moves the confidence: it names the failing field, was not read, or only tidies", () => {
  const names = afterDeploy("-  coupon: string;\n+  voucher: string;");
  const unread = afterDeploy(undefined);
  const tidies = afterDeploy("-  const total = net * rate\n+  const total = rate * net");
  expect(names).toBeGreaterThanOrEqual(unread);
  expect(unread).toBeGreaterThan(tidies);
  expect(tidies).toBeLessThanOrEqual(0.5);
});
