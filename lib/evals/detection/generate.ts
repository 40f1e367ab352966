import { UNSPECIFIED } from "@/lib/core/detection/anomaly";
import type { Observation } from "@/lib/core/detection/detect";
import type { EventKind } from "@/lib/core/base/vocabulary";

/**
 * Lognormal vitals of a healthy agent, and faults that change them. Seeded: the same seed gives the same samples.
 * Medians are those of a mid-sized agent; every agent is off by its own factor. Retries happen in 10 % of the samples,
 * errors in 1 %. Token counts add up and cost follows them, as in real traces, so the metrics are not independent.
 */
export interface Vitals {
  latency_ms: number;
  input_tokens: number;
  output_tokens: number;
  token_count: number;
  cost: number;
  tool_calls: number;
  retries: number;
  error: number;
}

export type Fault = (v: Vitals, n: number) => Vitals;

const tokens =
  (factor: number): Fault =>
  (v) => ({
    ...v,
    input_tokens: Math.round(v.input_tokens * factor),
    output_tokens: Math.round(v.output_tokens * factor),
    token_count: Math.round(v.input_tokens * factor) + Math.round(v.output_tokens * factor),
    cost: v.cost * factor,
  });

/** `n` counts samples since the fault began, from 0. */
const BY_NAME = {
  "tokens x100": tokens(100),
  "tools +40": (v) => ({ ...v, tool_calls: v.tool_calls + 40 }),
  "tokens x5": tokens(5),
  "latency x10": (v) => ({ ...v, latency_ms: v.latency_ms * 10 }),
  "cost x10": (v) => ({ ...v, cost: v.cost * 10 }),
  "errors 100 %": (v) => ({ ...v, error: 1 }),
  "retries 100 %": (v) => ({ ...v, retries: 1 }),
  "latency x2": (v) => ({ ...v, latency_ms: v.latency_ms * 2 }),
  "tokens x2": tokens(2),
  "latency +1 %/sample": (v, n) => ({ ...v, latency_ms: v.latency_ms * 1.01 ** (n + 1) }),
  "tokens +1 %/sample": (v, n) => tokens(1.01 ** (n + 1))(v, n),
} satisfies Record<string, Fault>;
export type FaultName = keyof typeof BY_NAME;
export const FAULTS: Record<FaultName, Fault> = BY_NAME;

/** Small, fast, good enough for simulation: sfc32 (Doty-Humphrey, PractRand). Uniform in [0, 1). */
export function random(seed: number): () => number {
  let a = 0x9e3779b9 ^ seed;
  let b = 0x243f6a88;
  let c = seed | 0;
  let d = 1;
  const next = () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** Standard normals from uniforms (Box & Muller 1958). */
export function normals(uniform: () => number): () => number {
  let spare = Number.NaN;
  return () => {
    if (!Number.isNaN(spare)) {
      const z = spare;
      spare = Number.NaN;
      return z;
    }
    const r = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = r * Math.sin(angle);
    return r * Math.cos(angle);
  };
}

const MEDIANS = { latency_ms: 900, input_tokens: 1500, output_tokens: 350, tool_calls: 3 };
const PRICES = { input: 2.5e-6, output: 1e-5 };
const RETRY_RATE = 0.1;
const ERROR_RATE = 0.01;
/** Agents differ in level: log-sd of an agent's factor. */
const AGENT_SD = 0.4;

/** A Poisson count by multiplication of uniforms (Knuth); for small rates. */
function poisson(rate: number, uniform: () => number): number {
  const limit = Math.exp(-rate);
  let product = uniform();
  let n = 0;
  while (product > limit) {
    product *= uniform();
    n++;
  }
  return n;
}

/**
 * An endless healthy agent with the given log-sd. Tool calls are counts: Poisson, with a rate that varies by half the log-sd.
 */
export function healthyAgent(seed: number, logSd: number): () => Vitals {
  const uniform = random(seed);
  const normal = normals(uniform);
  const level = () => Math.exp(AGENT_SD * normal());
  const m = {
    latency: MEDIANS.latency_ms * level(),
    input: MEDIANS.input_tokens * level(),
    output: MEDIANS.output_tokens * level(),
    tools: MEDIANS.tool_calls * level(),
  };
  const draw = (median: number) => median * Math.exp(logSd * normal());
  return () => {
    const input_tokens = Math.round(draw(m.input));
    const output_tokens = Math.round(draw(m.output));
    return {
      latency_ms: draw(m.latency),
      input_tokens,
      output_tokens,
      token_count: input_tokens + output_tokens,
      cost: input_tokens * PRICES.input + output_tokens * PRICES.output,
      tool_calls: poisson(m.tools * Math.exp((logSd / 2) * normal()), uniform),
      retries: uniform() < RETRY_RATE ? 1 : 0,
      error: uniform() < ERROR_RATE ? 1 : 0,
    };
  };
}

/** A sample as an observation of a model call. */
export function observation(seq: number, values: Observation["values"], more: Partial<Observation> = {}): Observation {
  return {
    seq,
    at: seq * 1000,
    kind: "model_call" as EventKind,
    ...UNSPECIFIED,
    model: "m",
    values,
    learn: true,
    ...more,
  };
}
