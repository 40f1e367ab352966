import { normalTail } from "./stats";

/** Cliff's delta of `a` over `b`, and the one-sided p that `a` tends to be larger (normal approximation, ties and continuity corrected). */
export function mannWhitney(a: readonly number[], b: readonly number[]): { delta: number; p: number } {
  const n = a.length + b.length;
  if (a.length === 0 || b.length === 0) return { delta: 0, p: 1 };
  const all = [...a.map((x) => ({ x, first: true })), ...b.map((x) => ({ x, first: false }))].toSorted(
    (p, q) => p.x - q.x,
  );
  let ranks = 0;
  let ties = 0;
  for (let i = 0; i < n;) {
    let j = i;
    while (j < n && all[j]!.x === all[i]!.x) j++;
    const count = j - i;
    ranks += all.slice(i, j).filter(({ first }) => first).length * ((i + 1 + j) / 2);
    ties += count ** 3 - count;
    i = j;
  }
  const u = ranks - (a.length * (a.length + 1)) / 2;
  const pairs = a.length * b.length;
  const variance = (pairs / 12) * (n + 1 - ties / (n * (n - 1)));
  const p = variance > 0 ? normalTail((u - pairs / 2 - 0.5) / Math.sqrt(variance)) : 1;
  return { delta: (2 * u) / pairs - 1, p };
}
