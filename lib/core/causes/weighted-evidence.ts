import { fromTo, inUnit } from "../base/amounts";
import type { Bundle, BundleChange, Finding } from "../evidence/bundle";
import { markOf } from "../evidence/bundle-marks";
import { type Affinity, affinityOfChange, affinityOfMetric, affinityOfText } from "./cause-kinds";
import { exposureOf } from "./change-exposure";
import { type RankedChange, rankChanges } from "./changes";
import { findInstructions } from "../evidence/instructions";
import { BAD_FROM, findingOf, iso, type LineGroup } from "../evidence/log-findings";
import { natureOf } from "./metric-kinds";
import type { RankResult } from "./rank";
import { redact } from "../evidence/redact";
import { type Move, moveOf } from "./series-moves";
import { TUNING, type Tuning } from "./tunables";
import { compareVersions, versionFactor, versionFindings } from "./version-compare";

/** A finding and what it speaks for. */
export interface WeightedEvidence {
  finding: Finding;
  /** How much it says that something is wrong, 0 to 1: neither loudness nor repetition adds to it. */
  weight: number;
  affinity: Affinity;
  /** Still so at the end of the evidence. */
  active: boolean;
  /** A line names this node, which its own node calls: part of it speaks of that, or of what that complains of in turn. */
  complainsOf?: string;
  /** A change that only its time and place speak for: what it did was looked at, and is not what is seen. */
  coincidental?: true;
  /** A change whose effect has ended: a cure was measured to have worked after it, or what ran before it runs again. */
  over?: true;
  /** The ranking over metrics and spans counted it already. */
  ranked?: true;
}

export type Onset = RankResult["onset"];

/** How long before an onset what is seen may belong to it, and how fast what is older stops to (e-folding). */
const LEAD_S = 900;
const FADE_S = 1800;
/** Series of what the target calls or is called by: over many series some move all the time. */
const RELATED_SERIES = 0.5;
/** What the target neither reaches nor is reached from. */
const ELSEWHERE = 0.3;
/** A moved load is what work looks like; it is seldom the trouble itself. */
const LOAD_WEIGHT = 0.7;
/** What an application says of its own failure is nearer to the cause than what a platform says of its restarts. */
const OWN_WORDS = 1.15;
/** What a quantity consists of, once the quantity moved. */
const CONSISTS_WEIGHT = 0.35;
/** What is left of a line's weight when somebody wrote orders into it: its words say nothing of what kind of trouble there is. */
const ORDERED = 0.5;
/** What does not differ between versions is told, and is no sign of trouble. */
const VERSION_FROM = 0.3;
/** A change that explains less than this is listed nowhere. */
const CHANGE_FROM = 0.02;
const CHANGES_TOLD = 10;
const INSTRUCTIONS_TOLD = 20;
/** Characters of different lines that are searched for orders: seconds of work at most. Whoever shows more to a model searches it again. */
const INSTRUCTION_CHARS = 4_000_000;
/** Numbers that stand alone make no order; digits among letters, escapes and codes may. */
const FREE_NUMBER = /(?<![A-Za-z%#\\\d])\d+(?![A-Za-z\d])/g;

/** Whether a node is the target or a part of it (`api` and `api-7f9-x2`). */
export const isOf = (node: string | null, target: string): boolean =>
  node === target || (node?.startsWith(`${target}-`) ?? false);

export const givesOrders = (text: string): boolean => findInstructions(text).length > 0;

/** Nodes that the target depends on or that depend on it, any number of calls away. */
export function relatives({ target, edges }: Bundle): Set<string> {
  const seen = new Set([target.node]);
  for (let size = 0; size !== seen.size;) {
    size = seen.size;
    for (const [a, b] of edges) {
      if (seen.has(a)) seen.add(b);
      else if (seen.has(b)) seen.add(a);
    }
  }
  return seen;
}

/** 1 for what belongs to the incident in time, less for what is older. */
function timely(last: number, onset: Onset, now: number): number {
  const from = (onset?.from ?? now - FADE_S) - LEAD_S;
  return last >= from ? 1 : Math.exp((last - from) / FADE_S);
}

/** Lines as signs; alerts and what quantities consist of weigh nothing as a fault, and are there to be cited. */
export function logEvidence(
  groups: readonly LineGroup[],
  bundle: Bundle,
  onset: Onset,
  now: number,
): WeightedEvidence[] {
  const near = relatives(bundle);
  let count = 0;
  return groups.flatMap((group): WeightedEvidence[] => {
    const { mark, bad, node } = group;
    const told =
      mark === "alert" || mark === "top" || bad >= BAD_FROM || (group.tone.past && group.tone.good >= BAD_FROM);
    if (!told) return [];
    const finding: Finding = { id: `l${++count}`, ...findingOf(group) };
    const place = near.has(node) ? 1 : ELSEWHERE;
    const time = mark === "state" ? 1 : timely(group.last, onset, now);
    const own = mark === null ? OWN_WORDS : 1;
    const weight =
      mark === "alert"
        ? 0
        : mark === "top"
          ? CONSISTS_WEIGHT * place
          : Math.min(1, bad * own) * place * time * (group.changed ?? 1);
    const complainsOf =
      (mark === null || mark === "event") && bad >= BAD_FROM
        ? complaintOf(group.sample, node, bundle.edges)
        : undefined;
    const orders = givesOrders(group.sample);
    const listed = bad >= BAD_FROM || mark === "alert" || mark === "top";
    return [
      {
        finding: { ...finding, strength: Math.min(finding.strength, Math.max(weight, 0.05)) },
        weight: listed ? weight * (orders ? ORDERED : 1) : 0,
        affinity: orders ? {} : affinityOfText(group.sample),
        ...(complainsOf === undefined ? {} : { complainsOf }),
        active: group.active && mark !== "alert" && mark !== "top",
      },
    ];
  });
}

/**
 * A pool of connections or threads belongs to whoever draws from it: that it is empty says that its owner holds on to them, or
 * waits for an answer that shows elsewhere as well. HikariCP, SQLAlchemy, Commons Pool, pgx, Npgsql, node-postgres and Go's
 * database/sql all say "pool" of it in the caller's own log.
 */
const OWN_POOL = /pool/i;

/** The node among what its own node calls that a line names, unless it speaks of what its own node keeps. */
function complaintOf(text: string, node: string, edges: Bundle["edges"]): string | undefined {
  if (OWN_POOL.test(text)) return undefined;
  return edges.find(([caller, callee]) => caller === node && callee !== node && names(text, callee))?.[1];
}

/** A name as a whole word: `payments` and not `payments-db`. */
function names(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1))
    if (!/[\w-]/.test(text[at - 1] ?? "") && !/[\w-]/.test(text[at + name.length] ?? "")) return true;
  return false;
}

/** Series that moved within themselves, for bundles without normal time. */
export function shiftEvidence(bundle: Bundle): { signs: WeightedEvidence[]; moves: Move[]; onset: Onset } {
  const near = relatives(bundle);
  const { node: target } = bundle.target;
  const place = (node: string) => (isOf(node, target) ? 1 : near.has(node) ? RELATED_SERIES : ELSEWHERE);
  const moves = bundle.metrics
    .flatMap((series) => moveOf(series) ?? [])
    .map((move) => ({ move, weight: weightOf(move) * place(move.series.node) }))
    .toSorted((a, b) => b.weight - a.weight);
  const signs = moves.map(({ move, weight }, i): WeightedEvidence => {
    const { metric, unit, node } = move.series;
    const grows = move.back === null && Math.abs(move.now - move.after) < 0.1 * Math.abs(move.after - move.before);
    return {
      finding: { id: `w${i + 1}`, kind: "metric_shift", node, at: move.at, strength: weight, text: moveText(move) },
      weight,
      affinity: affinityOfMetric(metric, unit, { rose: move.after > move.before || move.kind === "full", grows }),
      active: move.back === null,
    };
  });
  const sure = moves.filter(({ move, weight }) => weight >= 0.4 && move.kind !== "full").map(({ move }) => move.at);
  const at = sure.toSorted((a, b) => a - b)[0];
  const slot =
    bundle.metrics[0] === undefined
      ? 60
      : (bundle.metrics[0].points[1]?.[0] ?? 60) - (bundle.metrics[0].points[0]?.[0] ?? 0);
  return {
    signs,
    moves: moves.map(({ move }) => move),
    onset: at === undefined ? null : { at, from: at - slot, to: at },
  };
}

function weightOf({ series, kind, strength, before, after }: Move): number {
  const nature = natureOf(series.metric, series.unit);
  const better = nature.bad !== "both" && (after > before ? "up" : "down") !== nature.bad;
  const load = nature.kind === "traffic" || nature.kind === "level";
  return strength * (load && kind !== "stopped" ? LOAD_WEIGHT : 1) * (better && kind !== "stopped" ? 0.3 : 1);
}

const figure = (value: number): string =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(3)));

function moveText({ series: { node, metric, unit }, kind, at, back, before, after, now }: Move): string {
  const of = `${metric} of ${node}`;
  const said = (value: number) => inUnit(value, unit, figure);
  const moved = {
    rose: `rose ${fromTo(before, after, unit, figure)} at ${iso(at)}`,
    fell: `fell ${fromTo(before, after, unit, figure)} at ${iso(at)}`,
    stopped: `stopped: ${fromTo(before, 0, unit, figure)} at ${iso(at)}`,
    full: `at ${said(now)}, near its maximum throughout the data`,
  }[kind];
  return `${of} ${moved}${back === null ? "" : `; it recovered by ${iso(back)} and is at ${said(now)} now`}`;
}

/** A name that somebody quoted: `field 'meta'`, `relation "orders"`, `unknown field [title]`. */
const QUOTED =
  /(?<![\w])(?:'([A-Za-z_][\w-]{2,60})'|"([A-Za-z_][\w-]{2,60})"|`([A-Za-z_][\w-]{2,60})`|\[([A-Za-z_][\w-]{2,60})\])(?!\w)/g;

/** Names that bad lines quote: what a program cannot find or read it names so. */
export function namesIn(groups: readonly LineGroup[]): Set<string> {
  const names = groups
    .filter(({ mark, bad }) => (mark === null || mark === "event") && bad >= 2 * BAD_FROM)
    .flatMap(({ sample }) => [...sample.matchAll(QUOTED)].flatMap((match) => match.slice(1)))
    .filter((name) => name !== undefined);
  return new Set(names);
}

/** Changes as signs, and which node each concerns. */
export function changeEvidence(
  bundle: Bundle,
  onset: Onset,
  suspicion: ReadonlyMap<string, number>,
  seen: readonly string[],
  named: ReadonlySet<string>,
  pastBlame?: (change: BundleChange) => number | null,
  tuning: Tuning = TUNING,
): WeightedEvidence[] {
  const { target, edges } = bundle;
  // A summary that gives orders is not compared with what was seen: it may have been written to look like it.
  const quoted = new Map(
    bundle.changes.map((change) => [
      givesOrders([change.summary, change.diff ?? "", ...(change.files ?? [])].join("\n"))
        ? { ...change, summary: "", diff: undefined, files: [] }
        : change,
      change,
    ]),
  );
  const changes = [...quoted.keys()];
  const ranked = rankChanges({
    changes,
    target,
    edges,
    onset,
    suspicion,
    seen,
    named,
    version: versionFactor(compareVersions(bundle)),
    exposure: exposureOf(bundle, onset?.at ?? null),
    tuning,
    ...(pastBlame === undefined ? {} : { pastBlame }),
  });
  return ranked
    .filter(({ score }) => score >= CHANGE_FROM)
    .slice(0, CHANGES_TOLD)
    .map((entry, i) => ({
      finding: {
        id: `c${i + 1}`,
        kind: "change",
        node: entry.change.node,
        at: entry.change.t,
        strength: entry.score,
        text: changeText({ ...entry, change: quoted.get(entry.change)! }, onset),
      },
      weight: entry.score * tuning.changeWeight,
      affinity: affinityOfChange(entry.change.kind, entry.change.summary),
      active: false,
      ...(isCoincidental(entry) && { coincidental: true as const }),
      ...((entry.parts.survived < 1 || entry.parts.undone < 1) && { over: true as const }),
    }));
}

/** From here on the words of a change are those of the symptom. */
const NAMES_SYMPTOM = 0.3;

/** Its version does as well as the one before beside it, or its diff was read and neither breaks anything nor speaks of what is seen. */
const isCoincidental = ({ parts, says }: RankedChange): boolean =>
  parts.version < 1 || (says !== null && parts.alteration < 1 && parts.words <= NAMES_SYMPTOM);

/** Versions that ran side by side, as signs of their nodes. */
export function versionEvidence(bundle: Bundle): WeightedEvidence[] {
  return versionFindings(compareVersions(bundle)).map((finding) => ({
    finding,
    weight: finding.strength >= VERSION_FROM ? finding.strength : 0,
    affinity: { deploy_regression: 1 },
    active: finding.strength >= VERSION_FROM,
  }));
}

/** Names of files that a finding tells. */
const FILES_TOLD = 3;

function changeText({ change, parts, says, score }: RankedChange, onset: Onset): string {
  const minutes = onset === null ? null : Math.round((onset.at - change.t) / 60);
  const when = minutes === null ? "" : minutes >= 0 ? `, ${minutes} min before the onset` : ", about when it began";
  const why = [
    parts.distance < 0.5 ? "not on the target's call path" : "on the target's call path",
    parts.suspicion > 0.6 ? "other evidence points at it" : "",
    parts.words > NAMES_SYMPTOM ? "its summary names the symptom" : "",
    parts.past > 0.6 ? "a similar change was the cause before" : "",
    parts.version > 1 ? "its version does worse than the older one at the same time" : "",
    parts.version < 1 ? "its version does as well as the older one at the same time" : "",
    parts.undone < 1 ? "together with the changes beside it, it left running what ran before" : "",
    parts.survived < 1 ? "an action taken after this change led to a measured recovery" : "",
  ].filter((reason) => reason !== "");
  const summary = redact(change.summary.replace(/\s+/g, " ").trim()).text.slice(0, 300);
  const diff = says === null ? "" : `. Its diff (${filesOf(change)}) ${redact(says).text}`;
  return `${change.kind} of ${change.node} at ${iso(change.t)}${when}: '${summary}' (${why.join("; ")}; score ${score.toFixed(2)})${diff}`;
}

function filesOf({ files = [] }: BundleChange): string {
  const more = files.length > FILES_TOLD ? ` and ${files.length - FILES_TOLD} more` : "";
  return files.length === 0 ? "files not named" : `${files.slice(0, FILES_TOLD).join(", ")}${more}`;
}

/** Text of the bundle that tries to give orders. It is shown, speaks for no cause, and is obeyed by nobody. */
export function instructionEvidence({ logs, changes }: Bundle): WeightedEvidence[] {
  const texts = [
    ...logs.map(({ node, t, line }) => ({ node, t, text: markOf(line).text, of: "a line" })),
    ...changes.map(({ node, t, summary }) => ({ node, t, text: summary, of: "a change" })),
    ...changes.flatMap(({ node, t, diff, files = [] }) =>
      [diff ?? "", ...files].map((text) => ({ node, t, text, of: "a change's diff" })),
    ),
  ];
  const shapes = new Set<string>();
  const quotes = new Set<string>();
  let left = INSTRUCTION_CHARS;
  return texts
    .flatMap(({ node, t, text, of }) => {
      const shape = text.replace(FREE_NUMBER, "0");
      if (shapes.has(shape) || left < 0) return [];
      shapes.add(shape);
      left -= text.length;
      return findInstructions(text).map((span) => ({ node, t, of, span, key: `${node}\n${span.quote}` }));
    })
    .filter(({ key }) => !quotes.has(key) && quotes.add(key))
    .slice(0, INSTRUCTIONS_TOLD)
    .map(({ node, t, of, span }, i) => ({
      finding: {
        id: `i${i + 1}`,
        kind: "instruction",
        node,
        at: t,
        strength: 0.5,
        text: `Text in ${of} of ${node} contains instructions (${span.kind}${span.hidden ? ", hidden" : ""}); treated as data and not followed: '${redact(span.quote.replace(/\s+/g, " ")).text}'`,
      },
      weight: 0,
      affinity: {},
      active: false,
    }));
}
