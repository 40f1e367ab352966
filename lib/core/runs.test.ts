import { describe, expect, it } from "vitest";
import { observation, random } from "@/lib/evals/detection/generate";
import {
  acceptAsNormal,
  type Anomaly,
  createDetector,
  DEFAULT_DETECT_SETTINGS,
  type DetectorState,
  observe,
  type Observation,
  tick,
} from "./detect";

let seq = 0;
const see = (state: DetectorState, o: Partial<Observation>): Anomaly[] =>
  observe(state, observation(seq++, o.values ?? {}, o), DEFAULT_DETECT_SETTINGS, null);

interface Shape {
  calls: number;
  cost?: number;
  action?: (i: number) => string;
  result?: (i: number) => string;
  at?: (i: number) => number;
}

/** One run of an agent: its calls, then its end. */
function run(state: DetectorState, id: string, { calls, cost = 0.01, action, result, at }: Shape): Anomaly[] {
  const found: Anomaly[] = [];
  for (let i = 0; i < calls; i++) {
    found.push(
      ...see(state, {
        runId: id,
        kind: "model_call",
        values: { cost },
        actionHash: action?.(i) ?? null,
        resultHash: result?.(i) ?? null,
        ...(at && { at: at(i) }),
      }),
    );
  }
  found.push(...see(state, { runId: id, kind: "run_end", ...(at && { at: at(calls) }) }));
  return found;
}

/** An agent whose runs take 6 to 12 calls. */
function seasoned(runs = 80, shape: Partial<Shape> = {}): DetectorState {
  const state = createDetector();
  const uniform = random(5);
  for (let r = 0; r < runs; r++) run(state, `h${r}`, { calls: 6 + Math.floor(7 * uniform()), ...shape });
  return state;
}

describe("run totals", () => {
  it("are judged while the run goes on", () => {
    const state = seasoned();
    const found: Anomaly[] = [];
    let calls = 0;
    while (calls < 500 && !found.some((a) => a.type === "run_overrun" && a.verdict === "quarantine")) {
      found.push(...see(state, { runId: "wild", values: { cost: 0.01 } }));
      calls++;
    }
    expect(calls).toBeLessThan(120);
    expect(calls).toBeGreaterThan(20);
  });

  it("say nothing of healthy runs", () => {
    const state = seasoned(200);
    expect(Array.from({ length: 100 }, (_, r) => run(state, `n${r}`, { calls: 6 + (r % 7) })).flat()).toEqual([]);
  });

  it("are not learned from a run that proved sick", () => {
    const state = seasoned();
    const before = JSON.stringify(state.totals["run_calls"]);
    run(state, "wild", { calls: 400 });
    expect(JSON.stringify(state.totals["run_calls"])).toBe(before);
  });
});

const LOOPS: [string, (i: number) => string][] = [
  ["the same over and over", () => "a"],
  ["two steps in turn", (i) => "ab"[i % 2]!],
  ["a round of five", (i) => "abcde"[i % 5]!],
];

describe("going in circles", () => {
  it.each(LOOPS)("is told of %s, in an agent's first run even", (_, action) => {
    const found = run(createDetector(), "loop", { calls: 30, action, result: (i) => `r${action(i)}` });
    const told = found.filter((a) => a.type === "repetition");
    expect(told.at(-1)?.verdict).toBe("quarantine");
    expect(told.at(-1)?.value).toBeLessThanOrEqual(14);
  });

  it("is no reproach to steps that get somewhere: the same action with a new result each time", () => {
    expect(run(createDetector(), "poll", { calls: 60, action: () => "poll", result: (i) => `r${i}` })).toEqual([]);
  });

  it("is told once a level and run", () => {
    const found = run(createDetector(), "loop", { calls: 100, action: () => "a", result: () => "r" });
    expect(found.filter((a) => a.type === "repetition").map((a) => a.verdict)).toEqual(["watch", "quarantine"]);
  });

  it("outside of runs is told again once it had stopped", () => {
    const state = createDetector();
    const step = (action: string) =>
      see(state, { kind: "tool_call", tool: "t", actionHash: action, resultHash: action });
    const told = (actions: string[]) => actions.flatMap(step).filter((a) => a.verdict === "quarantine").length;
    const same = Array.from({ length: 40 }, () => "same");
    expect(told(same)).toBe(1);
    expect(told(same)).toBe(0);
    expect(told(Array.from({ length: 60 }, (_, i) => `fresh ${i}`))).toBe(0);
    expect(told(same)).toBe(1);
  });

  it("can be accepted as this agent's nature", () => {
    const state = createDetector();
    const shape: Shape = {
      calls: 24,
      action: (i) => (i % 3 === 0 ? `new${i}` : "poll"),
      result: (i) => (i % 3 === 0 ? `r${i}` : "wait"),
    };
    const found = run(state, "first", shape);
    expect(found.some((a) => a.type === "repetition" && a.verdict === "quarantine")).toBe(true);
    const all = structuredClone(state);
    acceptAsNormal(all, "all");
    expect(run(all, "second", shape).filter((a) => a.verdict === "quarantine")).toEqual([]);
    acceptAsNormal(state, found);
    expect(run(state, "second", shape).filter((a) => a.verdict === "quarantine")).toEqual([]);
  });

  it("takes input sizes for a sign only where an agent's runs do not repeat them anyway", () => {
    const state = createDetector();
    for (let r = 0; r < 60; r++) {
      for (let i = 0; i < 8; i++) see(state, { runId: `c${r}`, values: { input_tokens: 500 } });
      see(state, { runId: `c${r}`, kind: "run_end" });
    }
    const constant = Array.from({ length: 40 }, () =>
      see(state, { runId: "again", values: { input_tokens: 500 } }),
    ).flat();
    expect(constant.filter((a) => a.type === "repetition")).toEqual([]);
  });
});

describe("time", () => {
  /** Somebody is heard of all the time. */
  const others = () => 0;

  /** Runs of five calls a second apart, one run every ten seconds. */
  function punctual() {
    const state = createDetector();
    for (let r = 0; r < 60; r++) run(state, `t${r}`, { calls: 5, at: (i) => r * 10_000 + i * 1000 });
    return { state, now: 60 * 10_000 };
  }

  it("shows silence once, and only when it is long for this agent", () => {
    const { state, now } = punctual();
    expect(tick(state, now + 5_000, DEFAULT_DETECT_SETTINGS, others)).toEqual([]);
    const found = tick(state, now + 24 * 3_600_000, DEFAULT_DETECT_SETTINGS, others);
    expect(found).toMatchObject([{ type: "silence", verdict: "watch" }]);
    expect(tick(state, now + 25 * 3_600_000, DEFAULT_DETECT_SETTINGS, others)).toEqual([]);
  });

  it("shows a run that hangs while the agent reports", () => {
    const { state, now } = punctual();
    see(state, { runId: "stuck", at: now });
    const later = now + 600_000;
    see(state, { kind: "heartbeat", at: later });
    expect(tick(state, later, DEFAULT_DETECT_SETTINGS, others)).toMatchObject([
      { type: "stuck_run", verdict: "quarantine", runId: "stuck" },
    ]);
    expect(tick(state, later + 1000, DEFAULT_DETECT_SETTINGS, others)).toEqual([]);
  });

  it("blames no run when nobody reports at all", () => {
    const { state, now } = punctual();
    see(state, { runId: "open", at: now });
    const later = now + 600_000;
    const stuck = (lull: (since: number) => number) =>
      tick(state, later, DEFAULT_DETECT_SETTINGS, lull).filter((a) => a.type === "stuck_run").length;
    expect(stuck((since) => later - since)).toBe(0);
    // Everybody was away, and the first of them came back a second ago.
    expect(stuck((since) => later - since - 1_000)).toBe(0);
    expect(stuck(others)).toBe(1);
  });

  it("calls no run stuck of an agent that never ends them", () => {
    const state = createDetector();
    for (let r = 0; r < 100; r++) for (let i = 0; i < 5; i++) see(state, { runId: `e${r}`, at: r * 10_000 + i * 1000 });
    see(state, { kind: "heartbeat", at: 9_000_000 });
    expect(tick(state, 9_000_000, DEFAULT_DETECT_SETTINGS, others).filter((a) => a.type === "stuck_run")).toEqual([]);
  });

  it("shows money flowing faster than ever", () => {
    const state = createDetector();
    for (let m = 0; m < 60; m++)
      for (let i = 0; i < 6; i++)
        see(state, { at: m * 60_000 + i * 9_000, values: { cost: 0.01 + 0.001 * ((m + i) % 3) } });
    const found: Anomaly[] = [];
    for (let i = 0; i < 4000; i++) found.push(...see(state, { at: 61 * 60_000 + i, values: { cost: 0.01 } }));
    expect(found.map((a) => a.type)).toContain("spend_velocity");
  });
});
