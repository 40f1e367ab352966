import type { Bundle, Finding, RankedNode } from "./bundle";
import { amountOf, slotsOf } from "./rank-amounts";
import { loadsOf, type Signal, signalsOf } from "./rank-signals";
import { strengthOf } from "./rank-strength";
import { absorb, topologyOf } from "./topology";
import { blameEdges, timeLoss } from "./edge-times";

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

const OTHER_KIND = 0.35;
const OFF_PATH = 0.2;

/**
 * Ranks the nodes of an incident as root causes from metrics, spans and the call graph; logs and changes are fused by others.
 */
export function rankCauses(bundle: Bundle): RankResult {
  const topology = topologyOf(bundle);
  const signals = signalsOf(bundle);
  const loads = loadsOf(signals);
  const target = bundle.target.node;
  const kinds = symptomWeights(bundle, signals);
  const parts = new Map<string, CauseParts>();
  const part = (node: string) => {
    const p = parts.get(node) ?? { latency: 0, error: 0, resource: 0, silence: 0, traffic: 0 };
    parts.set(node, p);
    return p;
  };
  for (const kind of ["latency", "failures"] as const) {
    const of = loads.get(target)?.[kind] ?? null;
    const slots = slotsOf(of, signals);
    const shares = absorb(target, topology, (node) => amountOf(kind, loads.get(node), slots));
    const weight = kind === "latency" ? kinds.latency : kinds.error;
    for (const [node, share] of shares) {
      const strength = strengthOf(loads.get(node)?.[kind]?.shift?.nats ?? 0);
      part(node)[kind === "latency" ? "latency" : "error"] = weight * share * strength;
    }
  }
  if (bundle.spans.length > 0 && bundle.normal.spans.length > 0) {
    for (const p of parts.values()) p.latency = 0;
    const loss = timeLoss(bundle.spans, bundle.normal.spans);
    const own = blameEdges(loss.edges);
    for (const [node, lost] of loss.self) own.set(node, (own.get(node) ?? 0) + lost);
    const total = [...own.values()].reduce((a, b) => a + b, 0);
    for (const [node, lost] of own)
      if (lost > 0) part(node).latency = (lost / total) * (total / (total + 0.02 * loss.whole));
  }
  for (const s of signals) {
    if (s.shift === null) continue;
    const reached = topology.distance.has(s.node) ? 1 : OFF_PATH;
    if (s.nature.kind === "resource")
      part(s.node).resource = Math.max(part(s.node).resource, 0.5 * reached * strengthOf(s.shift.nats));
  }
  const scored = [...parts].map(([node, p]) => ({
    node,
    score: 1 - (1 - p.latency) * (1 - p.error) * (1 - p.resource) * (1 - p.silence),
  }));
  scored.sort((a, b) => b.score - a.score);
  return {
    verdict: "unknown",
    onset: null,
    ranking: scored.map(({ node, score }) => ({ node, score, confidence: score, findings: [] })),
    findings: [],
    parts,
    distance: topology.distance,
  };
}

/** How much slowness and failure weigh: what the alert is about, else what the target shows of each. */
function symptomWeights(bundle: Bundle, signals: readonly Signal[]): { latency: number; error: number } {
  const named = signals.find((s) => s.node === bundle.target.node && s.metric === bundle.target.metric);
  const own = { latency: 0, error: 0 };
  for (const s of signals) {
    if (s.node !== bundle.target.node || s.shift === null) continue;
    if (s.nature.kind === "latency") own.latency = Math.max(own.latency, strengthOf(s.shift.nats));
    if (s.nature.kind === "error" || s.nature.kind === "availability")
      own.error = Math.max(own.error, strengthOf(s.shift.nats));
  }
  const about = named?.nature.kind;
  if (about === "latency") return { latency: 1, error: OTHER_KIND };
  if (about === "error" || about === "availability") return { latency: OTHER_KIND, error: 1 };
  const most = Math.max(own.latency, own.error);
  if (most === 0) return { latency: 1, error: 1 };
  return { latency: Math.max(OTHER_KIND, own.latency / most), error: Math.max(OTHER_KIND, own.error / most) };
}
