import type { Bundle } from "@/lib/core/evidence/bundle";
import { analyse } from "@/lib/core/causes/analyse";
import { rankCauses } from "@/lib/core/causes/rank";
import { sceneOf } from "@/lib/core/causes/rank-scene";
import { type Line, percent } from "../detection/table";
import { rename, seeded, shuffled } from "./rename";

export interface LabelledCase {
  id: string;
  bundle: Bundle;
  /** The node to blame. */
  cause: string;
}

/** Names the nodes of a bundle, best suspect first, and how sure it is of the first. */
type Ranker = (bundle: Bundle) => { nodes: string[]; sure: number; verdict: string };

const ours: Ranker = (bundle) => {
  const { ranking, verdict } = rankCauses(bundle);
  return { nodes: ranking.map((r) => r.node), sure: ranking[0]?.confidence ?? 0, verdict };
};

/** The whole analysis, lines included. */
export const byAnalysis: Ranker = (bundle) => {
  const { ranking, verdict } = analyse(bundle);
  return { nodes: ranking.map((r) => r.node), sure: ranking[0]?.confidence ?? 0, verdict };
};

/** The simplest thing that could work: whichever node has the series farthest from normal. */
export const byLargestShift: Ranker = (bundle) => {
  const worst = new Map<string, number>();
  for (const s of sceneOf(bundle).signals) worst.set(s.node, Math.max(worst.get(s.node) ?? 0, s.shift?.nats ?? 0));
  const nodes = [...worst].sort((a, b) => b[1] - a[1]).map(([node]) => node);
  return { nodes, sure: 0, verdict: "unknown" };
};

/** What the graph alone can say: farthest or nearest first, or whoever most call; ties in a seeded order. */
export const GRAPH_ALONE: Record<string, Ranker> = {
  "farthest from the target": byGraph((_, distance) => distance),
  "nearest to the target": byGraph((_, distance) => -distance),
  "most callers": byGraph((callers) => callers),
};

function byGraph(worth: (callers: number, distance: number) => number): Ranker {
  return (bundle) => {
    const { distance, callers } = sceneOf(bundle).topology;
    const nodes = shuffled([...distance], seeded(7))
      .map(([node, far]): [string, number] => [node, worth(callers.get(node)?.length ?? 0, far)])
      .sort((a, b) => b[1] - a[1])
      .map(([node]) => node);
    return { nodes, sure: 0, verdict: "unknown" };
  };
}

/** Ranks every case under other names and in another order, and keeps where the cause stood (from 1; Infinity: nowhere). */
export function scoreCases(cases: readonly LabelledCase[], ranker: Ranker = ours) {
  const ranks: number[] = [];
  const verdicts: string[] = [];
  const sure: number[] = [];
  let slowest = 0;
  cases.forEach(({ bundle, cause }, i) => {
    const named = rename(bundle, seeded(i + 1));
    const started = performance.now();
    const ranked = ranker(named.bundle);
    slowest = Math.max(slowest, performance.now() - started);
    const at = ranked.nodes.indexOf(named.name(cause));
    ranks.push(at < 0 ? Number.POSITIVE_INFINITY : at + 1);
    verdicts.push(ranked.verdict);
    sure.push(ranked.sure);
  });
  const all = () => true;
  const within = (k: number, of: (rank: number, i: number) => boolean = all) => {
    const some = ranks.filter(of);
    return some.filter((r) => r <= k).length / some.length;
  };
  return {
    ranks,
    verdicts,
    slowest,
    within,
    both: (of: (rank: number, i: number) => boolean = all) => `${percent(within(1, of))}, ${percent(within(3, of))}`,
    confidence: () =>
      `${percent(mean(sure.filter((_, i) => ranks[i] === 1)))}, ${percent(mean(sure.filter((_, i) => ranks[i] !== 1)))}`,
  };
}

const mean = (list: number[]) => (list.length === 0 ? 0 : list.reduce((a, b) => a + b, 0) / list.length);

export const reported = (what: string, measured: string): Line => ({ what, target: "", measured, met: null });

export const atLeast = (what: string, share: number, least: number): Line => ({
  what,
  target: `at least ${Math.round(100 * least)} %`,
  measured: percent(share),
  met: share >= least,
});

/** Milliseconds that one analysis may take. */
const SLOW_MS = 1000;

export const fast = (slowest: number): Line => ({
  what: "slowest analysis",
  target: "below 1 s",
  measured: `${slowest.toFixed(0)} ms`,
  met: slowest < SLOW_MS,
});
