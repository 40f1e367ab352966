import type { BlindSpot } from "./vocabulary";

/** What stands in the way of judging an agent now. `late`: its newest event was too old to be judged. */
export function blindSpots(late: boolean): BlindSpot[] {
  return late ? ["late_events"] : [];
}
