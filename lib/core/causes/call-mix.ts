import { quantileSorted } from "simple-statistics";
import type { SpanStat } from "../evidence/bundle";
import { toneOf } from "../evidence/fault-words";
import { middle } from "../base/stats";
import type { Statement } from "./line-flow";
import { rateNats, significance } from "./rank-strength";

/** Calls that a node makes otherwise than its own entries explain: work cut short, skipped or repeated. */
export interface MixChange {
  node: string;
  /** The operation that changed most, its calls and how many its entries would explain. */
  operation: string;
  /** Whether the operation is a line, of which `operation` is a sample. */
  line: boolean;
  seen: number;
  expected: number;
  /** 0 to 1: how sure it is that the operation changed, times how much of it did. */
  strength: number;
}

/** Scatter of a call ratio that is never below this (log scale), and what is assumed where normal time is a slot or two. */
const SCATTER_MIN = 0.05;
const SCATTER_UNKNOWN = 0.2;
const SLOTS_MIN = 3;
/** Fewer expected calls than this cannot be missed. */
const EXPECTED_MIN = 5;
/** What is assumed of a rate that normal time has no event of (Jeffreys). */
const UNSEEN = 0.5;
/** What a new line says whose words are harmless, as in template-changes.ts. */
const WORDLESS = 0.5;

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
 * time: another mix of requests is not a fault. What a node's statements log is compared likewise (`statements`: those of both
 * times), new lines included. Counts are judged as Poisson counts whose rate was learned from few events ({@link rateNats}),
 * corrected for everything that is compared (Bonferroni). Spans without a count are left out. Nodes by strength, strongest first.
 */
export function mixChanges(
  seen: readonly SpanStat[],
  normal: readonly SpanStat[],
  statements: readonly Statement[] = [],
): MixChange[] {
  const now = countsOf(seen);
  const whole = countsOf(normal);
  const slots = new Map<number, SpanStat[]>();
  for (const s of normal) (slots.get(s.t) ?? slots.set(s.t, []).get(s.t)!).push(s);
  const times = [...slots.keys()].sort((a, b) => a - b);
  const wells = times.map((t) => countsOf(slots.get(t)!));
  for (const { node, sample, before, after } of statements) {
    const key = lineKey(sample);
    add(whole.inner, node, key, before.length);
    add(now.inner, node, key, after.length);
    for (const t of before) {
      const well = wells[times.findLastIndex((start) => start <= t)];
      if (well !== undefined) add(well.inner, node, key, 1);
    }
  }
  const coverage = coverageOf(statements, now, whole);
  const looks = [...whole.inner.values()].reduce((sum, { size }) => sum + size, 0);
  const changes: MixChange[] = [];
  for (const [node, usual] of whole.inner) {
    const usualEntries = whole.entries.get(node);
    const entries = now.entries.get(node);
    if (usualEntries === undefined || entries === undefined) continue;
    let worst: Omit<MixChange, "node"> | null = null;
    for (const [operation, count] of usual) {
      const line = operation.startsWith(LINE);
      const actual = now.inner.get(node)?.get(operation) ?? 0;
      let best: { expected: number; nats: number } | null = null;
      for (const [entry, n] of entries) {
        const usually = usualEntries.get(entry) ?? 0;
        if (usually === 0 && count > 0) continue;
        // Entries that are new as well account for whatever is new behind them.
        const expected =
          usually === 0 ? actual : ((count === 0 ? UNSEEN : count) / usually) * n * (line ? coverage : 1);
        const ratio = count / Math.max(usually, 1);
        const nats = rateNats(actual, expected, count, scatterOf(wells, node, operation, entry, ratio));
        if (best === null || nats < best.nats) best = { expected, nats };
      }
      for (const entry of usualEntries.keys())
        if (!entries.has(entry)) {
          const nats = rateNats(actual, 0, count, SCATTER_UNKNOWN);
          if (best === null || nats < best.nats) best = { expected: 0, nats };
        }
      if (best === null || Math.max(best.expected, actual) < EXPECTED_MIN) continue;
      const part = Math.abs(actual - best.expected) / Math.max(actual, best.expected);
      const wording = line && count === 0 ? WORDLESS + (1 - WORDLESS) * toneOf(operation).bad : 1;
      const strength = part * wording * significance(best.nats - Math.log(looks));
      if (strength > (worst?.strength ?? 0))
        worst = {
          operation: line ? operation.slice(LINE.length) : operation,
          line,
          seen: actual,
          expected: best.expected,
          strength,
        };
    }
    if (worst !== null) changes.push({ node, ...worst });
  }
  return changes.sort((a, b) => b.strength - a.strength);
}

/** A middle of fewer nodes may be an ill one's. */
const COVERAGE_NODES = 3;

const LINE = "line ";
const lineKey = (sample: string) => LINE + sample;

/** How much more of what is called is logged within the window than in normal time: the middle of all nodes, few of which are ill. */
function coverageOf(statements: readonly Statement[], now: Counts, whole: Counts): number {
  const lines = new Map<string, { before: number; after: number }>();
  for (const { node, before, after } of statements) {
    const n = lines.get(node) ?? { before: 0, after: 0 };
    lines.set(node, n);
    n.before += before.length;
    n.after += after.length;
  }
  const ratios = [...lines].flatMap(([node, { before, after }]) => {
    const [usually, entries] = [whole.entries.get(node)?.get(ALL) ?? 0, now.entries.get(node)?.get(ALL) ?? 0];
    return Math.min(before, usually, entries) < EXPECTED_MIN ? [] : [after / before / (entries / usually)];
  });
  return ratios.length < COVERAGE_NODES ? 1 : middle(ratios);
}

function add(map: Map<string, Map<string, number>>, node: string, key: string, n: number): void {
  const of = map.get(node) ?? new Map<string, number>();
  map.set(node, of);
  of.set(key, (of.get(key) ?? 0) + n);
}

function countsOf(spans: readonly SpanStat[]): Counts {
  const counts: Counts = { entries: new Map(), inner: new Map() };
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
