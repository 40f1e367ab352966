import { quantileSorted } from "simple-statistics";
import type { SpanStat } from "../evidence/bundle";
import { natsOf, strengthOf } from "./rank-strength";

/** Calls that a node makes otherwise than its own entries explain: work cut short, skipped or repeated. */
export interface MixChange {
  node: string;
  /** The operation that changed most, its calls and how many its entries would explain. */
  operation: string;
  seen: number;
  expected: number;
  /** 0 to 1: how sure it is that the operation changed, times how much of it did. */
  strength: number;
}

/** Scatter of a call ratio that is never below this (log scale), and what is assumed where normal time is a slot or two. */
const SCATTER_MIN = 0.05;
const SCATTER_UNKNOWN = 0.2;
const SLOTS_MIN = 3;
/** Degrees of freedom of a count's deviation: its law is known, only its scatter is learned. */
const FREEDOM = 8;
/** Fewer expected calls than this cannot be missed. */
const EXPECTED_MIN = 5;

/** Calls by operation, of each node: `entries` come from others, `inner` are its own operations and the calls it makes. */
interface Counts {
  entries: Map<string, Map<string, number>>;
  inner: Map<string, Map<string, number>>;
}

const ALL = "";

/**
 * Compares the number of each node's inner operations and calls with what its entries account for. The same entries with
 * fewer calls behind them are an early return, an exception or a refused dependency; with more of them, retries or a loop. An
 * operation counts as changed only if no entry operation, nor all entries together, explains its number by the ratio of normal
 * time: another mix of requests is not a fault. Spans without a count are left out. Nodes by strength, strongest first.
 */
export function mixChanges(seen: readonly SpanStat[], normal: readonly SpanStat[]): MixChange[] {
  const now = countsOf(seen);
  const whole = countsOf(normal);
  const slots = new Map<number, SpanStat[]>();
  for (const s of normal) (slots.get(s.t) ?? slots.set(s.t, []).get(s.t)!).push(s);
  const wells = [...slots.values()].map(countsOf);
  const changes: MixChange[] = [];
  for (const [node, usual] of whole.inner) {
    const usualEntries = whole.entries.get(node);
    const entries = now.entries.get(node);
    if (usualEntries === undefined || entries === undefined) continue;
    let worst: Omit<MixChange, "node"> | null = null;
    for (const [operation, count] of usual) {
      const actual = now.inner.get(node)?.get(operation) ?? 0;
      let best: { expected: number; z: number } | null = null;
      for (const [entry, n] of usualEntries) {
        const ratio = count / n;
        const expected = ratio * (entries.get(entry) ?? 0);
        const scatter = scatterOf(wells, node, operation, entry, ratio);
        const z = Math.abs(actual - expected) / Math.sqrt(expected + 1 + (scatter * expected) ** 2);
        if (best === null || z < best.z) best = { expected, z };
      }
      if (best === null || Math.max(best.expected, actual) < EXPECTED_MIN) continue;
      const part = Math.abs(actual - best.expected) / Math.max(actual, best.expected);
      const strength = part * strengthOf(natsOf(best.z, FREEDOM));
      if (strength > (worst?.strength ?? 0)) worst = { operation, seen: actual, expected: best.expected, strength };
    }
    if (worst !== null) changes.push({ node, ...worst });
  }
  return changes.sort((a, b) => b.strength - a.strength);
}

function countsOf(spans: readonly SpanStat[]): Counts {
  const counts: Counts = { entries: new Map(), inner: new Map() };
  const add = (map: Map<string, Map<string, number>>, node: string, key: string, n: number) => {
    const of = map.get(node) ?? new Map<string, number>();
    map.set(node, of);
    of.set(key, (of.get(key) ?? 0) + n);
  };
  for (const { node, parent, operation, n } of spans) {
    if (n === undefined) continue;
    if (parent === node) {
      add(counts.inner, node, `${operation ?? ""}`, n);
      continue;
    }
    add(counts.entries, node, JSON.stringify([operation, parent]), n);
    add(counts.entries, node, ALL, n);
    if (parent !== undefined) add(counts.inner, parent, `${operation ?? ""} of ${node}`, n);
  }
  return counts;
}

/** How much a ratio of calls to entries scatters between slots of normal time, on the log scale. */
function scatterOf(wells: readonly Counts[], node: string, operation: string, entry: string, ratio: number): number {
  if (wells.length < SLOTS_MIN) return SCATTER_UNKNOWN;
  const away = wells
    .map((c) => {
      const n = c.entries.get(node)?.get(entry) ?? 0;
      return Math.abs(Math.log(((c.inner.get(node)?.get(operation) ?? 0) + 0.5) / (ratio * n + 0.5)));
    })
    .sort((a, b) => a - b);
  return Math.max(SCATTER_MIN, 1.4826 * quantileSorted(away, 0.5));
}
