import type { Bundle, Finding, RankedNode } from "../evidence/bundle";
import { onsetOf } from "./onset";
import { findingsOf } from "./rank-findings";
import { type CauseParts, partsOf, scoreOf } from "./rank-parts";
import { sceneOf } from "./rank-scene";
import { confidences, standingOf, type Verdict, verdictOf } from "./rank-verdict";
import { startsOf } from "./rank-starts";

export type { CauseParts } from "./rank-parts";

export interface RankResult {
  verdict: Verdict;
  /** When it began, in epoch seconds, with the bounds of what is plausible; null when nothing began. */
  onset: { at: number; from: number; to: number } | null;
  /** All nodes that something speaks for, best first. */
  ranking: RankedNode[];
  /** Ids `m1`, `m2` … in order of strength. */
  findings: Finding[];
  parts: Map<string, CauseParts>;
  /** Calls between each node and the target along the graph (0: the target itself); nodes the target does not reach are absent. */
  distance: Map<string, number>;
}

/**
 * Ranks the nodes of an incident as root causes from metrics, spans and the call graph; logs and changes are fused by others.
 * A node is blamed for what it adds to the symptom and its callees do not explain, in amounts that add up along calls (time
 * lost, calls failed), for resources of its own that moved, and for falling silent. The ranking is there whatever the verdict:
 * it is what would be looked at first.
 */
export function rankCauses(bundle: Bundle): RankResult {
  const scene = sceneOf(bundle);
  const parts = partsOf(scene);
  if (!parts.has(bundle.target.node)) parts.set(bundle.target.node, { ...NOTHING });
  const scored = [...parts]
    .map(([node, p]) => ({ node, score: Math.max(scoreOf(p), node === bundle.target.node ? TARGET_SCORE : 0) }))
    .filter((n) => n.score > SCORE_MIN)
    .sort((a, b) => b.score - a.score || (a.node < b.node ? -1 : 1));
  const findings = findingsOf(scene, scored);
  const verdict = verdictOf(standingOf(scene), scored[0]?.score ?? 0);
  return {
    verdict,
    onset: verdict === "no_fault" ? null : onsetOf(startsOf(scene, scored)),
    ranking: confidences(scored, verdict).map((n) => ({
      ...n,
      findings: findings.filter((f) => f.node === n.node).map((f) => f.id),
    })),
    findings,
    parts,
    distance: scene.topology.distance,
  };
}

const NOTHING: CauseParts = { latency: 0, error: 0, resource: 0, silence: 0, traffic: 0 };
/** What nobody else explains is the target's own. */
const TARGET_SCORE = 0.01;
/** Scores below this are nothing. */
const SCORE_MIN = 1e-3;
