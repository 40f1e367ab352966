import { measure } from "../base/amounts";
import { mannWhitney } from "../base/mann-whitney";
import { middle } from "../base/stats";

/** What is compared: cost in USD and latency in ms of a call, by their medians; the share of calls that failed. */
export const EFFECT_METRICS = ["cost", "latency_ms", "errors"] as const;
export type EffectMetric = (typeof EFFECT_METRICS)[number];

/** `no_difference`: none that could be told from chance. `too_few`: not enough calls to say anything. */
export const EFFECT_VERDICTS = ["higher", "lower", "no_difference", "too_few"] as const;
export type EffectVerdict = (typeof EFFECT_VERDICTS)[number];

export interface MetricEffect {
  metric: EffectMetric;
  /** Null: not reported in that time. */
  before: number | null;
  after: number | null;
  calls_before: number;
  calls_after: number;
  verdict: EffectVerdict;
}

/** What an agent's calls were like before and after a change. */
export interface ChangeEffect {
  /** Epoch ms. */
  measuredAt: number;
  metrics: MetricEffect[];
}

/** One call; null is unknown. Of `model: false` only the end is compared, and its latency where there is no model call at all. */
export interface EffectCall {
  model: boolean;
  cost: number | null;
  latencyMs: number | null;
  success: boolean | null;
}

/** Calls compared on each side at most: with as many, a difference of a third of a standard deviation is found nine times in ten. */
export const EFFECT_CALLS = 200;
/** With fewer on a side no difference is certain at this level, one-sided. */
const CALLS_MIN = 8;
const LEVEL = 0.01;
/** A smaller difference of cost or latency is called negligible (Romano et al. 2006), however sure it is. */
const NEGLIGIBLE = 0.147;

/**
 * Cost, latency and errors before and after a change: the Mann–Whitney test (no shape of the numbers is assumed), in either direction at
 * the 1 % level, and for cost and latency an effect that is not negligible. It says that they differ, not that the change is why.
 */
export function changeEffect(before: readonly EffectCall[], after: readonly EffectCall[]): MetricEffect[] {
  const ofModels = [...before, ...after].some(({ model }) => model);
  const values = (calls: readonly EffectCall[], of: (call: EffectCall) => number | null) =>
    calls.flatMap((call) => of(call) ?? []);
  const latency = (call: EffectCall) => (call.model === ofModels ? call.latencyMs : null);
  const error = ({ success }: EffectCall) => (success === null ? null : Number(!success));
  const metrics = [
    { metric: "cost", of: ({ cost }: EffectCall) => cost, summary: middle, least: NEGLIGIBLE },
    { metric: "latency_ms", of: latency, summary: middle, least: NEGLIGIBLE },
    // Of yes and no the effect is the difference of the shares: one more call in fifty that fails is no small matter.
    { metric: "errors", of: error, summary: mean, least: 0 },
  ] as const;
  return metrics.flatMap(({ metric, of, summary, least }): MetricEffect[] => {
    const [a, b] = [values(before, of), values(after, of)];
    if (a.length === 0 && b.length === 0) return [];
    return [
      {
        metric,
        before: a.length === 0 ? null : summary(a),
        after: b.length === 0 ? null : summary(b),
        calls_before: a.length,
        calls_after: b.length,
        verdict: compared(a, b, least),
      },
    ];
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function compared(before: readonly number[], after: readonly number[], least: number): EffectVerdict {
  if (before.length < CALLS_MIN || after.length < CALLS_MIN) return "too_few";
  const up = mannWhitney(after, before);
  if (Math.abs(up.delta) < least) return "no_difference";
  if (up.p < LEVEL) return "higher";
  return mannWhitney(before, after).p < LEVEL ? "lower" : "no_difference";
}

const WHAT: Record<EffectMetric, string> = { cost: "cost per call", latency_ms: "latency", errors: "failed calls" };
const shown: Record<EffectMetric, (value: number) => string> = {
  cost: (value) => `$${measure(value)}`,
  latency_ms: (value) => `${measure(value)} ms`,
  errors: (value) => `${measure(100 * value)} %`,
};

/** `latency higher: 800 ms → 1,900 ms (200 and 64 calls)`, one for each metric. */
export const effectText = ({ metric, verdict, before, after, ...calls }: MetricEffect): string => {
  const say = (value: number | null) => (value === null ? "unknown" : shown[metric](value));
  const word =
    verdict === "no_difference" ? "no difference" : verdict === "too_few" ? "too few calls to tell" : verdict;
  return `${WHAT[metric]} ${word}: ${say(before)} → ${say(after)} (${calls.calls_before} and ${calls.calls_after} calls)`;
};
