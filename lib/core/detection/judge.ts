import type { Observation } from "./anomaly";
import { judgeGauge } from "./gauge";
import { type Judged, judgeRate, judgeValue, type Place } from "./judged";
import { JOINT, type RateName, specOf } from "./metrics";
import { weyl } from "../base/stats";

/** Score every value of an event against its baseline and place the bets. */
export function judge(at: Place, o: Observation): Judged[] {
  const judged: Judged[] = [];
  const jitter = weyl(at.state.seen) - 0.5;
  let together = 0;
  let upward = 0;
  for (const metric in o.values) {
    const value = o.values[metric as keyof typeof o.values];
    if (value === undefined) continue;
    const rate = rateOfValue(metric, value);
    if (rate !== null) judged.push(judgeRate(at, rate.name, rate.yes));
    if (metric === "error") continue;
    const spec = specOf(metric);
    if (at.again && spec.ofInput) continue;
    const one = judgeValue(at, metric, spec, value, spec.toScale(value + spec.rounding * jitter));
    judged.push(one);
    if (spec.side === "up" && one.z !== null) {
      together += one.z;
      upward++;
    }
  }
  for (const name in o.gauges) judgeGauge(at, name, o.gauges[name]!, o, judged);
  if (upward > 1) judged.push(judgeValue(at, JOINT, specOf(JOINT), together, together));
  return judged;
}

/** The yes-or-no reading of a metric's value, if it has one. */
function rateOfValue(metric: string, value: number): { name: RateName; yes: boolean } | null {
  if (metric === "error") return { name: "error", yes: value > 0 };
  if (metric === "retries") return { name: "retried", yes: value > 0 };
  if (metric === "token_count") return { name: "zero_tokens", yes: value === 0 };
  if (metric === "output_tokens") return { name: "zero_output", yes: value === 0 };
  if (metric === "tool_calls") return { name: "zero_tools", yes: value === 0 };
  return null;
}
