import { expect, test } from "vitest";
import { remedyFits } from "@/lib/core/scoring/fits";
import { parseScenario } from "@/lib/drills/scenarios";
import { isServiceClass, makeServiceCase } from "./case";
import { idOf } from "./case-key";
import { leaksOf } from "./leaks";
import { keysOf } from "./plan";

const NOW = Date.UTC(2026, 2, 3, 12);

test("no case of either set says its answer in its evidence, nor its alert its id or class", () => {
  for (const key of keysOf({ set: "all", seeds: 1, late: [0] }).filter((one) => isServiceClass(one.class))) {
    const { evidence, after, truth, why } = makeServiceCase(key);
    expect(leaksOf(evidence, { class: key.class, why, truth: truth(NOW) }), idOf(key)).toEqual([]);
    const alert = JSON.stringify(parseScenario(evidence, after, NOW).alert).toLowerCase();
    for (const label of [idOf(key), (evidence as { id: string }).id, key.class]) expect(alert).not.toContain(label);
  }
});

test("no red herring forbids what is right in its case", () => {
  for (const key of keysOf({ set: "all", class: "red-herring deploy", seeds: 4, late: [0] })) {
    const { remedies } = makeServiceCase(key).truth(NOW);
    const torn = remedies.right.filter((right) => remedies.forbidden.some((wrong) => remedyFits(right, wrong)));
    expect(torn, idOf(key)).toEqual([]);
  }
});

test("a class, an explanation and a kind of cause in the evidence are found, in its id they are not", () => {
  const causes = { right: [{ node: "a", kinds: ["memory_leak", "slow"] }], acceptable: [], forbidden: [] };
  const answer = { class: "slow leak", why: "a keeps all", truth: { causes } };
  expect(leaksOf({ id: "memory_leak", logs: ["a is slow"] }, answer)).toEqual([]);
  expect(leaksOf({ logs: ["cause: MEMORY_LEAK", "A slow leak", "a keeps all"] }, answer)).toEqual(["slow leak", "a keeps all", "memory_leak"]); // prettier-ignore
});
