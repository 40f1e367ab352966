import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FAULTS, healthyAgent, observation } from "@/lib/evals/detection/generate";
import { METRICS } from "../base/vocabulary";
import {
  acceptAsNormal,
  type Anomaly,
  bands,
  createDetector,
  declareChange,
  DEFAULT_DETECT_SETTINGS,
  type DetectorState,
  isLearning,
  observe,
  type Observation,
  resetEvidence,
} from "./detect";

const SETTINGS = DEFAULT_DETECT_SETTINGS;
const see = (state: DetectorState, o: Observation) => observe(state, o, SETTINGS, null);

/** A detector that has seen `n` healthy samples, and the agent to go on with. */
function known(n: number, more: Partial<Observation> = {}, seed = 42) {
  const agent = healthyAgent(seed, 0.5);
  const state = createDetector();
  for (let i = 0; i < n; i++) see(state, observation(i, { ...agent() }, more));
  return { state, agent };
}

describe("observe", () => {
  it("gives the same anomalies for the same events, also when its state went through JSON in between", () => {
    const run = (viaJson: boolean) => {
      const agent = healthyAgent(7, 0.5);
      let state = createDetector();
      const found: Anomaly[] = [];
      for (let i = 0; i < 330; i++) {
        const v = agent();
        found.push(
          ...see(
            state,
            observation(i, { ...(i >= 300 ? FAULTS["tokens x5"](v, i - 300) : v) }, { runId: `r${i >> 3}` }),
          ),
        );
        if (viaJson) state = JSON.parse(JSON.stringify(state)) as DetectorState;
      }
      return found;
    };
    expect(run(false).length).toBeGreaterThan(0);
    expect(run(true)).toEqual(run(false));
  });

  it("names what is off, in its own unit, with its run", () => {
    const { state, agent } = known(300, { stepKind: "plan" });
    const found = see(
      state,
      observation(300, { ...FAULTS["tokens x100"](agent(), 0) }, { stepKind: "plan", runId: "r1" }),
    );
    const spike = found.find((a) => a.metric === "token_count")!;
    expect(spike).toMatchObject({
      type: "token_spike",
      verdict: "quarantine",
      evidence: "single",
      runId: "r1",
      samples: 1,
      stratum: "model_call|plan|m||",
    });
    expect(spike.value).toBeGreaterThan(spike.expected.high);
    expect(spike.statistic).toBeGreaterThan(spike.threshold);
    expect(spike.severity).toBeGreaterThan(8);
    expect(found.map((a) => a.type)).toContain("cost_spike");
    expect(found.map((a) => a.type)).not.toContain("latency_spike");
  });

  it("asks the fleet before it contains for latency", () => {
    const { state, agent } = known(300);
    const verdicts = Array.from({ length: 12 }, (_, n) =>
      see(state, observation(300 + n, { ...FAULTS["latency x10"](agent(), n) })),
    )
      .flat()
      .filter((a) => a.type === "latency_spike")
      .map((a) => a.verdict);
    expect(verdicts.at(-1)).toBe("suspect");
  });

  it("speaks once a level, not at every sample of a fault", () => {
    const { state, agent } = known(300);
    const found = Array.from({ length: 100 }, (_, n) =>
      see(state, observation(300 + n, { ...FAULTS["cost x10"](agent(), n) })),
    ).flat();
    expect(found.filter((a) => a.metric === "cost").length).toBeLessThanOrEqual(2);
  });

  it("sees work vanish, and a cache collapse", () => {
    const agent = healthyAgent(1, 0.3);
    const state = createDetector();
    for (let i = 0; i < 300; i++)
      see(state, observation(i, { token_count: agent().token_count, cache_ratio: 0.8 + 0.02 * (i % 5) }));
    const types = Array.from({ length: 20 }, (_, n) =>
      see(state, observation(300 + n, { token_count: 0, cache_ratio: 0 })),
    )
      .flat()
      .map((a) => a.type);
    expect(types).toContain("vanished_work");
    expect(types).toContain("cache_collapse");
  });

  it("does not learn while told not to", () => {
    const { state, agent } = known(300);
    const before = bands(state);
    for (let i = 0; i < 50; i++) see(state, observation(300 + i, { ...agent() }, { learn: false }));
    expect(bands(state)).toEqual(before);
  });

  it("watches an undeclared prompt change at once, at severity 5 at most, and says nothing of a declared one", () => {
    const { state, agent } = known(100, { promptHash: "p1" });
    const found = see(state, observation(100, { ...agent() }, { promptHash: "p2" }));
    expect(found).toMatchObject([
      { type: "prompt_change", verdict: "watch", evidence: "change", detail: { from: "p1", to: "p2" } },
    ]);
    expect(found[0]!.severity).toBeLessThanOrEqual(5);
    declareChange(state, { at: 0, kind: "prompt" });
    expect(see(state, observation(101, { ...agent() }, { promptHash: "p3" }))).toEqual([]);
  });

  it("proves trouble sooner after an undeclared change, and holds at most one harmless change in a hundred", () => {
    const AGENTS = 300;
    const doubled = FAULTS["tokens x2"];
    const samplesToProof = (seed: number, after: Partial<Observation>, ill: boolean): number | null => {
      const { state, agent } = known(200, { promptHash: "p1" }, seed);
      for (let i = 200; i < 320; i++) {
        const v = agent();
        const found = see(
          state,
          observation(i, { ...(ill ? doubled(v, i - 200) : v) }, { promptHash: "p1", ...after }),
        );
        if (found.some((a) => a.verdict !== "watch")) return i - 199;
      }
      return null;
    };
    const seeds = Array.from({ length: AGENTS }, (_, i) => i + 1);
    const harmless = seeds.filter((seed) => samplesToProof(seed, { promptHash: "p2" }, false) !== null);
    expect(harmless.length).toBeLessThanOrEqual(0.02 * AGENTS);
    const mean = (list: (number | null)[]) => list.reduce<number>((sum, n) => sum + (n ?? 120), 0) / list.length;
    const few = seeds.slice(0, 60);
    const changed = mean(few.map((seed) => samplesToProof(seed, { promptHash: "p2" }, true)));
    const unchanged = mean(few.map((seed) => samplesToProof(seed, {}, true)));
    expect(changed).toBeLessThan(0.8 * unchanged);
  });
  it("keeps judging by the old normal after an undeclared change: a new prompt is no way around", () => {
    const { state, agent } = known(300, { promptHash: "p1" });
    const found = see(state, observation(300, { ...FAULTS["tokens x100"](agent(), 0) }, { promptHash: "p2" }));
    expect(found.map((a) => a.type)).toEqual(expect.arrayContaining(["prompt_change", "token_spike"]));
  });

  it("takes an announced new level for normal, and still sees what comes after", () => {
    const { state, agent } = known(300, { promptHash: "p1" });
    declareChange(state, { at: 0, kind: "prompt" });
    const later = Array.from({ length: 100 }, (_, n) =>
      see(state, observation(300 + n, { ...FAULTS["tokens x5"](agent(), n) }, { promptHash: "p2" })),
    );
    expect(later.flat().filter((a) => a.verdict !== "watch")).toEqual([]);
    expect(
      see(
        state,
        observation(400, { ...FAULTS["tokens x100"](FAULTS["tokens x5"](agent(), 0), 0) }, { promptHash: "p2" }),
      ).length,
    ).toBeGreaterThan(0);
  });

  describe("a change that every kind of step meets in its own time", () => {
    /** Model calls and calls of a tool in turn; only the model's tell the prompt. */
    const steps = (seed: number, n: number, change: (state: DetectorState) => void, factor: number) => {
      const [model, tool] = [healthyAgent(seed, 0.5), healthyAgent(seed + 1_000, 0.5)];
      const state = createDetector();
      const found: Anomaly[] = [];
      for (let i = 0; i < 400 + n; i++) {
        if (i === 400) change(state);
        const after = i >= 400;
        const v = i % 2 ? tool() : model();
        const latency = { ...v, latency_ms: v.latency_ms * (after ? factor : 1) };
        const kind = i % 2 ? { kind: "tool_call" as const, tool: "search" } : { promptHash: after ? "p2" : "p1" };
        const said = see(state, observation(i, latency, kind));
        if (after) found.push(...said.filter((a) => a.verdict !== "watch"));
      }
      return found;
    };

    it("announced, gives no alarm in any of them", () => {
      const announce = (state: DetectorState) => declareChange(state, { at: 0, kind: "prompt" });
      for (let seed = 1; seed <= 20; seed++) expect(steps(seed, 200, announce, 5)).toEqual([]);
    });

    it("undeclared and harmless, holds hardly anybody", () => {
      let held = 0;
      for (let seed = 1; seed <= 200; seed++) held += Number(steps(seed, 200, () => undefined, 1).length > 0);
      expect(held).toBeLessThanOrEqual(0.02 * 200);
    });
  });

  it("learns a level that was accepted as normal, and closes the evidence", () => {
    const { state, agent } = known(300);
    const shifted = (n: number) => see(state, observation(300 + n, { ...FAULTS["latency x10"](agent(), n) }));
    const found = Array.from({ length: 20 }, (_, n) => shifted(n)).flat();
    expect(found.length).toBeGreaterThan(0);
    acceptAsNormal(state, found);
    const after = Array.from({ length: 200 }, (_, n) => shifted(20 + n)).flat();
    expect(after.filter((a) => a.verdict !== "watch")).toEqual([]);
  });

  it("starts from nothing after a reset, with the baseline as it was", () => {
    const { state, agent } = known(300);
    for (let n = 0; n < 20; n++)
      see(state, observation(300 + n, { ...FAULTS["latency x10"](agent(), n) }, { learn: false }));
    resetEvidence(state);
    expect(state.evidence).toBe(0);
    expect(Array.from({ length: 50 }, (_, n) => see(state, observation(330 + n, { ...agent() }))).flat()).toEqual([]);
    expect(
      Array.from({ length: 10 }, (_, n) =>
        see(state, observation(390 + n, { ...FAULTS["latency x10"](agent(), n) })),
      ).flat().length,
    ).toBeGreaterThan(0);
  });

  it("is learning for its first twenty samples", () => {
    expect(isLearning(known(19).state)).toBe(true);
    expect(isLearning(known(20).state)).toBe(false);
  });

  it("stays small: ten metrics, four strata, a few open runs", () => {
    const agent = healthyAgent(3, 0.5);
    const state = createDetector();
    for (let i = 0; i < 2000; i++) {
      const step = ["plan", "act", "check", "write"][i % 4]!;
      see(
        state,
        observation(
          i,
          { ...agent(), ttft_ms: 50 + (i % 7), cache_ratio: 0.5 },
          { stepKind: step, runId: `r${i >> 4}`, success: true },
        ),
      );
      if (i % 16 === 15) see(state, observation(i, {}, { kind: "run_end", runId: `r${i >> 4}` }));
    }
    const rounded = JSON.stringify(state, (_, v: unknown) => (typeof v === "number" ? Number(v.toPrecision(6)) : v));
    expect(rounded.length).toBeLessThan(30_000);
  });

  it("survives anything finite, keeps its state finite, and never makes a severity beyond 10", () => {
    const number = fc.oneof(
      fc.constant(0),
      fc.double({ min: 0, max: 1e308, noNaN: true }),
      fc.integer({ min: 0, max: 100_000 }),
    );
    const hash = fc.option(fc.constantFrom("a", "b", "c", "d", "__proto__", "constructor"), { nil: null });
    const event = fc.record({
      kind: fc.constantFrom("model_call", "tool_call", "run_end", "run_start", "heartbeat", "outcome"),
      at: fc.integer({ min: 0, max: 1e12 }),
      model: hash,
      promptHash: hash,
      toolsHash: hash,
      responseModel: hash,
      stepKind: hash,
      tool: hash,
      runId: hash,
      parentRunId: hash,
      actionHash: hash,
      resultHash: hash,
      learn: fc.boolean(),
      values: fc.dictionary(fc.constantFrom(...METRICS), number),
      gauges: fc.dictionary(fc.constantFrom("load", "heat"), fc.double({ noNaN: true, noDefaultInfinity: true })),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 30, maxLength: 120 }), (events) => {
        const state = createDetector();
        events.forEach((e, i) => {
          const values = { ...e.values };
          for (const a of see(state, observation(i, values, e as Partial<Observation>))) {
            expect(a.severity).toBeGreaterThanOrEqual(0);
            expect(a.severity).toBeLessThanOrEqual(10);
            expect(JSON.stringify(a)).not.toContain('null,"mid"');
          }
        });
        JSON.stringify(state, (key, v: unknown) => {
          if (typeof v === "number" && !Number.isFinite(v)) throw new Error(`${key} is ${v}`);
          return v;
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe("an agent whose latency follows the hours of the day", () => {
  const PER_DAY = 1440;
  /** Latency swings by a third around its level, sample by sample through four days; then comes the fault. */
  function daily(fault: (x: number) => number, samples: number) {
    const agent = healthyAgent(78, 0.3);
    const state = createDetector();
    const swing = (i: number) => Math.exp(0.3 * Math.sin((2 * Math.PI * i) / PER_DAY));
    let healthyHolds = 0;
    for (let i = 0; i < 4 * PER_DAY; i++) {
      const v = agent();
      const found = see(state, observation(i, { ...v, latency_ms: v.latency_ms * swing(i) }, { at: i * 60_000 }));
      if (found.some((a) => a.verdict !== "watch")) {
        healthyHolds++;
        resetEvidence(state);
      }
    }
    for (let n = 0; n < samples; n++) {
      const v = agent();
      const i = 4 * PER_DAY + n;
      const found = see(
        state,
        observation(i, { ...v, latency_ms: fault(v.latency_ms * swing(i)) }, { at: i * 60_000 }),
      );
      if (found.some((a) => a.type === "latency_spike" && a.verdict !== "watch")) return { healthyHolds, after: n + 1 };
    }
    return { healthyHolds, after: null };
  }

  it("is not held for it, and is held for a real change", () => {
    const { healthyHolds, after } = daily((x) => x * 10, 40);
    expect(healthyHolds).toBeLessThanOrEqual(2);
    expect(after).toBeLessThanOrEqual(5);
  });
});
