import { clamp } from "../base/stats";
import type { AnomalyType, Metric } from "../base/vocabulary";

/** How a number is brought to a scale on which its noise is about even, and which departures from normal matter. */
export interface MetricSpec {
  type: AnomalyType;
  /** Which side is unhealthy. */
  side: "up" | "down" | "both";
  toScale: (x: number) => number;
  fromScale: (y: number) => number;
  /** Smallest believable spread (per normal z) on the scale: below it, variation is rounding. */
  gap: number;
  /** Width of the rounding, in the metric's own unit: 1 for counts; 0 for what is measured continuously. */
  rounding: number;
  /** Follows from what the call was given: the same call again tells nothing new. */
  ofInput: boolean;
  /** False: by itself it is watched, never a reason to contain, and has no part in the shared evidence. */
  contains: boolean;
  /** How much of the false-alarm budget this metric gets, relative to others. */
  weight: number;
}

/** No real count, cost or time is larger; beyond it sums would overflow. */
export const VALUE_MAX = 1e15;
const RATIO_MAX = 1e3;
/** Spread of 10 % a z: a metric that never moved so far is still allowed that much, or the first odd task would be an incident. */
const LOG_GAP = 0.1;
/** A Poisson count has spread 1 on the square-root scale; half of it is allowed to the most regular one. */
const COUNT_GAP = 0.5;

/** ln(1 + x·unit): tokens, bytes; dollars in millionths, so that a cent is not flattened. */
const log = (type: AnomalyType, unit = 1, rounding = 0, weight = 1, ofInput = false): MetricSpec => ({
  type,
  side: "up",
  toScale: (x) => Math.log1p(clamp(x * unit, -0.5, VALUE_MAX * unit)),
  fromScale: (y) => Math.expm1(Math.max(y, 0)) / unit,
  gap: LOG_GAP,
  rounding,
  ofInput,
  contains: true,
  weight,
});

/**
 * Milliseconds that a scheduler, a garbage collection or a busy neighbour adds to any call: a local tool that takes 0.2 ms
 * and then 12 is not fifty times slower, it was interrupted. Below this the scale is linear, above it logarithmic.
 */
const JITTER_MS = 50;
/** Spread a z of what jitter does on that scale: 10 ms. */
const JITTER_GAP = 0.2;

const latency = (weight = 1): MetricSpec => ({ ...log("latency_spike", 1 / JITTER_MS, 0, weight), gap: JITTER_GAP });

/** 2·√(x + ½) evens out the noise of counts (Anscombe 1948). */
const count = (type: AnomalyType, weight = 1): MetricSpec => ({
  type,
  side: "up",
  toScale: (x) => 2 * Math.sqrt(clamp(x + 0.5, 0, VALUE_MAX)),
  fromScale: (y) => Math.max((y * y) / 4 - 0.5, 0),
  gap: COUNT_GAP,
  rounding: 1,
  ofInput: false,
  contains: true,
  weight,
});

const ratioDown: MetricSpec = {
  type: "cache_collapse",
  side: "down",
  toScale: (x) => clamp(x, 0, RATIO_MAX),
  fromScale: (y) => y,
  gap: 0.03,
  rounding: 0,
  ofInput: false,
  contains: true,
  weight: 0.5,
};

/** Dollars are counted in millionths. */
const MICRO = 1e6;

/** Numbers that have a distribution. `error` and `retried` are rates and live in {@link RATES}; so do the zeros of `vanished_work`. */
export const SPECS: Record<Exclude<Metric, "error">, MetricSpec> = {
  latency_ms: latency(),
  ttft_ms: latency(0.5),
  token_count: log("token_spike", 1, 1, 1, true),
  input_tokens: log("input_token_spike", 1, 1, 1, true),
  output_tokens: log("output_token_spike", 1, 1, 1, true),
  cost: log("cost_spike", MICRO, 0, 1, true),
  tool_calls: count("tool_explosion"),
  retries: count("high_retry_rate", 0.5),
  cache_ratio: ratioDown,
  /** A large result does no harm until a model reads it, and then the input tokens show it. */
  result_bytes: { ...log("token_spike", 1, 1, 0.5), contains: false },
  spend_per_min: log("spend_velocity", MICRO, 0, 0.5),
  run_cost: log("run_overrun", MICRO, 0, 0.5),
  run_tokens: log("run_overrun", 1, 0, 0.5),
  run_calls: log("run_overrun", 1, 1, 0.5),
  run_depth: count("run_overrun", 0.5),
};

export interface RateSpec {
  type: AnomalyType;
  weight: number;
}

/** Yes-or-no streams. A zero where there was always work is the yes of a `zero_…` stream. */
export const RATES = {
  error: { type: "error_rate_spike", weight: 1 },
  retried: { type: "high_retry_rate", weight: 1 },
  zero_tokens: { type: "vanished_work", weight: 0.25 },
  zero_output: { type: "vanished_work", weight: 0.25 },
  zero_tools: { type: "vanished_work", weight: 0.25 },
} satisfies Record<string, RateSpec>;
export type RateName = keyof typeof RATES;

/** Specification of any lane: a vitals metric, the joint lane, or a gauge of a backtest . */
export function specOf(metric: string): MetricSpec {
  return ALL_SPECS.get(metric) ?? GAUGE_SPEC;
}

const same = (x: number) => x;

/** The lane in which metrics that move together are judged together. */
export const JOINT = "joint";
const JOINT_SPEC: MetricSpec = {
  type: "token_spike",
  side: "up",
  toScale: same,
  fromScale: same,
  gap: 0.3,
  rounding: 0,
  ofInput: false,
  contains: true,
  weight: 1,
};
const GAUGE_SPEC: MetricSpec = {
  type: "gauge_shift",
  side: "both",
  toScale: same,
  fromScale: same,
  gap: 0.3,
  rounding: 0,
  ofInput: false,
  contains: true,
  weight: 1,
};

const ALL_SPECS = new Map<string, MetricSpec>([...Object.entries(SPECS), [JOINT, JOINT_SPEC]]);
