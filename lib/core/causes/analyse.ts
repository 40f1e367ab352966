import type { Analysis, Bundle, BundleChange, CauseHypothesis, Finding } from "../evidence/bundle";
import { alertEvidence, type AlertSuspicion } from "./alert-evidence";
import { affinityOfText, FROM_CHANGE } from "./cause-kinds";
import { type GrowthEvidence, growthEvidence } from "./growth";
import { rivals, rankingOf, type SimilarCause, type TriedRemedy } from "./hypotheses";
import { suspectsOf } from "./suspects";
import { BAD_FROM, findingOf, groupLines, type LineGroup } from "../evidence/log-findings";
import { rankCauses, type RankResult } from "./rank";
import { redact } from "../evidence/redact";
import { shortHistory } from "./short-history";
import { TUNING, type Tuning } from "./tunables";
import { isOf, type Onset, type WeightedEvidence } from "./weighted-evidence";
import { instructionEvidence } from "./instruction-evidence";
import { changeEvidence, versionEvidence } from "./change-evidence";
import { shiftEvidence } from "./shift-evidence";
import { logEvidence, namesIn } from "./log-evidence";

/** What earlier incidents taught. */
export interface KnownCauses {
  /** How often changes of this node and kind were to blame, 0 to 1; null when there were none. */
  pastBlame?: (change: BundleChange) => number | null;
  similar?: readonly SimilarCause[];
  /** What was done in this incident already, in vain. */
  tried?: readonly TriedRemedy[];
  /** How far the incident's alerts speak for each node, best first; heard where there is nothing else to go by. */
  alerts?: readonly AlertSuspicion[];
}

/** An active sign this strong is a fault; below the second, nothing is going on; between them it cannot be told. */
const FAULT_FROM = 0.5;
const QUIET_BELOW = 0.35;
/** Where metrics were compared with a normal time, a line must be this bad to call a fault on its own. */
const LINE_ALONE = 0.6;
/** Findings of one analysis: what is cited, and the strongest of the rest. */
const FINDINGS = 150;
const WELL_TOLD = 4;

/**
 * Analyses an incident without a model: ranks causes over metrics, spans and the call graph, reads lines, states, alerts and
 * changes, and puts rivals side by side, each with the findings it rests on. Deterministic; an empty bundle is `unknown`.
 *
 * The verdict asks whether something is wrong now: what was seen and has ended is told, and is no fault, unless work stopped
 * altogether meanwhile; with too little history to compare with, nothing is ever called well. Alerts alone order the suspects and leave the verdict open. Finding ids: `m` metrics and spans against
 * normal time, `w` series within themselves, `g` what only grows, `l` lines and states, `c` changes, `v` versions side by side, `i` text
 * that gives orders, `s` similar incidents, `t` what was done in vain, `n` what is well, `u` unusual alerts, `h` too little history.
 */
export function analyse(bundle: Bundle, known: KnownCauses = {}, tuning: Tuning = TUNING): Analysis {
  const ranked = rankCauses(bundle);
  const compared = bundle.normal.metrics.length > 0 || bundle.normal.spans.length > 0;
  const moved = compared ? null : shiftEvidence(bundle);
  const onset0 = ranked.onset ?? moved?.onset ?? null;
  const groups = groupLines(bundle, onset0);
  const onset = onset0 ?? onsetOfLines(groups);
  const now = Math.max(bundle.target.at, ...groups.map(({ last }) => last));
  const base = compared ? ranked : { ...ranked, findings: [] };
  const measured = base.findings.map((finding): WeightedEvidence => ({
    finding,
    weight: finding.strength,
    affinity: affinityOfText(finding.text),
    active: true,
    ranked: true,
  }));
  const growing = growthEvidence(bundle);
  const seen = [
    ...measured,
    ...(moved?.signs ?? []),
    ...growing,
    ...logEvidence(groups, bundle, onset, now),
    ...alertEvidence(bundle, known.alerts),
    ...versionEvidence(bundle),
  ];
  const suspicion = new Map(suspectsOf(base, seen, bundle, tuning).map(({ node, score }) => [node, score]));
  const texts = seen.map(({ finding }) => finding.text);
  const changes = changeEvidence(bundle, onset, suspicion, texts, namesIn(groups), known.pastBlame, tuning);
  const similar = known.similar?.filter((one) => !isCured(one, changes)) ?? [];
  const signs = [
    ...seen,
    ...changes,
    ...instructionEvidence(bundle),
    ...similarSigns(known.similar, similar),
    ...triedSigns(known.tried),
  ];
  const suspects = suspectsOf(base, signs, bundle, tuning);
  const young = compared ? null : shortHistory(bundle);
  const verdict = judge(bundle, compared ? ranked : null, signs, young !== null);
  const well = verdict === "fault" ? [] : wellSigns(bundle, groups, moved?.moves.length ?? 0);
  const causes = rivals(suspects, signs, bundle.edges, { ...known, similar });
  const hypotheses =
    verdict === "no_fault"
      ? [nothingWrong(signs, well), ...lessSure(causes)]
      : verdict === "unknown"
        ? doubtful(causes, young)
        : causes;
  const ranking = rankingOf(suspects, base);
  return {
    verdict,
    onset: verdict === "no_fault" ? null : (leakOnset(hypotheses[0], growing) ?? onset),
    ranking,
    findings: told([...signs, ...well, ...(young ? [young] : [])], hypotheses),
    hypotheses,
  };
}

/**
 * Compared with normal time, the ranking over metrics decides, and lines only when they are plain. Without, what the target's own
 * series and any line, state or event still say at the end: of many series elsewhere, some always move.
 */
function judge(
  bundle: Bundle,
  ranked: RankResult | null,
  signs: readonly WeightedEvidence[],
  young: boolean,
): Analysis["verdict"] {
  const { node: target } = bundle.target;
  const measured = (sign: WeightedEvidence) =>
    sign.ranked === true || sign.finding.kind === "metric_shift" || sign.finding.kind === "trace";
  const active = (counted: (sign: WeightedEvidence) => boolean) =>
    signs.reduce((most, sign) => (sign.active && counted(sign) ? Math.max(most, sign.weight) : most), 0);
  if (ranked !== null) {
    const lines = active((sign) => !measured(sign));
    return ranked.verdict === "fault" || lines >= LINE_ALONE ? "fault" : ranked.verdict;
  }
  const own = signs.filter((sign) => measured(sign) && isOf(sign.finding.node, target));
  const stopped = own.some(({ finding, weight }) => weight >= FAULT_FROM && / stopped: /.test(finding.text));
  const most = active((sign) => !measured(sign) || own.includes(sign));
  if (most >= FAULT_FROM || stopped) return "fault";
  const looked = bundle.metrics.length > 0 || bundle.logs.length > 0;
  return looked && !young && most < QUIET_BELOW ? "no_fault" : "unknown";
}

/** A leak begins when what leaks begins to grow, long before anything else shows it; told as far as its course is resolved. */
function leakOnset(first: CauseHypothesis | undefined, growing: readonly GrowthEvidence[]): Onset {
  if (first?.kind !== "memory_leak") return null;
  const own = growing.find(({ finding, affinity }) => finding.node === first.node && (affinity.memory_leak ?? 0) > 0);
  if (own === undefined) return null;
  const { since, within } = own.growth;
  return { at: since, from: since - 2 * within, to: since + 2 * within };
}

/** The first bad line that is not over; without one, the first bad line. */
function onsetOfLines(groups: readonly LineGroup[]): Onset {
  const bad = groups.filter(({ mark, bad: b }) => (mark === null || mark === "event") && b >= 2 * BAD_FROM);
  const active = bad.filter((group) => group.active);
  const first = (active.length > 0 ? active : bad).toSorted((a, b) => a.first - b.first)[0];
  return first === undefined ? null : { at: first.first, from: first.first - first.gap, to: first.first };
}

/**
 * Whether an earlier incident was caused by what a change brought, and every change since that could have brought it again is over: it was
 * cured, or taken back. A memory of the last bad release says nothing of the next trouble, however much both look alike.
 */
function isCured({ node, kind }: SimilarCause, changes: readonly WeightedEvidence[]): boolean {
  if (!FROM_CHANGE.includes(kind)) return false;
  const like = changes.filter(
    ({ finding, affinity }) => (node === null || finding.node === node) && (affinity[kind] ?? 0) > 0,
  );
  return like.length > 0 && like.every(({ over }) => over === true);
}

/** All are told; only those that are `counted` speak for a cause. */
function similarSigns(all: readonly SimilarCause[] = [], counted: readonly SimilarCause[]): WeightedEvidence[] {
  return all.map((one, i) => {
    const { node, kind, similarity, text } = one;
    const finding: Finding = { id: `s${i + 1}`, kind: "similar_incident", node, strength: similarity, text: redact(text).text }; // prettier-ignore
    return counted.includes(one)
      ? { finding, weight: 0.3 * similarity, affinity: { [kind]: 1 }, active: false }
      : { finding, weight: 0, affinity: {}, active: false };
  });
}

/** It speaks for nothing: it is told, and takes from the causes that it would have helped against. */
function triedSigns(tried: readonly TriedRemedy[] = []): WeightedEvidence[] {
  return tried.map(({ node, text }, i) => ({
    finding: { id: `t${i + 1}`, kind: "state", node, strength: 0.5, text },
    weight: 0,
    affinity: {},
    active: false,
  }));
}

/** What was looked at and is well: lines that say so, states, and how much there was to see. */
function wellSigns(bundle: Bundle, groups: readonly LineGroup[], moves: number): WeightedEvidence[] {
  const states = groups.filter(({ mark }) => mark === "state");
  const said = groups
    .filter(({ mark, bad, tone }) => (mark === null || mark === "event") && bad < BAD_FROM && tone.good >= BAD_FROM)
    .toSorted((a, b) => b.tone.good - a.tone.good || b.last - a.last)
    .slice(0, WELL_TOLD);
  const read = states.filter(({ bad }) => bad < 1.5 * BAD_FROM).length;
  const parts = [
    states.length > 0 ? `${read} of ${states.length} states are healthy` : "",
    bundle.metrics.length > 0
      ? `${bundle.metrics.length - moves} of ${bundle.metrics.length} series are at their normal level`
      : "",
    `${groups.filter(({ mark, bad, active }) => mark !== "alert" && active && bad >= 2 * BAD_FROM).length} log patterns show ongoing trouble`,
  ].filter((part) => part !== "");
  const summary: Omit<Finding, "id"> = {
    kind: "state",
    node: bundle.target.node,
    strength: 0.5,
    text: `Current state: ${parts.join("; ")}`,
  };
  const states_ = states.filter(({ bad }) => bad < 1.5 * BAD_FROM).slice(0, WELL_TOLD);
  return [summary, ...said.map(findingOf), ...states_.map(findingOf)].map((finding, i) => ({
    finding: { id: `n${i + 1}`, ...finding },
    weight: 0.2,
    affinity: {},
    active: false,
  }));
}

const CITES = 12;
const SURE_WELL = 0.75;

function nothingWrong(signs: readonly WeightedEvidence[], well: readonly WeightedEvidence[]): CauseHypothesis {
  const past = signs.filter(
    ({ finding, active, weight }) =>
      !active &&
      (weight > 0 || finding.strength > BAD_FROM) &&
      finding.kind !== "alert" &&
      finding.kind !== "instruction",
  );
  const alerts = signs.filter(({ finding }) => finding.kind === "alert").slice(0, 3);
  const ended = past.length > 0;
  return {
    node: null,
    kind: "no_fault",
    statement: ended ? "There was a fault, but it has ended: nothing active was found." : "No fault was found.",
    confidence: SURE_WELL,
    cites: [...well.slice(0, CITES / 2), ...past.slice(0, CITES / 2), ...alerts].map(({ finding }) => finding.id),
  };
}

/** What it might have been, in the little room that is left. */
const lessSure = (causes: CauseHypothesis[]): CauseHypothesis[] =>
  causes.map((cause) => ({ ...cause, confidence: cause.confidence * (1 - SURE_WELL) }));

/** `unknown` first when it has the most for it; it says so where there is too little history to tell. */
function doubtful(causes: CauseHypothesis[], young: WeightedEvidence | null): CauseHypothesis[] {
  return causes
    .map((cause) =>
      cause.kind === "unknown" && young
        ? { ...cause, statement: `${young.finding.text}.`, cites: [young.finding.id] }
        : cause,
    )
    .toSorted((a, b) => b.confidence - a.confidence);
}

/** Everything cited, and the strongest of the rest. */
function told(signs: readonly WeightedEvidence[], hypotheses: readonly CauseHypothesis[]): Finding[] {
  const cited = new Set(hypotheses.flatMap(({ cites }) => cites));
  const rest = signs
    .filter(({ finding }) => !cited.has(finding.id))
    .toSorted((a, b) => b.finding.strength - a.finding.strength)
    .slice(0, FINDINGS);
  const kept = new Set([...rest.map(({ finding }) => finding.id), ...cited]);
  return signs.flatMap(({ finding }) => (kept.has(finding.id) ? [finding] : []));
}
