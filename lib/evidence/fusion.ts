/** Damps the lead of the first places; the value of the original experiments, to which results are hardly sensitive. */
const K = 60;

/**
 * Reciprocal rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009): the sum over rankings of 1 / (60 + place). Needs no common
 * scale of the rankings' scores. Equals in one ranking share its place. A ranking that does not hold an item gives it nothing.
 *
 * @param rankings of each item's score, higher is better, in any order.
 * @returns the fused scores, scaled so that 1 is the first place in every ranking that holds anything.
 */
export function fuse(rankings: ReadonlyMap<string, number>[]): Map<string, number> {
  const fused = new Map<string, number>();
  const used = rankings.filter((ranking) => ranking.size > 0);
  for (const ranking of used) {
    const scores = [...ranking.values()].sort((a, b) => b - a);
    const places = new Map<number, number>();
    scores.forEach((score, i) => places.set(score, places.get(score) ?? i + 1));
    for (const [item, score] of ranking) {
      const share = (K + 1) / (K + places.get(score)!) / used.length;
      fused.set(item, (fused.get(item) ?? 0) + share);
    }
  }
  return fused;
}
