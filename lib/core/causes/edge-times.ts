import { quantileSorted } from "simple-statistics";
import type { SpanStat } from "../evidence/bundle";
import { middle } from "../base/stats";

/** Time lost on calls, in microseconds a slot over all calls, and where. */
export interface TimeLoss {
  /** In the node itself: its spans grew by more than the calls it makes. */
  self: Map<string, number>;
  /** Between a caller's span and the callee's: the network, the caller's client or the callee's queue. */
  edges: EdgeLoss[];
  /** How sure it is, 0 to 1, that a node's own spans grew, its callees' part included. */
  grown: Map<string, number>;
  /** Time that entries from outside take in normal time, for a sense of proportion; 0 where there are none. */
  whole: number;
}

export interface EdgeLoss {
  caller: string;
  callee: string;
  lost: number;
  /** 0 to 1: how sure it is that this edge's gap grew at all. */
  strength: number;
  /** Largest gap seen and its normal value, in microseconds. */
  gap: { from: number; to: number };
}

/** Waits below a millisecond are nobody's trouble; ratios are taken above it. */
const NEGLIGIBLE_US = 1000;
/** A spread smaller than this (on the log scale) is not believed of a quantile of a minute's spans. */
const SPREAD_MIN = 0.1;
/** Where normal time is a single slot, quantiles of small samples are taken to scatter so much (log scale). */
const SPREAD_UNKNOWN = 0.35;
/** Growth within so many standard deviations is not counted as lost time. */
const TOLERANCE = 2;

/** Spans of one operation under one caller. */
interface Cell {
  node: string;
  parent: string | undefined;
  seen: SpanStat[];
  normal: SpanStat[];
}

const keyOf = ({ node, parent, operation }: SpanStat) => JSON.stringify([node, parent ?? null, operation ?? null]);

function cellsOf(seen: readonly SpanStat[], normal: readonly SpanStat[]): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  const cell = (s: SpanStat) => {
    const key = keyOf(s);
    const known = cells.get(key);
    if (known !== undefined) return known;
    const made: Cell = { node: s.node, parent: s.parent, seen: [], normal: [] };
    cells.set(key, made);
    return made;
  };
  for (const s of seen) cell(s).seen.push(s);
  for (const s of normal) cell(s).normal.push(s);
  return cells;
}

interface Growth {
  /** Summed over calls and slots, divided by the slots. */
  lost: number;
  /** 0 to 1: how sure it is that it grew at all. */
  strength: number;
  from: number;
  to: number;
}

function growth(cell: Cell, of: (s: SpanStat) => number | undefined, slots: number): Growth | null {
  const normal = cell.normal.flatMap((s) => of(s) ?? []).map((x) => Math.max(0, x));
  if (normal.length === 0) return null;
  const logs = normal.map((x) => Math.log(x + NEGLIGIBLE_US)).sort((a, b) => a - b);
  const center = middle(logs);
  const spread = logs.length < 3 ? SPREAD_UNKNOWN : Math.max(SPREAD_MIN, upperSpread(logs, center));
  const bound = Math.exp(center + TOLERANCE * spread) - NEGLIGIBLE_US;
  let lost = 0;
  let z = 0;
  let to = 0;
  for (const s of cell.seen) {
    const x = of(s);
    if (x === undefined) continue;
    const away = Math.log(Math.max(0, x) + NEGLIGIBLE_US) - center;
    lost += (s.n ?? 1) * Math.max(0, x - bound);
    z = Math.max(z, away / Math.hypot(spread, samplingError(s)));
    to = Math.max(to, x);
  }
  return { lost: lost / slots, strength: sure(z), from: Math.exp(center) - NEGLIGIBLE_US, to };
}

/**
 * Standard error of the logarithm of a 95th percentile of n lognormal values: √(p(1 − p)) / φ(Φ⁻¹(p)) · σ / √n. Without a
 * count there is none to be had; without a median the values are taken to scatter by a factor of e.
 */
function samplingError({ n, p50_us, p95_us }: SpanStat): number {
  if (n === undefined || n <= 0) return 0;
  const sigma =
    p50_us === undefined || p95_us === undefined ? 1 : Math.log(Math.max(p95_us, 1) / Math.max(p50_us, 1)) / 1.6449;
  return (2.11 * Math.min(1, sigma)) / Math.sqrt(n);
}

/** A standard deviation from the upper part of sorted values: normal time may have two levels, of which the median knows one. */
function upperSpread(sorted: readonly number[], center: number): number {
  const mad = 1.4826 * middle(sorted.map((x) => Math.abs(x - center)));
  return Math.max(mad, (quantileSorted(sorted, 0.9) - center) / 1.2816);
}

/** Certainty of a deviation whose law has heavy tails (Student's t with 3 degrees of freedom), 0 to 1. */
const sure = (z: number) => (z <= 0 ? 0 : 1 - 1 / (1 + (z * z) / 3));

/** What a mean is at least: 45 % of the values lie above the median and below the 95th percentile, 5 % above that. */
const BETWEEN = 0.45;
const ABOVE = 0.05;

/**
 * The least mean that a median and a 95th percentile of durations allow, scaled so that equal ones give themselves. A tail that
 * one call in twenty has grown is thus worth what it can have cost, and not what it would cost if it were everybody's.
 */
export function meanOf(p50_us: number | undefined, p95_us: number | undefined): number | undefined {
  if (p50_us === undefined || p95_us === undefined) return p95_us ?? p50_us;
  return (BETWEEN * Math.max(0, p50_us) + ABOVE * Math.max(0, p95_us)) / (BETWEEN + ABOVE);
}

export function timeLoss(seen: readonly SpanStat[], normal: readonly SpanStat[]): TimeLoss {
  const slots = Math.max(1, new Set(seen.map((s) => s.t)).size);
  const self = new Map<string, number>();
  const edges = new Map<string, EdgeLoss>();
  const grown = new Map<string, number>();
  let whole = 0;
  const add = (node: string, amount: number) => self.set(node, (self.get(node) ?? 0) + amount);
  const cells = cellsOf(seen, normal);
  const inside = new Set([...cells.values()].map((cell) => cell.node));
  for (const cell of cells.values()) {
    if (cell.parent === cell.node) continue;
    const own = growth(cell, (s) => meanOf(s.p50_us, s.p95_us), slots);
    const gap = growth(cell, (s) => meanOf(s.gap_p50_us, s.gap_p95_us), slots);
    const ownLost = own === null ? 0 : own.lost * own.strength;
    const gapLost = gap === null ? 0 : gap.lost * gap.strength;
    add(cell.node, ownLost);
    grown.set(cell.node, Math.max(grown.get(cell.node) ?? 0, own?.strength ?? 0));
    if (cell.parent === undefined || !inside.has(cell.parent))
      whole += (cell.seen.reduce((sum, s) => sum + (s.n ?? 1), 0) * (own?.from ?? 0)) / slots;
    if (cell.parent === undefined) continue;
    add(cell.parent, -ownLost - gapLost);
    if (gap === null) continue;
    const key = JSON.stringify([cell.parent, cell.node]);
    const edge = edges.get(key);
    if (edge === undefined) {
      edges.set(key, {
        caller: cell.parent,
        callee: cell.node,
        lost: gapLost,
        strength: gap.strength,
        gap: { from: gap.from, to: gap.to },
      });
    } else {
      edge.lost += gapLost;
      edge.strength = Math.max(edge.strength, gap.strength);
      if (gap.to > edge.gap.to) edge.gap = { from: gap.from, to: gap.to };
    }
  }
  for (const [node, amount] of self) self.set(node, Math.max(0, amount));
  return { self, edges: [...edges.values()], grown, whole };
}

/**
 * Gives each edge's lost time to one of its two ends: to the node that explains most edges at once. A node whose network or
 * processor is at fault slows all of its edges, a healthy neighbour of it only the one between them. Greedy set cover: the node
 * with the largest product of lost time and share of its edges affected takes all it touches; then the next.
 */
export function blameEdges(edges: readonly EdgeLoss[]): Map<string, number> {
  const blamed = new Map<string, number>();
  let open = edges.filter((e) => e.lost > 0);
  const touching = (node: string, list: readonly EdgeLoss[]) =>
    list.filter((e) => e.caller === node || e.callee === node);
  const affected = new Map<string, number>();
  for (const node of new Set(open.flatMap((e) => [e.caller, e.callee]))) {
    const all = touching(node, edges);
    affected.set(node, all.reduce((sum, e) => sum + e.strength, 0) / all.length);
  }
  while (open.length > 0) {
    let best: { node: string; worth: number; mass: number } | null = null;
    for (const node of affected.keys()) {
      const mass = touching(node, open).reduce((sum, e) => sum + e.lost, 0);
      const worth = mass * affected.get(node)!;
      if (best === null || worth > best.worth) best = { node, worth, mass };
    }
    if (best === null || best.worth <= 0) break;
    const { node, mass } = best;
    blamed.set(node, (blamed.get(node) ?? 0) + mass);
    affected.delete(node);
    open = open.filter((e) => e.caller !== node && e.callee !== node);
  }
  return blamed;
}
