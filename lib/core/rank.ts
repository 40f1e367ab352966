import type { Bundle, Finding, RankedNode } from "./bundle";

/**
 * What speaks for each node, by kind of evidence, each 0 to 1 (0: nothing, or not looked at). The kind of trouble reads off
 * the largest: `latency` is time lost in the node or on its edges and not in what it calls, `error` is failing work that its
 * callees do not explain, `resource` is a moved processor, memory or saturation, `silence` is data that ceased, `traffic` a moved load.
 */
export interface CauseParts {
  latency: number;
  error: number;
  resource: number;
  silence: number;
  traffic: number;
}

export interface RankResult {
  verdict: "fault" | "no_fault" | "unknown";
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
 */
export function rankCauses(bundle: Bundle): RankResult {
  return {
    verdict: "unknown",
    onset: null,
    ranking: [],
    findings: [],
    parts: new Map(),
    distance: new Map([[bundle.target.node, 0]]),
  };
}
