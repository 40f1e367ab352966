import { describe, expect, it } from "vitest";
import { observation } from "@/lib/evals/detection/generate";
import { createDetector, DEFAULT_DETECT_SETTINGS, type DetectorState, observe } from "./detect";

const STEP_MS = 500;

/** Reports calls of runs that are never said to end; what was found. */
function work(state: DetectorState, runOf: (call: number) => string, from: number, to: number) {
  return Array.from({ length: to - from }, (_, i) => from + i).flatMap((call) =>
    observe(
      state,
      observation(call, { latency_ms: 100 }, { at: call * STEP_MS, runId: runOf(call) }),
      DEFAULT_DETECT_SETTINGS,
      null,
    ),
  );
}

describe("runs that are never said to end", () => {
  it("count as ended when newer ones have begun and they stay quiet, so that an endless one is known soon", () => {
    const state = createDetector();
    expect(work(state, (call) => `run ${call >> 2}`, 0, 120)).toEqual([]);
    expect(Object.keys(state.runs).length).toBeLessThanOrEqual(8);
    const found = work(state, () => "endless", 120, 160);
    expect(found.find(({ metric, verdict }) => metric === "run_calls" && verdict === "quarantine")).toMatchObject({
      type: "run_overrun",
      runId: "endless",
    });
  });

  it("stay open while they go on beside others", () => {
    const state = createDetector();
    work(state, (call) => `run ${call % 12}`, 0, 240);
    expect(Object.keys(state.runs)).toHaveLength(12);
    expect(state.dropped).toBe(0);
  });
});
