import type { Bundle } from "../evidence/bundle";
import type { Slots } from "./rank-amounts";
import type { Signal } from "./rank-signals";
import { valueAt } from "./rank-signals";

/** A node whose data ceased while others' went on. */
export interface Silence {
  node: string;
  /** Nats against "as often silent in normal time". */
  nats: number;
  /** Last time anything was measured; null when nothing was in the whole incident. */
  last: number | null;
}

/** Slots of the incident from which an end of data can be told from a late point. */
const SLOTS_MIN = 2;
/** Normal points of a node's most regular series below which its regularity is not known. */
const NORMAL_MIN = 20;

/**
 * Nodes that reported in nearly every slot of normal time and are mute at the end of the incident. Each mute slot is as rare
 * as an empty one was in normal time; slots in which hardly anybody reported say nothing of one node.
 */
export function silences(bundle: Bundle, signals: readonly Signal[], slots: Slots): Silence[] {
  const rates = regularity(bundle, slots.length);
  const reported = new Map<string, Signal[]>();
  for (const s of signals) reported.set(s.node, [...(reported.get(s.node) ?? []), s]);
  const times = slots.times.filter((t) => {
    let alive = 0;
    for (const list of reported.values())
      if (list.some((s) => valueAt(s.points, t, slots.length) !== undefined)) alive++;
    return alive * 2 > reported.size;
  });
  const found: Silence[] = [];
  for (const [node, rate] of rates) {
    const own = reported.get(node) ?? [];
    const spoke = times.map((t) => own.some((s) => valueAt(s.points, t, slots.length) !== undefined));
    const mute = spoke.length - 1 - spoke.lastIndexOf(true);
    if (mute < SLOTS_MIN) continue;
    found.push({ node, nats: -mute * Math.log(1 - rate), last: times[spoke.lastIndexOf(true)] ?? null });
  }
  return found;
}

/** In which share of the slots of normal time each node reported, never quite 1. */
function regularity(bundle: Bundle, length: number): Map<string, number> {
  const slotsOf = new Map<string, Set<number>>();
  const all = new Set<number>();
  for (const { node, points } of bundle.normal.metrics) {
    const own = slotsOf.get(node) ?? new Set<number>();
    slotsOf.set(node, own);
    for (const [t] of points) {
      own.add(Math.round(t / length));
      all.add(Math.round(t / length));
    }
  }
  return new Map(
    [...slotsOf].filter(([, own]) => own.size >= NORMAL_MIN).map(([node, own]) => [node, own.size / (all.size + 1)]),
  );
}
