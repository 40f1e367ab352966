import type { BlameWeight } from "./blame";

/**
 * Weights of `BLAME_FEATURES`, in their order. Fitted by `npx tsx lib/evals/analysis/blame-refit.ts DIR`, which prints this table, on the
 * 126 algorithm-generated failures of Who&When (Zhang et al. 2025; the right answers unused): conditional logit, ridge penalty 30,
 * chosen of 3, 10, 30 and 100 by 10-fold cross-validation over questions. A weight is for one standard deviation of its feature.
 */
export const BLAME_WEIGHTS: readonly BlameWeight[] = [
  { feature: "opening", mean: 0.158, deviation: 0.365, weight: 0.033 },
  { feature: "second", mean: 0.117, deviation: 0.322, weight: 0.065 },
  { feature: "position", mean: 1.356, deviation: 0.748, weight: 0.032 },
  { feature: "last", mean: 0.135, deviation: 0.342, weight: -0.251 },
  { feature: "code", mean: 0.321, deviation: 0.467, weight: 0.15 },
  { feature: "opening_code", mean: 0.032, deviation: 0.176, weight: 0.277 },
  { feature: "failed", mean: 0.102, deviation: 0.303, weight: 0.141 },
  { feature: "succeeded", mean: 0.164, deviation: 0.371, weight: -0.106 },
  { feature: "empty_output", mean: 0.042, deviation: 0.201, weight: 0.204 },
  { feature: "nothing_to_run", mean: 0.085, deviation: 0.279, weight: -0.067 },
  { feature: "first_code", mean: 0.129, deviation: 0.335, weight: 0.131 },
  { feature: "first_failure", mean: 0.153, deviation: 0.36, weight: 0.082 },
  { feature: "before_failure", mean: 0.552, deviation: 0.497, weight: -0.182 },
  { feature: "after_failure", mean: 0.104, deviation: 0.306, weight: -0.073 },
  { feature: "after_success", mean: 0.166, deviation: 0.372, weight: -0.127 },
  { feature: "stops", mean: 0.205, deviation: 0.404, weight: -0.135 },
  { feature: "length", mean: 5.293, deviation: 2.747, weight: 0.091 },
  { feature: "assumes", mean: 0.144, deviation: 0.351, weight: 0.157 },
  { feature: "confirms", mean: 0.357, deviation: 0.479, weight: 0.016 },
  { feature: "gives_up", mean: 0.153, deviation: 0.36, weight: 0.275 },
  { feature: "retries", mean: 0.222, deviation: 0.415, weight: -0.211 },
  { feature: "recalls", mean: 0.21, deviation: 0.407, weight: 0.133 },
  { feature: "plans", mean: 0.562, deviation: 0.496, weight: 0.168 },
  { feature: "concludes", mean: 0.148, deviation: 0.355, weight: 0.106 },
  { feature: "new_agent", mean: 0.271, deviation: 0.445, weight: 0.021 },
  { feature: "opener", mean: 0.462, deviation: 0.499, weight: 0.135 },
  { feature: "share", mean: 0.463, deviation: 0.21, weight: -0.028 },
  { feature: "checker", mean: 0.293, deviation: 0.455, weight: 0.01 },
  { feature: "same_agent", mean: 0.191, deviation: 0.393, weight: -0.035 },
  { feature: "fresh_numbers", mean: 0.413, deviation: 0.789, weight: 0.219 },
  { feature: "unsupported", mean: 0.106, deviation: 0.307, weight: 0.208 },
];
