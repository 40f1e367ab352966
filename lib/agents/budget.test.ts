import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBudget, LOCAL_CALLS, rebuild, type TrajectoryRow } from "./budget";

const PRICE = { input: 2, output: 10 };
const clock = (at = 0) => {
  const time = { at };
  return { now: () => time.at, pass: (ms: number) => (time.at += ms) };
};
const LIMITS = { calls: 15, tokens: 10_000, usd: 0.1, ms: 60_000 };
const row = (more: Partial<TrajectoryRow>): TrajectoryRow => ({
  tool: null,
  args: null,
  author: "local",
  startedAt: 0,
  ms: 0,
  tokens: 0,
  usd: 0,
  ...more,
});

describe("tool calls", () => {
  test("models leave what the analysis needs", () => {
    const budget = createBudget(LIMITS, clock().now);
    const granted = Array.from({ length: 20 }, () => budget.takeCall("model", 1_000).kind);
    expect(granted.filter((kind) => kind === "granted")).toHaveLength(LIMITS.calls - LOCAL_CALLS);
    const own = Array.from({ length: 20 }, () => budget.takeCall("local", 1_000).kind);
    expect(own.filter((kind) => kind === "granted")).toHaveLength(LOCAL_CALLS);
    expect(budget.spent().calls).toBe(LIMITS.calls);
    expect(budget.ranOut()).toEqual(["tool calls"]);
  });

  test("a call's time is cut to what remains, and models end earlier", () => {
    const { now, pass } = clock();
    const budget = createBudget(LIMITS, now);
    pass(44_000);
    expect(budget.takeCall("model", 12_000)).toEqual({ kind: "granted", ms: 1_000 });
    pass(1_000);
    expect(budget.takeCall("model", 12_000)).toEqual({ kind: "spent", what: "time" });
    expect(budget.takeCall("local", 20_000)).toEqual({ kind: "granted", ms: 15_000 });
    pass(15_000);
    expect(budget.takeCall("local", 1)).toEqual({ kind: "spent", what: "time" });
    expect(budget.remainingMs()).toBe(0);
  });
});

describe("tokens and money", () => {
  test("the most is taken before a call and what it did not use is given back, once", () => {
    const budget = createBudget(LIMITS, clock().now);
    const grant = budget.takeModel({ inputTokens: 1_000, maxOutput: 500, price: PRICE, ms: 1_000 });
    if (grant.kind !== "granted") throw new Error("refused");
    expect(budget.spent()).toMatchObject({ tokens: 1_500, usd: 0.007 });
    expect(grant.settle({ input: 400, output: 100 })).toEqual({ tokens: 500, usd: expect.closeTo(0.0018, 9) });
    grant.settle({ input: 0, output: 0 });
    expect(budget.spent().tokens).toBe(500);
    expect(budget.spent().usd).toBeCloseTo(0.0018, 9);
  });

  test("what a provider claims beyond the grant is not counted as used", () => {
    const budget = createBudget(LIMITS, clock().now);
    const grant = budget.takeModel({ inputTokens: 1_000, maxOutput: 500, price: PRICE, ms: 1_000 });
    if (grant.kind !== "granted") throw new Error("refused");
    grant.settle({ input: 1e12, output: 1e12 });
    expect(budget.spent().tokens).toBe(1_500);
  });

  test("one call takes a third of the models' time at most, and none when that is over", () => {
    const { now, pass } = clock();
    const budget = createBudget(LIMITS, now);
    const ask = { inputTokens: 10, maxOutput: 200, price: PRICE, ms: 1e6 };
    expect(budget.takeModel(ask)).toMatchObject({ kind: "granted", ms: 15_000 });
    pass(44_999);
    expect(budget.takeModel(ask)).toMatchObject({ kind: "granted", ms: 1 });
    expect(budget.hasRoomForModel()).toBe(true);
    pass(1);
    expect(budget.hasRoomForModel()).toBe(false);
    expect(budget.takeModel(ask)).toEqual({ kind: "spent", what: "time" });
  });

  test("an answer is cut to the money that remains; below a sentence there is none", () => {
    const budget = createBudget({ ...LIMITS, usd: 0.004 }, clock().now);
    const grant = budget.takeModel({ inputTokens: 1_000, maxOutput: 500, price: PRICE, ms: 1_000 });
    expect(grant).toMatchObject({ kind: "granted", maxOutput: 200 });
    expect(budget.takeModel({ inputTokens: 0, maxOutput: 500, price: PRICE, ms: 1_000 })).toEqual({ kind: "spent", what: "money" }); // prettier-ignore
    expect(budget.takeModel({ inputTokens: 9_000, maxOutput: 500, price: { input: 0, output: 0 }, ms: 1 })).toEqual({ kind: "spent", what: "tokens" }); // prettier-ignore
  });

  test("whatever is asked for in whatever order, no limit is passed", () => {
    const ask = fc.record({
      model: fc.boolean(),
      inputTokens: fc.nat(6_000),
      maxOutput: fc.integer({ min: 1, max: 4_000 }),
      used: fc.option(fc.record({ input: fc.nat(20_000), output: fc.nat(20_000) })),
      settles: fc.boolean(),
      passes: fc.nat(5_000),
    });
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 60 }), (asks) => {
        const { now, pass } = clock();
        const budget = createBudget(LIMITS, now);
        for (const { model, inputTokens, maxOutput, used, settles, passes } of asks) {
          budget.takeCall(model ? "model" : "local", 1_000);
          const grant = budget.takeModel({ inputTokens, maxOutput, price: PRICE, ms: 1_000 });
          if (grant.kind === "granted" && settles) grant.settle(used);
          const spent = budget.spent();
          expect(spent.calls).toBeLessThanOrEqual(LIMITS.calls);
          expect(spent.tokens).toBeLessThanOrEqual(LIMITS.tokens);
          expect(spent.usd).toBeLessThanOrEqual(LIMITS.usd + 1e-9);
          expect(spent.tokens).toBeGreaterThanOrEqual(0);
          pass(passes);
        }
      }),
    );
  });
});

test("a trajectory says what was used: overlapping work counts once, the time after a crash not at all", () => {
  const before = rebuild([
    row({ tool: "fetch_logs", startedAt: 0, ms: 100 }),
    row({ tool: "query_metrics", startedAt: 50, ms: 100 }),
    row({ tool: "model", author: "openai/x", startedAt: 150, ms: 50, tokens: 700, usd: 0.01 }),
    row({ tool: "fetch_logs", author: "openai/x", startedAt: 200, ms: 10 }),
    row({ startedAt: 3_600_000, ms: 5 }),
  ]);
  expect(before).toEqual({ spent: { calls: 3, tokens: 700, usd: 0.01, ms: 215 }, localCalls: 2 });
  const budget = createBudget(LIMITS, clock(9e9).now, before);
  expect(budget.spent()).toEqual(before.spent);
  const granted = Array.from({ length: 20 }, () => budget.takeCall("local", 1).kind);
  expect(granted.filter((kind) => kind === "granted")).toHaveLength(LIMITS.calls - 3);
});
