import type { Observation } from "./anomaly";
import type { DetectorState } from "./detector-state";
import type { BlindSpot } from "../base/vocabulary";

/** Events of work in a row without any number after which there is nothing to judge. */
const BLANK = 20;
/** Reports of a metric that make it one that is reported, and reports missed in a row that make it one that is not any more. */
const REPORTED = 60;
const MISSED = 40;
/** What has not been reported for so many events belongs to another life of the agent. */
const FORGOTTEN = 5_000;
/** Events for which too many new names are worth telling. */
const LASTING = 200;
/** Metrics whose absence hides something. */
const VITAL = ["latency_ms", "token_count", "cost", "error"] as const;

/** Takes note of which numbers an event tells. */
export function recordReportedFields(state: DetectorState, { kind, values }: Observation): void {
  if (kind === "run_start") return;
  const told = (state.told ??= {});
  let blank = true;
  for (const metric in values) {
    blank = false;
    const known = told[metric];
    if (known === undefined) told[metric] = [1, state.seen];
    else {
      known[0]++;
      known[1] = state.seen;
    }
  }
  state.blank = blank ? (state.blank ?? 0) + 1 : 0;
}

/** What stands in the way of judging an agent now. `late`: its newest event was too old to be judged. */
export function blindSpots(state: DetectorState, late: boolean): BlindSpot[] {
  const spots: BlindSpot[] = [];
  if (late) spots.push("late_events");
  if ((state.blank ?? 0) >= BLANK) spots.push("no_vitals");
  else if (VITAL.some((metric) => isMissing(state, metric))) spots.push("missing_vitals");
  const refused = state.refusedAt !== undefined && state.seen - state.refusedAt < LASTING;
  if (refused || (state.identity.unstable?.length ?? 0) > 0) spots.push("high_cardinality");
  return spots;
}

/** Whether a metric that was usual has been missing for as many events as would have held MISSED reports of it. */
function isMissing(state: DetectorState, metric: string): boolean {
  const told = state.told?.[metric];
  if (told === undefined || told[0] < REPORTED) return false;
  const [count, last] = told;
  const missing = state.seen - last;
  return missing < FORGOTTEN && (missing * count) / last >= MISSED;
}
