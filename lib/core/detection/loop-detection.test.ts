import { describe, expect, it } from "vitest";
import {
  buildPrior,
  createDetector,
  DEFAULT_DETECT_SETTINGS,
  type DetectorState,
  observe,
  type Observation,
} from "./detect";
import { observation } from "@/lib/evals/detection/generate";

/** Time between two calls of the agent, in ms. */
const STEP_MS = 500;

interface Call {
  run: string | null;
  action: string | null;
  at: number;
}

/** Steps after which the calls were called a quarantine; null: never. */
function heldAfter(state: DetectorState, calls: readonly Call[]): number | null {
  for (const [i, { run, action, at }] of calls.entries()) {
    const o: Observation = {
      ...observation(i, { latency_ms: 100 }, { kind: "tool_call", tool: "send_mail" }),
      at,
      runId: run,
      actionHash: action,
      resultHash: action && `result of ${action}`,
    };
    const found = observe(state, o, DEFAULT_DETECT_SETTINGS, null);
    if (found.some(({ type, verdict }) => type === "repetition" && verdict === "quarantine")) return i + 1;
  }
  return null;
}

/** Calls one after another. */
const calls = (n: number, from: number, of: (i: number) => Omit<Call, "at">, apart = STEP_MS): Call[] =>
  Array.from({ length: n }, (_, i) => ({ ...of(i), at: from + i * apart }));

describe("the same call in a run of its own each time", () => {
  const circle = (from: number, n = 40, apart = STEP_MS) =>
    calls(n, from, (i) => ({ run: `again-${i}`, action: "same" }), apart);
  const past: Record<string, (i: number) => Omit<Call, "at">> = {
    "works outside of runs": (i) => ({ run: null, action: `a-${i}` }),
    "works outside of runs and says nothing of its calls": () => ({ run: null, action: null }),
    "works in runs of eight steps": (i) => ({ run: `r-${i >> 3}`, action: `a-${i}` }),
    "works in runs of eight steps that begin alike": (i) => ({ run: `r-${i >> 3}`, action: i % 8 === 0 ? "list" : `a-${i}` }), // prettier-ignore
  };
  for (const [name, of] of Object.entries(past))
    it(`is held when the agent ${name}`, () => {
      const state = createDetector();
      expect(heldAfter(state, calls(160, 0, of))).toBeNull();
      const held = heldAfter(state, circle(160 * STEP_MS));
      expect(held).not.toBeNull();
      expect(held).toBeLessThanOrEqual(16);
    });

  it("is a scheduled job when it always was like this, from its first run on", () => {
    expect(heldAfter(createDetector(), circle(0, 400))).toBeNull();
  });

  it("is a job of its kind when every run was one call before", () => {
    const state = createDetector();
    expect(
      heldAfter(
        state,
        calls(160, 0, (i) => ({ run: `r-${i}`, action: `a-${i}` })),
      ),
    ).toBeNull();
    expect(heldAfter(state, circle(160 * STEP_MS, 400))).toBeNull();
  });

  it("is a scheduled job when runs come as seldom as they ever did", () => {
    const state = createDetector();
    const busy = calls(160, 0, (i) => ({ run: `r-${i >> 3}`, action: `a-${i}` }));
    expect(heldAfter(state, busy)).toBeNull();
    expect(heldAfter(state, circle(160 * STEP_MS, 200, 8 * STEP_MS))).toBeNull();
  });

  it("may be told again after it stopped", () => {
    const state = createDetector();
    heldAfter(state, calls(160, 0, past["works outside of runs"]!));
    expect(heldAfter(state, circle(160 * STEP_MS))).not.toBeNull();
    expect(
      heldAfter(
        state,
        calls(160, 200 * STEP_MS, (i) => ({ run: null, action: `b-${i}` })),
      ),
    ).toBeNull();
    expect(heldAfter(state, circle(400 * STEP_MS))).not.toBeNull();
  });
});

describe("a run that finds nothing new", () => {
  // Every second step tries something; what it finds was there before.
  const wandering = calls(30, 0, (i) => ({ run: "r", action: `a-${i}` }));
  const held = (shares: number[]) => {
    const prior = buildPrior(shares.map((result) => ({ lanes: {}, rates: {}, repeats: { result } })));
    const state = createDetector();
    return wandering.findIndex(({ run, action, at }, i) => {
      const o: Observation = {
        ...observation(i, { latency_ms: 100 }, { kind: "tool_call", tool: "search" }),
        at,
        runId: run,
        actionHash: action,
        resultHash: i % 3 === 0 ? `new-${i}` : "nothing found",
      };
      return observe(state, o, DEFAULT_DETECT_SETTINGS, prior).some(({ type }) => type === "repetition");
    });
  };

  it("is told by what is usual among its peers", () => expect(held([0, 0.02, 0.05])).toBeGreaterThan(0));
  it("is not told where its peers do so as well", () => expect(held([0.5, 0.6, 0.7])).toBe(-1));
  it("is not told with fewer than three peers, while nothing is known of its own runs", () =>
    expect(held([0, 0.02])).toBe(-1));
});
