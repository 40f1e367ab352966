import type { DetectorState } from "./detector-state";
import { gaugeOf } from "./gauge";
import { bandOf } from "./lane";
import { JOINT, specOf } from "./metrics";
import { rateOf } from "./rate";

/** The bands of normal of all strata, in the metrics' own units; rates as 0 to 1. */
export function bands(state: DetectorState) {
  const { dynamicPrompt } = state.identity;
  return Object.entries(state.strata).flatMap(([stratum, { lanes, rates }]) => [
    ...Object.entries(lanes).flatMap(([metric, lane]) => {
      const spec = specOf(metric);
      const band = metric === JOINT || gaugeOf(metric) !== metric ? null : bandOf(lane, spec.gap);
      if (band === null) return [];
      const { low, mid, high } = band;
      return [
        {
          metric,
          stratum,
          low: spec.fromScale(low),
          mid: spec.fromScale(mid),
          high: spec.fromScale(high),
          n: band.n,
          dynamicPrompt,
        },
      ];
    }),
    ...Object.entries(rates).map(([metric, lane]) => {
      const mid = rateOf(lane);
      return {
        metric,
        stratum,
        low: 0,
        mid,
        high: Math.min(1, mid + BAND_SD * Math.sqrt((mid * (1 - mid)) / BAND_WINDOW)),
        n: lane.n,
        dynamicPrompt,
      };
    }),
  ]);
}

/** A rate's band is drawn for the mean of this many samples, at this many standard errors. */
const BAND_WINDOW = 20;
const BAND_SD = 2.6;
