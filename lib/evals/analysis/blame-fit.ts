import { type BlameWeight, softmax, standard } from "@/lib/core/agents/blame";
import { BLAME_FEATURES } from "@/lib/core/agents/blame-features";

/** The candidates of one run, and which of them was to blame. */
export interface BlameRun {
  rows: number[][];
  /** Index into `rows`. */
  guilty: number;
}

const NEWTON_STEPS = 25;
const CONVERGED = 1e-8;

/**
 * Weights of a conditional logit with a Gaussian prior (ridge `penalty` on standardised features), by Newton's method. Its Hessian
 * is positive definite, so that there is one answer, whatever the order of runs.
 */
export function fitBlame(runs: readonly BlameRun[], penalty: number): BlameWeight[] {
  const all = runs.flatMap(({ rows }) => rows);
  const scales = BLAME_FEATURES.map(({ name }, f): BlameWeight => {
    const values = all.map((row) => row[f]!);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    return { feature: name, mean, deviation: Math.sqrt(variance) || 1, weight: 0 };
  });
  const scaled = runs.map(({ rows, guilty }) => ({
    rows: rows.map((row) => row.map((v, f) => standard(v, scales[f]!))),
    guilty,
  }));
  let weights = scales.map(() => 0);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const move = solve(...derivatives(scaled, weights, penalty));
    weights = weights.map((weight, f) => weight - move[f]!);
    if (Math.max(...move.map(Math.abs)) < CONVERGED) break;
  }
  return scales.map((scale, f) => ({ ...scale, weight: weights[f]! }));
}

/** Hessian and gradient of the penalised negative log-likelihood. */
function derivatives(runs: readonly BlameRun[], weights: readonly number[], penalty: number): [number[][], number[]] {
  const gradient = weights.map((weight) => penalty * weight);
  const hessian = weights.map((_, i) => weights.map((__, j) => (i === j ? penalty : 0)));
  for (const { rows, guilty } of runs) {
    const shares = softmax(rows.map((row) => row.reduce((sum, v, f) => sum + v * weights[f]!, 0)));
    const mean = weights.map((_, f) => rows.reduce((sum, row, r) => sum + shares[r]! * row[f]!, 0));
    rows.forEach((row, r) => {
      const off = row.map((v, f) => v - mean[f]!);
      for (let i = 0; i < off.length; i++)
        for (let j = 0; j < off.length; j++) hessian[i]![j]! += shares[r]! * off[i]! * off[j]!;
    });
    mean.forEach((m, f) => (gradient[f]! += m - rows[guilty]![f]!));
  }
  return [hessian, gradient];
}

/** Solves a positive definite system by elimination. */
function solve(matrix: readonly number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const n = rows.length;
  for (let k = 0; k < n; k++)
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!;
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!;
    }
  const found = Array.from({ length: n }, () => 0);
  for (let k = n - 1; k >= 0; k--) {
    const known = found.reduce((sum, value, j) => (j > k ? sum + rows[k]![j]! * value : sum), 0);
    found[k] = (rows[k]![n]! - known) / rows[k]![k]!;
  }
  return found;
}
