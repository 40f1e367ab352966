import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUDGET_MEASURES, BUDGET_SCOPES, BUDGET_WINDOWS, EVENT_KINDS } from "../base/vocabulary";
import {
  type Budget,
  budgetsOf,
  EACH,
  isOf,
  judgeBudget,
  subjectOf,
  type Tally,
  usedOf,
  warnsFrom,
  whyNot,
  type Who,
} from "./budget";
import { addSpend, nothing, spendOf, type Used } from "./spend";
import { budgetText, verdictText } from "./words";

const budget = (more: Partial<Budget> = {}): Budget => ({
  id: "b",
  scope: "team",
  subject: EACH,
  window: "day",
  zone: "UTC",
  measure: "usd",
  limit: 50,
  warnShare: 0.8,
  atLimit: "pause_and_ask",
  ...more,
});
const tally = (more: Partial<Tally> = {}): Tally => ({
  ...nothing(),
  depth: 0,
  descendants: 0,
  wallMs: null,
  idleMs: null,
  ...more,
});
const who: Who = { agentId: "a", keyId: "k", user: "ada", team: "ml", repository: null, runId: "r", rootRunId: "root" };

describe("what an event spends", () => {
  it.each<[string, Used, Partial<ReturnType<typeof nothing>> | null]>([
    ["a priced call", { kind: "model_call", inRun: true, cost: 0.25, tokens: 10 }, { nanoUsd: 250_000_000, tokens: 10, modelCalls: 1 }],
    ["a call without a price", { kind: "model_call", inRun: true, tokens: 10 }, { unpriced: 1, tokens: 10, modelCalls: 1 }],
    ["a free call is no unpriced one", { kind: "model_call", inRun: true, cost: 0, tokens: 0 }, { modelCalls: 1 }],
    ["a call without tokens", { kind: "model_call", inRun: true, cost: 1 }, { nanoUsd: 1e9, uncounted: 1, modelCalls: 1 }],
    ["a call that failed and told nothing", { kind: "model_call", inRun: true, success: false }, { modelCalls: 1 }],
    ["a call that failed and used tokens", { kind: "model_call", inRun: true, success: false, tokens: 3 }, { unpriced: 1, tokens: 3, modelCalls: 1 }],
    ["a tool", { kind: "tool_call", inRun: true }, { toolCalls: 1 }],
    ["a tool that costs", { kind: "tool_call", inRun: true, cost: 0.5 }, { nanoUsd: 5e8, toolCalls: 1 }],
    ["a counter", { kind: "usage", inRun: true, cost: 2, tokens: 7, modelCalls: 3, toolCalls: 2 }, { nanoUsd: 2e9, tokens: 7, modelCalls: 3, toolCalls: 2 }],
    ["a counter without a price", { kind: "usage", inRun: true, tokens: 7, modelCalls: 3 }, { unpriced: 3, tokens: 7, modelCalls: 3 }],
    ["the totals of a run told step by step", { kind: "run_end", inRun: true, cost: 9, tokens: 9 }, null],
    ["a whole run", { kind: "run_end", inRun: false, cost: 1, tokens: 5, toolCalls: 2 }, { nanoUsd: 1e9, tokens: 5, modelCalls: 1, toolCalls: 2 }],
    ["a heartbeat", { kind: "heartbeat", inRun: false, cost: 1 }, null],
  ])("%s", (_, used, spent) => expect(spendOf(used)).toEqual(spent && { ...nothing(), ...spent })); // prettier-ignore

  it("adds up to the same in any order, to the last billionth", () => {
    const event = fc.record({
      kind: fc.constantFrom(...EVENT_KINDS),
      inRun: fc.boolean(),
      cost: fc.option(fc.double({ min: 0, max: 1_000, noNaN: true })),
      tokens: fc.option(fc.nat(1e9)),
      success: fc.option(fc.boolean()),
    });
    const sum = (events: readonly Used[]) =>
      events.reduce((total, one) => addSpend(total, spendOf(one) ?? nothing()), nothing());
    fc.assert(
      fc.property(
        fc
          .array(event, { maxLength: 30 })
          .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(sum(shuffled)).toEqual(sum(list));
        },
      ),
    );
  });
});

describe("the budgets that apply", () => {
  it.each([
    ["run", "a\nr"],
    ["tree", "k\nroot"],
    ["agent", "a"],
    ["user", "ada"],
    ["team", "ml"],
    ["repository", null],
    ["fleet", "*"],
  ] as const)("of a %s it is %j's", (scope, subject) => expect(subjectOf(scope, who)).toBe(subject));

  it("a run without a root is its own, and roots of two keys are two", () => {
    expect(subjectOf("tree", { agentId: "a", keyId: "k", runId: "r" })).toBe("k\nr");
    expect(subjectOf("tree", { ...who, keyId: "other" })).not.toBe(subjectOf("tree", who));
    expect(subjectOf("tree", { agentId: "a", keyId: "k" })).toBeNull();
  });

  it("one that names a subject replaces the one for each, of its window and measure only", () => {
    const each = budget({ id: "each" });
    const ml = budget({ id: "ml", subject: "ml", limit: 500 });
    const tokens = budget({ id: "tokens", measure: "tokens" });
    const monthly = budget({ id: "monthly", window: "month" });
    const all = [each, ml, tokens, monthly];
    const ids = (of: Who) => budgetsOf(all, of).map(({ budget: { id } }) => id);
    expect(ids(who)).toEqual(["ml", "tokens", "monthly"]);
    expect(ids({ ...who, team: "web" })).toEqual(["each", "tokens", "monthly"]);
    expect(ids({ ...who, team: null })).toEqual([]);
    for (const team of ["ml", "web"])
      for (const one of all) expect(isOf(all, one, team)).toBe(ids({ ...who, team }).includes(one.id));
  });

  it("a budget of runs may be of one agent's", () => {
    const mine = budget({ scope: "run", window: "run", subject: "a" });
    expect(budgetsOf([mine], who)).toEqual([{ budget: mine, subject: "a\nr" }]);
    expect(budgetsOf([mine], { ...who, agentId: "b" })).toEqual([]);
  });
});

describe("how a budget stands", () => {
  it.each([
    [39.99, 0, "ok"],
    [40, 0, "warn"],
    [49.999_999_999, 0, "warn"],
    [50, 0, "reached"],
    [50, 10, "warn"],
    [47.9, 10, "ok"],
    [61, 10, "reached"],
  ] as const)("$%d used of $50, $%d granted: %s", (used, granted, level) =>
    expect(judgeBudget(budget(), tally({ nanoUsd: used * 1e9 }), granted).level).toBe(level),
  );

  it.each([
    ["descendants", 3, "warn"],
    ["descendants", 4, "reached"],
    ["depth", 3, "warn"],
    ["depth", 4, "reached"],
  ] as const)("of 3 %s, the guards let the third work: %d are %s", (measure, used, level) => {
    const shape = budget({ scope: "tree", window: "run", measure, limit: 3 });
    expect(judgeBudget(shape, { ...tally({}), [measure]: used }, 0).level).toBe(level);
  });

  it.each([
    [0.1, 0.2, [0.1, 0.1, 0.1], "reached"],
    [0.1, 0.2, [0.1, 0.1, 0.099_999_999], "warn"],
    [1.1, 2.2, [3.3], "reached"],
    // Below a billionth of a dollar, which is the least that is counted.
    [1e-12, 0, [0], "ok"],
    [1e-12, 0, [1e-9], "reached"],
  ] as const)("$%d, and $%d granted, met exactly: %j is %s", (limit, granted, costs, level) => {
    const spent = costs.map((cost) => spendOf({ kind: "model_call", inRun: true, cost })!).reduce(addSpend, nothing());
    expect(judgeBudget(budget({ limit }), tally(spent), granted).level).toBe(level);
  });

  it("is reached exactly when the sum of what calls cost meets the limit, however either is divided", () => {
    const nano = fc.integer({ min: 1, max: 2 ** 40 });
    fc.assert(
      fc.property(fc.array(nano, { minLength: 1, maxLength: 50 }), fc.nat(), fc.integer({ min: 1, max: 99 }), (costs, at, percent) => {
        const whole = costs.reduce((sum, n) => sum + n, 0);
        const granted = at % whole;
        const one = budget({ limit: (whole - granted) / 1e9, warnShare: percent / 100 });
        const used = nothing();
        for (const n of costs) {
          const level = used.nanoUsd * 100 >= whole * percent ? "warn" : "ok";
          expect(judgeBudget(one, tally(used), granted / 1e9).level).toBe(level);
          addSpend(used, spendOf({ kind: "model_call", inRun: true, cost: n / 1e9 })!);
        }
        expect(judgeBudget(one, tally(used), granted / 1e9)).toMatchObject({ level: "reached", share: 1 });
      }),
    );
  }); // prettier-ignore

  it("nothing that has to be told of is below what is looked up", () => {
    const measure = fc.constantFrom("usd", "tokens", "model_calls" as const);
    const amount = fc.oneof(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 1e-9, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(measure, amount, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true }), (of, limit, warnShare, part) => {
        const one = budget({ measure: of as Budget["measure"], limit, warnShare });
        const n = Math.round(limit * part);
        const used = tally({ nanoUsd: Math.round(limit * part * 1e9), tokens: n, modelCalls: n });
        if (judgeBudget(one, used, 0).level !== "ok") expect(usedOf(one.measure, used)).toBeGreaterThanOrEqual(warnsFrom(one));
      }),
    );
    expect(warnsFrom(budget({ measure: "tokens", limit: 1_000, warnShare: 0.07 }))).toBe(70);
    expect(judgeBudget(budget({ measure: "tokens", limit: 1_000, warnShare: 0.07 }), tally({ tokens: 70 }), 0).level).toBe("warn"); // prettier-ignore
  }); // prettier-ignore

  it("never counts an unknown cost as nothing: it says how many calls it cannot price", () => {
    const verdict = judgeBudget(budget(), tally({ nanoUsd: 41e9, unpriced: 3, modelCalls: 90 }), 0);
    expect(verdict).toEqual({ level: "warn", used: 41, limit: 50, share: 0.82, unknown: 3 });
    expect(verdictText(budget(), "ml", verdict)).toBe(
      "team ml used $41.00 of $50.00 a day (82 %); 3 calls could not be priced",
    );
  });

  it.each([
    [budget(), "$50.00 a day for each team"],
    [budget({ scope: "fleet", window: "month", limit: 20_000 }), "$20,000.00 a month for the fleet"],
    [budget({ scope: "run", window: "run", measure: "model_calls", limit: 1 }), "1 model call for each run"],
    [budget({ scope: "run", window: "run", subject: "a", measure: "tokens", limit: 2e6 }), "2M tokens for each run of a"],
    [budget({ scope: "tree", window: "run", measure: "descendants", limit: 50 }), "50 descendants for each run with all its descendants"],
    [budget({ scope: "run", window: "run", measure: "idle_seconds", limit: 90 }), "1 min 30 s without activity for each run"],
    [budget({ limit: 0.002 }), "$0.002 a day for each team"],
  ])("%#: %s", (one, text) => expect(budgetText(one)).toBe(text)); // prettier-ignore

  it("more spending never lowers the level, more budget never raises it", () => {
    const order = ["ok", "warn", "reached"];
    const amount = fc.nat(1e6);
    fc.assert(
      fc.property(amount, amount, amount, amount, (used, more, granted, extra) => {
        const level = (n: number, g: number) =>
          order.indexOf(judgeBudget(budget({ measure: "tokens", limit: 1e5 }), tally({ tokens: n }), g).level);
        expect(level(used + more, granted)).toBeGreaterThanOrEqual(level(used, granted));
        expect(level(used, granted + extra)).toBeLessThanOrEqual(level(used, granted));
      }),
    );
  });
});

describe("which budgets there can be", () => {
  it.each([
    [{ scope: "team", subject: "ml", window: "run", measure: "usd" }, "window"],
    [{ scope: "run", subject: EACH, window: "day", measure: "usd" }, "window"],
    [{ scope: "run", subject: EACH, window: "run", measure: "depth" }, "measure"],
    [{ scope: "agent", subject: EACH, window: "day", measure: "wall_seconds" }, "measure"],
    [{ scope: "fleet", subject: "x", window: "day", measure: "usd" }, "subject"],
    [{ scope: "tree", subject: "x", window: "run", measure: "usd" }, "subject"],
    [{ scope: "tree", subject: EACH, window: "run", measure: "descendants" }, undefined],
    [{ scope: "user", subject: "ada", window: "month", measure: "tool_calls" }, undefined],
  ] as const)("%j: %s", (one, field) => expect(whyNot(one)?.[0]).toBe(field));

  it("an answer for every combination", () => {
    for (const scope of BUDGET_SCOPES)
      for (const window of BUDGET_WINDOWS)
        for (const measure of BUDGET_MEASURES)
          expect(whyNot({ scope, subject: EACH, window, measure })?.[1] ?? "fine").toMatch(/^[a-z]/);
  });
});
