import type { Bundle, LogLine } from "../evidence/bundle";
import { markOf } from "../evidence/bundle-marks";
import { callSiteOf } from "../evidence/call-site";
import { toneOf } from "../evidence/fault-words";
import { BAD_FROM } from "../evidence/log-findings";
import { WILDCARD } from "../evidence/log-masks";
import { messageOf } from "../evidence/log-message";
import { createMiner } from "../evidence/log-templates";
import { rateNats, significance } from "./rank-strength";

/** What one statement of one node logged: times in normal time and in the incident, in epoch seconds, ascending. */
export interface Statement {
  node: string;
  /** Its first line in the incident, else in normal time. Untrusted text. */
  sample: string;
  before: number[];
  after: number[];
}

/** A statement that no longer runs as often as another of its node that it always ran with. */
export interface FlowBreak {
  node: string;
  sample: string;
  /** The other statement. */
  beside: string;
  seen: number;
  expected: number;
  /** 0 to 1: how sure it is that the two parted, times how much of it did. */
  strength: number;
}

/** Lines of one request are written within so many seconds. */
const SLICE_S = 5;
/** Slices in which two statements have to have run before they can be told to run together, and lines of either. */
const SLICES_MIN = 5;
const LINES_MIN = 8;
/** Two statements run together if no more than this share of their lines are out of step: requests at the edge of two slices. */
const OUT_OF_STEP = 0.05;
/** Words before the first value that name a statement, its level included. */
const OPENING_WORDS = 4;
/** A value this early stands where a logger's own prefix does. */
const LEVEL_CHARS = 8;
/** Statements of a node that are compared with one another, the most frequent: pairs grow with the square. */
const STATEMENTS_MAX = 60;

/** Lines of normal time and of the incident by node and by the statement that wrote them: its call site, else its template. */
export function statementsOf({ logs, normal }: Bundle): Statement[] {
  if (normal.logs.length === 0) return [];
  const miner = createMiner();
  const read = (lines: readonly LogLine[], side: "before" | "after") =>
    lines.flatMap(({ t, node, line }) => {
      const { mark, text } = markOf(line);
      if (mark !== null) return [];
      const { text: message, level } = messageOf(text);
      const whole = level === null ? message : `${level} ${message}`;
      const site = callSiteOf(whole);
      return [{ side, t, node, whole, key: site ?? miner.add(whole) }];
    });
  const lines = [...read(logs, "after"), ...read(normal.logs, "before")];
  const { templateOf, templates } = miner.finish();
  const openings = templates.map(({ text }) => openingOf(text));
  const statements = new Map<string, Statement>();
  for (const { side, t, node, whole, key } of lines) {
    const id = JSON.stringify([node, typeof key === "number" ? openings[templateOf(key)] : key]);
    const one = statements.get(id) ?? { node, sample: whole, before: [], after: [] };
    statements.set(id, one);
    one[side].push(t);
  }
  for (const { before, after } of statements.values()) {
    before.sort((a, b) => a - b);
    after.sort((a, b) => a - b);
  }
  return [...statements.values()];
}

/**
 * What a template says before its first value, and whether it sounds bad; a short beginning says too little, and the whole counts.
 * Templates that differ only in what they print are one statement: one value may replace another without anything being left out.
 */
function openingOf(template: string): string {
  const opening = template.slice(0, Math.max(0, template.indexOf(WILDCARD, LEVEL_CHARS)));
  if ((opening.match(/[\p{L}\p{N}]+/gu) ?? []).length < OPENING_WORDS) return template;
  return `${opening}${toneOf(template).bad >= BAD_FROM ? " (bad)" : ""}`;
}

/**
 * Broken invariants of a node's lines (Lou et al., "Mining Invariants from Console Logs", ATC 2010): in normal time two statements
 * ran in a fixed ratio, slice by slice; now one runs without the other. A request was left halfway: an exception, an early return,
 * another branch. Neither load nor another mix of requests does that. The worst of each node, strongest first.
 */
export function flowBreaks(statements: readonly Statement[]): FlowBreak[] {
  const nodes = new Map<string, Statement[]>();
  for (const s of statements)
    if (s.before.length >= LINES_MIN) (nodes.get(s.node) ?? nodes.set(s.node, []).get(s.node)!).push(s);
  /** Of the pairs of one node no more are independent than there are statements. */
  const looks = [...nodes.values()].reduce((sum, { length }) => sum + length, 0);
  const breaks: FlowBreak[] = [];
  for (const [node, all] of nodes) {
    const frequent = all.toSorted((a, b) => b.before.length - a.before.length).slice(0, STATEMENTS_MAX);
    const pairs = pairsOf(frequent);
    let worst: FlowBreak | null = null;
    for (const [x, y] of pairs) {
      for (const [one, other] of [
        [x, y],
        [y, x],
      ] as const) {
        const expected = (other.after.length * one.before.length) / other.before.length;
        const seen = one.after.length;
        // The one that ran less is the one that was left out.
        if (seen >= expected) continue;
        const nats = rateNats(seen, expected, one.before.length, OUT_OF_STEP) - Math.log(looks);
        const strength = (1 - seen / expected) * significance(nats);
        if (strength > (worst?.strength ?? 0))
          worst = { node, sample: one.sample, beside: other.sample, seen, expected, strength };
      }
    }
    if (worst !== null) breaks.push(worst);
  }
  return breaks.sort((a, b) => b.strength - a.strength);
}

/** Statements that ran in a fixed ratio in all slices of normal time. */
function pairsOf(statements: readonly Statement[]): [Statement, Statement][] {
  const sliced = statements.map(({ before }) => {
    const counts = new Map<number, number>();
    for (const t of before) counts.set(Math.floor(t / SLICE_S), (counts.get(Math.floor(t / SLICE_S)) ?? 0) + 1);
    return counts;
  });
  const pairs: [Statement, Statement][] = [];
  statements.forEach((x, i) => {
    for (let j = i + 1; j < statements.length; j++) {
      const [a, b, y] = [sliced[i]!, sliced[j]!, statements[j]!];
      if (Math.min(a.size, b.size) < SLICES_MIN) continue;
      const ratio = y.before.length / x.before.length;
      let out = 0;
      for (const [slice, n] of a) out += Math.abs(ratio * n - (b.get(slice) ?? 0));
      for (const [slice, n] of b) if (!a.has(slice)) out += n;
      if (out <= OUT_OF_STEP * y.before.length) pairs.push([x, y]);
    }
  });
  return pairs;
}
