import { describe, expect, test } from "vitest";
import type { Amounts } from "./aliases";
import { emptyLedger, type Flag, packSeen, seenOf, settle, take } from "./ledger";
import { costOf, marginalCost, parsePrices, priceOf } from "./prices";
import type { Told } from "./told";

const NOW = Date.UTC(2026, 10, 28, 12);
const WHO = { agentId: "a", agentType: "a", instanceId: null, version: null, environment: null, labels: {} };
let ids = 0;
const call = (signal: Told["signal"], amounts: Amounts, id = `id-${++ids}`.padEnd(11)): Told => ({ signal, kind: signal === "metrics" ? "usage" : "model_call", who: WHO, session: "s", trace: null, id, at: NOW, amounts, event: {} }); // prettier-ignore
const counter = (input: number, at: number, since = NOW - 60_000, id = "series"): Told => ({ ...call("metrics", { input }, id), at, since }); // prettier-ignore

/** Takes records in and counts after each, as requests do; counters last, as they wait. */
function counted(records: readonly Told[]) {
  const ledger = emptyLedger();
  const seen = seenOf(ledger);
  const flags: Flag[] = [];
  const total: Amounts = {};
  const add = (due: Amounts) => {
    for (const [kind, n] of Object.entries(due)) total[kind as "input"] = (total[kind as "input"] ?? 0) + n;
  };
  for (const told of records) {
    take(ledger, seen, told, { price: null, now: NOW, onFlag: (flag) => flags.push(flag) });
    if (told.signal !== "metrics") add(settle(ledger, false));
  }
  add(settle(ledger, true));
  return { total, flags, ledger };
}

describe("one signal counts", () => {
  const logs = [call("logs", { modelCalls: 1, input: 10 }), call("logs", { modelCalls: 1, input: 20 })];
  const spans = [call("traces", { modelCalls: 1, input: 10 }), call("traces", { modelCalls: 1, input: 20 })];
  const counters = [call("metrics", { input: 30, output: 7 })];
  test.each([
    [[...logs, ...spans, ...counters]],
    [[...counters, ...spans, ...logs]],
    [[spans[0]!, logs[0]!, counters[0]!, logs[1]!, spans[1]!]],
    [[...logs, ...logs, ...counters, ...spans, ...spans, ...counters]],
  ])("in any order, however often (%#)", (records) => {
    expect(counted(records).total).toEqual({ modelCalls: 2, input: 30, output: 7 });
  });
  test("the most trusted one that told a figure at all", () => {
    expect(counted([call("logs", { modelCalls: 1 }), call("traces", { modelCalls: 1, input: 5 }), call("metrics", { input: 99 })]).total).toEqual({ modelCalls: 1, input: 5 }); // prettier-ignore
  });
});

describe("cumulative counters", () => {
  test("count what they grow by, whatever the order, and anew from a new start", () => {
    const [a, b, c] = [counter(100, NOW - 2_000), counter(150, NOW - 1_000), counter(170, NOW)];
    const again = counter(40, NOW, NOW - 500, "series@2");
    for (const order of [[a, b, c, again], [c, again, b, a], [b, a, b, again, c, c]]) expect(counted(order as Told[]).total).toEqual({ input: 210 }); // prettier-ignore
  });
  test("one that goes up and down inflates nothing, and is flagged", () => {
    const lies = Array.from({ length: 50 }, (_, i) => counter(i % 2 ? 1_000 : 10, NOW + i));
    const { total, flags } = counted(lies);
    expect(total).toEqual({ input: 1_000 });
    expect(new Set(flags)).toEqual(new Set(["wentBack"]));
  });
  test("one that began long before anybody looked counts from where it stands", () => {
    const since = NOW - 30 * 86_400_000;
    expect(counted([counter(5_000_000, NOW - 1_000, since), counter(5_000_010, NOW, since)]).total).toEqual({
      input: 10,
    });
  });
  test("a thousand series of one session are bounded, amounts nobody has are left out", () => {
    const many = Array.from({ length: 1_000 }, (_, i) => counter(1, NOW, NOW - 1_000, `series-${i}`));
    const { total, flags, ledger } = counted([...many, call("logs", { modelCalls: 1, output: 1e12 })]);
    expect([total, Object.keys(ledger.series).length]).toEqual([{ modelCalls: 1, input: 200 }, 200]);
    expect(new Set(flags)).toEqual(new Set(["tooManySeries", "implausible"]));
  });
});

test("what was seen is remembered, the latest of it, in few bytes", () => {
  const ids_ = new Set(Array.from({ length: 5_000 }, (_, i) => String(i).padStart(12, "0")));
  const packed = packSeen(ids_);
  expect(packed.length).toBe(2_048 * 12);
  expect(seenOf({ ...emptyLedger(), seen: packed })).toEqual(new Set([...ids_].slice(-2_048)));
});

describe("prices", () => {
  const none = new Map();
  test("by the exact name, a date passed over, settings first; unknown is no cost", () => {
    expect(priceOf("claude-sonnet-4-5-20250929", none)).toEqual(priceOf("claude-sonnet-4-5", none));
    expect(priceOf("gpt-4o-of-somebody", none)).toBeNull();
    expect(priceOf("constructor", none)).toBeNull();
    const mine = parsePrices("gpt-4o=1:2, own=3:4:0.5:6")!;
    expect([priceOf("gpt-4o", mine), priceOf("own", mine)]).toEqual([{ input: 1, output: 2 }, { input: 3, output: 4, cached: 0.5, cacheWrite: 6 }]); // prettier-ignore
    expect(["gpt-4o", "a=1", "a=1:x", "a=1:2:3:4:5"].map(parsePrices)).toEqual([null, null, null, null]);
  });
  test("each kind of tokens at its own; counters add up to the same", () => {
    const price = { input: 4, cached: 0.2, cacheWrite: 5, output: 20 };
    const all = { input: 2_400, cached: 900, cacheWrite: 300, output: 42 };
    expect(costOf(price, all)).toBe(7_320_000);
    const parts = Object.entries(all).map(([kind, n]) => marginalCost(price, { [kind]: n })!);
    expect(parts.reduce((a, b) => a + b, 0)).toBe(7_320_000);
    expect(costOf(price, { cached: 5 })).toBeNull();
  });
});
