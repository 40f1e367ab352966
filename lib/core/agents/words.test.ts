import { describe, expect, it } from "vitest";
import { type Described, describeAnomaly, duration, passedText, quantity } from "./words";
import { ANOMALY_TYPES } from "../base/vocabulary";

const anomaly = (a: Partial<Described>): Described => ({
  type: "latency_spike",
  metric: "latency_ms",
  value: 8400,
  expected: { low: 350, mid: 800, high: 1900 },
  evidence: "single",
  effect: 10.5,
  samples: 6,
  detail: {},
  ...a,
});

describe("an anomaly in words", () => {
  it.each<[string, Partial<Described>, string]>([
    ["outside the band", {}, "latency 8,400 ms, expected 350–1,900 (11x the expected value); evidence over 6 samples"],
    [
      "one sample",
      { samples: 1 },
      "latency 8,400 ms, expected 350–1,900 (11x the expected value); evidence in one sample",
    ],
    [
      "a shift that no single sample shows",
      { value: 1500, effect: 1.9, samples: 40 },
      "latency 1,500 ms, expected 350–1,900; the level shifted, evidence over 40 samples",
    ],
    [
      "money",
      {
        type: "cost_spike",
        metric: "cost",
        value: 1.2345,
        expected: { low: 0.001, mid: 0.01, high: 0.05 },
        effect: 123,
      },
      "cost $1.23, expected $0.001–$0.05 (123x the expected value); evidence over 6 samples",
    ],
    [
      "from nearly nothing",
      {
        type: "tool_explosion",
        metric: "tool_calls",
        value: 40,
        expected: { low: 0, mid: 0, high: 2 },
        effect: 1000,
        samples: 1,
      },
      "tool calls 40, expected 0–2 (over 1,000x the expected value); evidence in one sample",
    ],
    [
      "downward",
      {
        type: "cache_collapse",
        metric: "cache_ratio",
        value: 0,
        expected: { low: 0.6, mid: 0.8, high: 0.95 },
        effect: 0,
      },
      "share of input from cache 0 %, expected 60 %–95 % (0x the expected value); evidence over 6 samples",
    ],
    [
      "a rate",
      {
        type: "error_rate_spike",
        metric: "error",
        value: 1,
        expected: { low: 0, mid: 0.012, high: 0.012 },
        samples: 5,
      },
      "more failed calls than usual (normally 1.2 %); evidence over 5 samples",
    ],
    [
      "vanished work",
      { type: "vanished_work", metric: "zero_tools", value: 1, expected: { low: 0, mid: 0.0001, high: 0 }, samples: 4 },
      "more steps without tool calls than usual (normally almost none); evidence over 4 samples",
    ],
    [
      "another model",
      { type: "model_change", metric: "model", detail: { from: "gpt-4o", to: "gpt-4o-mini" } },
      "model changed from gpt-4o to gpt-4o-mini, not declared",
    ],
    [
      "silence",
      { type: "silence", metric: "silence", value: 480_000, expected: { low: 0, mid: 0, high: 60_000 } },
      "no events for 8 min, expected within 60 s",
    ],
  ])("%s", (_, given, words) => {
    expect(describeAnomaly(anomaly(given))).toBe(words);
  });

  it("never claims a cause or a cure, and never shows a hole", () => {
    for (const type of ANOMALY_TYPES) {
      const text = describeAnomaly(anomaly({ type }));
      expect(text).not.toMatch(/because|caused|fixed|undefined|NaN|null/);
    }
  });
});

it("says spans and quantities as people do", () => {
  expect([850, 12_000, 240_000, 3.5 * 3_600_000].map(duration)).toEqual(["850 ms", "12 s", "4 min", "3.5 h"]);
  expect(quantity(3400, "bytes")).toBe("3.4 kB");
  expect(quantity(0.0000123, "usd")).toBe("$0.0000123");
});

describe("an incident that ended by itself", () => {
  const run = (
    entry: string,
    state: "done" | "failed",
    outcome: "pending" | "recovered" | "no_effect" | "cannot_tell",
  ) => ({
    action: "run_command",
    args: { entry },
    state,
    outcome,
  });
  it.each([
    ["says that no action was carried out", [], "no operation was carried out for it"],
    ["says what was", [run("restart", "done", "no_effect")], "carried out before: restart (no effect)"],
    [
      "says what came of each",
      [run("restart", "failed", "pending"), run("drain", "done", "cannot_tell"), run("scale", "done", "recovered")],
      "carried out before: restart (failed), drain (inconclusive), scale (recovered)",
    ],
    [
      "calls nothing measured that was not",
      [run("drain", "done", "pending")],
      "carried out before: drain (effect not measured)",
    ],
  ])("%s", (_, runs, words) => {
    expect(passedText(runs)).toBe(`its alerts ended and no measured signal is out of band; ${words}`);
  });
});
