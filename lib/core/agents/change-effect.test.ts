import { describe, expect, it } from "vitest";
import { changeEffect, type EffectCall, effectText } from "./change-effect";

const wave = (i: number) => 1 + 0.1 * Math.sin(i * 2.3);
const calls = (n: number, of: (i: number) => Partial<EffectCall>): EffectCall[] =>
  Array.from({ length: n }, (_, i) => ({ model: true, cost: null, latencyMs: null, success: null, ...of(i) }));
const usual = (i: number) => ({ cost: 0.01 * wave(i), latencyMs: 800 * wave(i + 1), success: i % 50 !== 0 });

describe("the effect of a change", () => {
  it("finds what became dearer, slower and more often fails, and nothing where nothing changed", () => {
    const before = calls(100, usual);
    expect(changeEffect(before, calls(100, usual)).map(({ metric, verdict }) => [metric, verdict])).toEqual([
      ["cost", "no_difference"],
      ["latency_ms", "no_difference"],
      ["errors", "no_difference"],
    ]);
    const after = calls(40, (i) => ({ cost: 0.02 * wave(i), latencyMs: 500 * wave(i), success: i % 5 !== 0 }));
    const effect = changeEffect(before, after);
    expect(effect).toMatchObject([
      { metric: "cost", verdict: "higher", calls_before: 100, calls_after: 40 },
      { metric: "latency_ms", verdict: "lower" },
      { metric: "errors", verdict: "higher", before: 0.02, after: 0.2 },
    ]);
    expect(effect.map(effectText)[2]).toBe("failed calls higher: 2 % → 20 % (100 and 40 calls)");
  });

  it("says so where there are too few calls, and leaves out what nobody reports", () => {
    expect(
      changeEffect(
        calls(100, () => ({ latencyMs: 10 })),
        calls(3, () => ({ latencyMs: 1_000 })),
      ),
    ).toMatchObject([{ metric: "latency_ms", verdict: "too_few", before: 10, after: 1_000, calls_after: 3 }]);
    expect(changeEffect([], [])).toEqual([]);
    expect(
      changeEffect(
        [],
        calls(9, () => ({ cost: 1 })),
      ),
    ).toMatchObject([{ metric: "cost", before: null, verdict: "too_few" }]);
  });

  it("compares the latency of model calls with that of model calls, where there are any", () => {
    const tools = calls(50, () => ({ model: false, latencyMs: 5_000 }));
    const mixed = [...calls(50, (i) => ({ latencyMs: 100 * wave(i) })), ...tools];
    expect(
      changeEffect(
        calls(50, (i) => ({ latencyMs: 100 * wave(i + 1) })),
        mixed,
      ),
    ).toMatchObject([{ metric: "latency_ms", verdict: "no_difference", calls_after: 50 }]);
    expect(changeEffect(tools, tools)).toMatchObject([
      { metric: "latency_ms", calls_before: 50, verdict: "no_difference" },
    ]);
  });

  it("calls a sure but negligible difference none", () => {
    const of = (shift: number) => calls(200, (i) => ({ cost: wave(i * 7) + shift }));
    expect(changeEffect(of(0), of(0.001))).toMatchObject([{ verdict: "no_difference" }]);
  });
});
