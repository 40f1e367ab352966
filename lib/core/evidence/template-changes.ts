import { grouped } from "../base/grouped";
import type { LogLine } from "./bundle";
import { toneOf } from "./fault-words";
import { messageOf } from "./log-message";
import { createMiner } from "./log-templates";
import { middle } from "../base/stats";

/** A template whose rate on one node is not what it was. */
export interface TemplateChange {
  node: string;
  kind: "new" | "surging" | "vanished";
  /** The template's text, with the class of an HTTP status behind it where its lines carry a failed one. */
  template: string;
  /** Lines of the reference, and since the onset. */
  before: number;
  after: number;
  /** Lines a second; null where the lines span no time. */
  rateBefore: number | null;
  rateAfter: number | null;
  /** −ln of a bound on the chance of such a change, corrected for over-dispersion and for the number of templates looked at. */
  nats: number;
  /** How bad the wording sounds, 0 to 1 (fault-words.ts). A weight on `strength`, never a filter. */
  bad: number;
  /** 0 to 1: the evidence that it changed, weighted by its wording. */
  strength: number;
  /** New and surging: when its first line since the onset came. Vanished: its last line. Epoch seconds. */
  at: number;
  /** Up to three different lines, as they came, cut to {@link SAMPLE_MAX} characters: untrusted text. */
  samples: string[];
}

export interface LogWindow {
  /** Lines around the incident. */
  logs: readonly LogLine[];
  /** Lines of a time known to be well. When there are none, the lines before the onset are the reference. */
  normal: readonly LogLine[];
  /** Epoch seconds. */
  onset: number;
}

const SAMPLES = 3;
export const SAMPLE_MAX = 300;
/** Changes told of at most. */
const CHANGES_MAX = 200;
/** Changes less sure than this (a false discovery rate) are not told. */
const RATE_OF_FALSE = 0.1;
/** Equal parts of the reference over which the dispersion of counts is measured. */
const SLICES = 10;
/** Templates that must have been at home on a node before its traffic can be told from them, and lines that make one so. */
const HOME_TEMPLATES = 5;
const HOME_LINES = 5;
/** What the evidence alone makes of the strength; wording adds the rest. */
const WORDLESS = 0.5;

/** A failed HTTP status: a number masked as a value, which is not any value. */
const FAILED_STATUS = /(?:HTTP\/\d(?:\.\d)?"?|\bstatus(?:[_ -]?code)?["']?)[\s:=]{1,3}["']?([45])\d\d\b/i;

interface Tally {
  node: string;
  template: string;
  before: number[];
  after: number[];
  samples: { before: string[]; after: string[] };
}

/**
 * New, surging and vanished templates since the onset, node by node, strongest first.
 *
 * Each template's counts before and after are compared by the conditional test of two Poisson rates (Przyborowski & Wilenski
 * 1940): given both, the later count is binomial with the exposures' share. Its tail is bounded by Chernoff's exp(−n·KL), half of the G
 * statistic: a bound at every count, where the χ² approximation fails at small ones. Lines come in bursts, so the statistic is divided by
 * the dispersion measured over slices of the reference (quasi-Poisson). False discoveries are held by Benjamini & Hochberg (1995)
 * over everything looked at. If most of what is at home on a node became more frequent together, that is its traffic, and a
 * template surges only beyond it.
 *
 * No reference or no line since the onset: no changes, since nothing can be compared. Lines that span no time are
 * compared by their share of all lines instead of by rate. The order of lines does not matter, nor the unit of time.
 */
export function templateChanges({ logs, normal, onset }: LogWindow): TemplateChange[] {
  const after = logs.filter(({ t }) => t >= onset);
  const before = normal.length > 0 ? normal : logs.filter(({ t }) => t < onset);
  if (before.length === 0 || after.length === 0) return [];
  const tallies = tally(before, after);
  const span = {
    before: (normal.length > 0 ? latest(before) : onset) - earliest(before),
    after: latest(after) - onset,
  };
  const timed = span.before > 0 && span.after > 0;
  const exposure = timed ? span.after / span.before : after.length / before.length;
  const changes: TemplateChange[] = [];
  for (const group of grouped(tallies, ({ node }) => node).values()) {
    const traffic = trafficOf(group, exposure);
    const usual = dispersionOf(group, earliest(before), span.before);
    for (const one of group) {
      const [b, a] = [one.before.length, one.after.length];
      const rose = a > b * exposure;
      const nats = surprise(b, a, exposure * (rose ? traffic : 1)) / usual(one);
      const kind = !rose ? "vanished" : b === 0 ? "new" : "surging";
      const bad = toneOf(one.samples.after[0] ?? one.samples.before[0] ?? one.template).bad;
      changes.push({
        node: one.node,
        kind,
        template: one.template,
        before: b,
        after: a,
        rateBefore: timed ? b / span.before : null,
        rateAfter: timed ? a / span.after : null,
        nats: kind === "vanished" && a > 0 ? 0 : nats,
        bad,
        strength: 0,
        at: kind === "vanished" ? one.before.at(-1)! : one.after[0]!,
        samples: kind === "vanished" ? one.samples.before : one.samples.after,
      });
    }
  }
  return strongest(changes);
}

/** Falling rates are told only when nothing is left, but they were looked at: all of them count for the correction. */
function strongest(changes: TemplateChange[]): TemplateChange[] {
  changes.sort((x, y) => y.nats - x.nats);
  let floor = 0;
  // From the weakest up: no stronger change has less evidence left than a weaker one.
  for (let i = changes.length - 1; i >= 0; i--) {
    const change = changes[i]!;
    floor = Math.max(floor, change.nats - Math.log(changes.length / (i + 1)));
    change.nats = floor;
    const weight = change.kind === "vanished" ? WORDLESS * (1 - change.bad) : WORDLESS + (1 - WORDLESS) * change.bad;
    change.strength = (1 - Math.exp(-change.nats)) * weight;
  }
  return changes
    .filter(({ nats }) => nats >= -Math.log(RATE_OF_FALSE))
    .sort(
      (x, y) =>
        y.strength - x.strength || y.nats - x.nats || compare(x.node, y.node) || compare(x.template, y.template),
    )
    .slice(0, CHANGES_MAX);
}

/** Nats of n·KL(a/n ‖ q), where q is what share of the lines the exposure alone would put after the onset. */
function surprise(before: number, after: number, exposure: number): number {
  const n = before + after;
  const q = exposure / (1 + exposure);
  const part = (count: number, share: number) => (count === 0 ? 0 : count * Math.log(count / (n * share)));
  return Math.max(0, part(after, q) + part(before, 1 - q));
}

/** How many times more traffic a node has: the middle of what its usual templates' rates were multiplied by; at least 1. */
function trafficOf(group: Tally[], exposure: number): number {
  const home = group.filter(({ before }) => before.length >= HOME_LINES);
  if (home.length < HOME_TEMPLATES) return 1;
  return Math.max(1, middle(home.map(({ before, after }) => after.length / before.length / exposure)));
}

/**
 * Variance of counts as a multiple of their mean (Pearson's χ² over its degrees of freedom, at least 1): a template's own, shrunk
 * towards its node's by as many degrees of freedom as one template has; the node's where the template was never seen.
 */
function dispersionOf(group: Tally[], start: number, span: number): (one: Tally) => number {
  if (span <= 0) return () => 1;
  const own = new Map<Tally, number>();
  for (const one of group) {
    if (one.before.length === 0) continue;
    const counts = Array.from({ length: SLICES }, () => 0);
    for (const t of one.before) counts[Math.min(SLICES - 1, Math.floor(((t - start) / span) * SLICES))]!++;
    const expected = one.before.length / SLICES;
    const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    own.set(one, chi / (SLICES - 1));
  }
  const node = own.size === 0 ? 1 : middle([...own.values()]);
  return (one) => Math.max(1, ((own.get(one) ?? node) + node) / 2);
}

/** Counts and samples by node and template, in an order that depends on nothing but the lines. */
function tally(before: readonly LogLine[], after: readonly LogLine[]): Tally[] {
  const miner = createMiner();
  const read = (side: "before" | "after", lines: readonly LogLine[]) =>
    [...lines]
      .sort((x, y) => x.t - y.t || compare(x.node, y.node) || compare(x.line, y.line))
      .map(({ t, node, line }) => {
        const { text, level } = messageOf(line);
        const status = FAILED_STATUS.exec(text.slice(0, SAMPLE_MAX))?.[1];
        const ticket = miner.add(level === null ? text : `${level} ${text}`);
        return { side, t, node, line, ticket, status };
      });
  const lines = [...read("before", before), ...read("after", after)];
  const { templates, templateOf } = miner.finish();
  const tallies = new Map<string, Tally>();
  for (const { side, t, node, line, ticket, status } of lines) {
    const id = templateOf(ticket);
    const key = JSON.stringify([node, id, status]);
    let one = tallies.get(key);
    if (one === undefined) {
      const template = templates[id]!.text + (status === undefined ? "" : ` (status ${status}xx)`);
      one = { node, template, before: [], after: [], samples: { before: [], after: [] } };
      tallies.set(key, one);
    }
    one[side].push(t);
    const kept = one.samples[side];
    const sample = line.slice(0, SAMPLE_MAX);
    if (kept.length < SAMPLES && !kept.includes(sample)) kept.push(sample);
  }
  return [...tallies.values()];
}

const earliest = (lines: readonly LogLine[]) =>
  lines.reduce((least, { t }) => Math.min(least, t), Number.POSITIVE_INFINITY);
const latest = (lines: readonly LogLine[]) =>
  lines.reduce((most, { t }) => Math.max(most, t), Number.NEGATIVE_INFINITY);
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
