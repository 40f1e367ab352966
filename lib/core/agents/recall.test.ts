import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { efficacy, type Efficacy, failedLately, FRESH_MS, HALF_LIFE_MS, learn } from "./recall";
import type { Outcome } from "../base/vocabulary";

const NOW = 1_700_000_000_000;
const key = { scope: "agent", scopeId: "a", diagnosis: "prompt_drift", action: "rollback_prompt" } as const;
const e = (scope: Efficacy["scope"], successes: number, attempts: number, age = 0): Efficacy => ({
  ...key,
  scope,
  successes,
  attempts,
  updatedAt: NOW - age,
});
const read = (...list: Efficacy[]) => efficacy(list, key.diagnosis, key.action, NOW);

describe("learning", () => {
  it.each<[Outcome, number, number]>([
    ["recovered", 3, 2],
    ["no_effect", 3, 1],
    ["worse", 3, 1],
    ["cannot_tell", 2, 1],
    ["pending", 2, 1],
  ])("from %s", (outcome, attempts, successes) => {
    expect(learn(e("agent", 1, 2), key, outcome, NOW, HALF_LIFE_MS)).toMatchObject({ attempts, successes });
  });

  it.each(["cannot_tell", "pending"] as const)("nothing from %s, not even an empty record", (outcome) => {
    expect(learn(null, key, outcome, NOW, HALF_LIFE_MS)).toBeNull();
    const old = e("agent", 1, 2, 1000);
    expect(learn(old, key, outcome, NOW, HALF_LIFE_MS)).toBe(old);
  });

  it("halves the old after a half-life: (2, 4) becomes (1, 2) before one more success", () => {
    const next = learn(e("agent", 2, 4, 1000), key, "recovered", NOW, 1000);
    expect(next).toMatchObject({ attempts: 3, successes: 2, updatedAt: NOW });
  });

  it("starts a record under its key, and survives a clock that went back", () => {
    expect(learn(null, key, "worse", NOW, 1000)).toEqual({ ...key, attempts: 1, successes: 0, updatedAt: NOW });
    const ahead = learn(e("agent", 2, 4, -5000), key, "worse", NOW, 1000);
    expect(ahead).toMatchObject({ attempts: 5, successes: 2, updatedAt: NOW + 5000 });
  });
});

describe("efficacy", () => {
  it.each<[string, Efficacy[], number, number, string | null]>([
    ["nothing known: one half", [], 0.5, 0, null],
    ["one own success: 2/3", [e("agent", 1, 1)], 2 / 3, 1, "agent"],
    ["one own failure: 1/3", [e("agent", 0, 1)], 1 / 3, 1, "agent"],
    ["a half-life ago: (1 + .5) / (2 + .5)", [e("agent", 1, 1, HALF_LIFE_MS)], 0.6, 0.5, "agent"],
    ["the type's 100 of 100 count as 4 of 4: 5/6", [e("type", 100, 100)], 5 / 6, 4, "type"],
    ["the fleet's 100 of 100 count as 2 of 2: 3/4", [e("fleet", 100, 100)], 3 / 4, 2, "fleet"],
    [
      "one case, learned in three scopes, is one case",
      [e("agent", 1, 1), e("type", 1, 1), e("fleet", 1, 1)],
      2 / 3,
      1,
      "agent",
    ],
    ["own 0 of 2, the type's other 98 of 98 as 4 of 4: 5/8", [e("agent", 0, 2), e("type", 98, 100)], 5 / 8, 6, "agent"],
    [
      "type 1 of 1 and the fleet's other 8 of 8 as 2 of 2, together 3: 4/5",
      [e("type", 1, 1), e("fleet", 9, 9)],
      4 / 5,
      3,
      "type",
    ],
  ])("%s", (_, list, mean, weight, scope) => {
    const found = read(...list);
    expect(found.mean).toBeCloseTo(mean, 12);
    expect(found.weight).toBeCloseTo(weight, 12);
    expect(found.scope).toBe(scope);
  });

  // [agent, type, fleet] x [successes, failures]. The scopes need not be nested: an agent that changed its type brings its own.
  const RAISED: [number, number, number, number, number, number][] = [
    [0, 3, 0, 0, 1, 3],
    [0, 0, 0, 0, 0, 0],
    [0, 1000, 0, 1000, 0, 1000],
    [5, 0, 0, 7, 3, 0],
  ];
  const counts = fc.integer({ min: 0, max: 1000 });
  const ages = fc.integer({ min: -1000, max: 10 * HALF_LIFE_MS });

  it("is a chance, one more success everywhere raises it, and a crowd is worth at most four cases", () => {
    fc.assert(
      fc.property(
        counts,
        counts,
        counts,
        counts,
        counts,
        counts,
        ages,
        ages,
        ages,
        (as, af, ts, tf, fs, ff, aa, ta, fa) => {
          const list = [e("agent", as, as + af, aa), e("type", ts, ts + tf, ta), e("fleet", fs, fs + ff, fa)];
          const { mean, weight } = read(...list);
          expect(mean).toBeGreaterThan(0);
          expect(mean).toBeLessThan(1);
          expect(weight).toBeLessThanOrEqual(as + af + 4 + 1e-9);
          const better = read(...list.map((one) => learn(one, one, "recovered", NOW)!));
          expect(better.mean).toBeGreaterThan(mean);
        },
      ),
      { examples: RAISED.map((six) => [...six, 0, 0, 0]) },
    );
  });
});

describe("a fresh failure", () => {
  it.each<[string, Efficacy[], boolean]>([
    ["one failure just now", [e("agent", 0, 1)], true],
    ["one failure, no longer fresh", [e("agent", 0, 1, FRESH_MS + 1)], false],
    ["one failure after one success", [e("agent", 1, 2)], false],
    ["five failures and one success", [e("agent", 1, 6)], true],
    ["the type's failures", [e("type", 0, 50), e("fleet", 0, 50)], false],
    ["nothing", [], false],
  ])("%s: %s", (_, list, failed) => {
    expect(failedLately(list, key.diagnosis, key.action, NOW)).toBe(failed);
  });
});
