import { expect, it } from "vitest";
import { UNSPECIFIED } from "./anomaly";
import { createDetector, DEFAULT_DETECT_SETTINGS, type DetectorState, observe, restartGaps, tick } from "./detect";

const STEP_MS = 500;
/** Longer than the silence limit of an agent that reports twice a second. */
const HOLD_MS = 90_000;

/** A call every half second, `n` times from `from` on, five to a run that then ends; returns when the last one was. */
function work(state: DetectorState, from: number, n: number): number {
  for (let i = 0; i < n; i++)
    observe(
      state,
      {
        ...UNSPECIFIED,
        at: from + i * STEP_MS,
        seq: i,
        kind: i % 5 === 4 ? "run_end" : "model_call",
        runId: `run-${from}-${Math.floor(i / 5)}`,
        parentRunId: null,
        values: { latency_ms: 400 + ((i * 37) % 100) },
        success: true,
        learn: true,
      },
      DEFAULT_DETECT_SETTINGS,
      null,
    );
  return from + (n - 1) * STEP_MS;
}
const told = (state: DetectorState, now: number) =>
  tick(state, now, DEFAULT_DETECT_SETTINGS, () => 0).map(({ type }) => type);

it("counts silence and hangs from when the agent was free again", () => {
  const state = createDetector();
  const last = work(state, 0, 202);
  const held = structuredClone(state);
  // What is not told of a hold takes the time for the agent's own.
  expect(told(held, last + HOLD_MS + 1_000).toSorted()).toEqual(["silence", "stuck_run"]);

  restartGaps(state, last + HOLD_MS);
  expect(told(state, last + HOLD_MS + 1_000)).toEqual([]);
  expect(told(state, last + 2 * HOLD_MS + 1_000).toSorted()).toEqual(["silence", "stuck_run"]);
});

it("tells a hang again only when it is twice as long, also after the run went on", () => {
  const state = createDetector();
  const last = work(state, 0, 202);
  const hangs = (now: number) =>
    tick(state, now, DEFAULT_DETECT_SETTINGS, () => 0).filter(({ runId }) => runId === "run-0-40");
  const until = 16 * HOLD_MS;
  const told = Array.from({ length: until / STEP_MS }, (_, i) => hangs(last + (i + 1) * STEP_MS)).flat();
  expect(told.length).toBeGreaterThan(5);
  for (const [i, { value }] of told.entries()) if (i > 0) expect(value).toBe(2 * told[i - 1]!.value);
  const longest = told.at(-1)!.value;
  const again = work(state, last + until, 1);
  Object.assign(state.runs["run run-0-40"]!, { heardAt: again, lastAt: again });
  expect(hangs(again + 2 * longest - 1)).toEqual([]);
  expect(hangs(again + 2 * longest)).toHaveLength(1);
});

it("learns no gap across the time that did not count, and changes nothing for what was heard since", () => {
  const state = createDetector();
  const last = work(state, 0, 202);
  restartGaps(state, last + HOLD_MS);
  const gaps = structuredClone(state.totals["agent_gap"]);
  const again = work(state, last + HOLD_MS + 100, 1);
  expect(state.totals["agent_gap"]).toEqual(gaps);
  const before = structuredClone(state);
  restartGaps(state, again);
  restartGaps(state, last);
  expect(state.runs[`run run-${again}-0`]).toEqual(before.runs[`run run-${again}-0`]);
  expect([state.heardAt, state.lastAt]).toEqual([again, again]);
});
