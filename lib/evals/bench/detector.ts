import { createDetector, DEFAULT_DETECT_SETTINGS, observe } from "@/lib/core/detection/detect";
import type { StoredEvent } from "@/lib/db/queries/events";
import { observationOf } from "@/lib/detection/observation";
import { Samples } from "./samples";

/** Events judged before the clock starts: the code is compiled and the baseline has settled. */
const WARM_UP = 5_000;
const MEASURED = 20_000;
const START = Date.UTC(2026, 0, 1);

/** What judging and learning one event costs, in µs. */
export function benchDetector(): number {
  const state = createDetector();
  const events = new Samples(1, START).batch(0, 1, WARM_UP + MEASURED, START + (WARM_UP + MEASURED) * 1_000);
  const observations = events.map((body, seq) =>
    observationOf({ seq, at: body.timestamp, kind: body.kind, runId: body.run_id, body } as StoredEvent, true, START),
  );
  let began = 0;
  observations.forEach((observation, i) => {
    if (i === WARM_UP) began = performance.now();
    observe(state, observation, DEFAULT_DETECT_SETTINGS, null);
  });
  return ((performance.now() - began) * 1_000) / MEASURED;
}
