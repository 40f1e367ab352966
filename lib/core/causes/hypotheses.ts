import type { Bundle, CauseHypothesis, RankedNode } from "../evidence/bundle";
import { CAUSE_KINDS, type CauseKind } from "../base/vocabulary";
import type { RankResult } from "./rank";
import type { WeightedEvidence } from "./weighted-evidence";
import type { Suspect } from "./suspects";

/** A closed incident that looks like this one. */
export interface SimilarCause {
  id: string;
  node: string | null;
  kind: CauseKind;
  /** 0 to 1. */
  similarity: number;
  text: string;
}

/** An operation that was carried out in this incident for such causes of a node, and measured to have no effect. */
export interface TriedRemedy {
  node: string;
  kinds: readonly CauseKind[];
  /** What was done and what was measured, for people. */
  text: string;
}

/**
 * A remedy that suits the true cause fails to help about one time in five (a rollback that is incomplete, a restart that comes back ill):
 * no effect divides the odds by five. Confidences are shares of squared scores.
 */
const NO_EFFECT = Math.sqrt(1 / 5);
/** Findings that a hypothesis cites at most: what a person reads. */
const CITES = 8;
const HYPOTHESES = 4;
/** Of one node while another is a serious rival. */
const PER_NODE = 2;
const SERIOUS = 0.5;
/** What is only how trouble shows; where a kind of cause has more than half as much for it, that is told first. */
const SHOWS_ONLY: ReadonlySet<CauseKind> = new Set(["slow", "failing", "silent", "crash"]);
const SHOWS_WEIGHT = 0.6;
/**
 * Among nodes, the best kind of each stands for all that speaks for it, so that the first cause is at the first node of the ranking however many kinds
 * its evidence is spread over. A node of which no more is known than that it is slow or fails may only pass on what it calls, and keeps its discount.
 */
const PASSED_ON: ReadonlySet<CauseKind> = new Set(["slow", "failing"]);
/** A kind with less than this share of what its node's best kind has is no rival of it. */
const KIND_FROM = 0.4;
/** Weight of what nobody thought of, beside hypotheses' squared scores. */
const UNKNOWN_SCORE = 0.5;
/** A node's own evidence, its neighbours', and the rest. */
const NEAR = 0.75;
const FAR = 0.35;
const SIMILAR_BOOST = 0.3;
/** Suspects as a ranking, confidences as shares with room for what nobody thought of. */
export function rankingOf(suspects: readonly Suspect[], ranked: RankResult): RankedNode[] {
  const total = suspects.reduce((sum, { score }) => sum + score ** 2, UNKNOWN_SCORE ** 2);
  const metrics = new Map(ranked.ranking.map(({ node, findings }) => [node, findings]));
  return suspects.map(({ node, score, signs }) => ({
    node,
    score,
    confidence: score ** 2 / total,
    findings: [...new Set([...(metrics.get(node) ?? []), ...signs.map(({ finding }) => finding.id)])],
  }));
}

/** Whether all changes that would make it this kind of cause are coincidental. */
function onlyCoincides({ node, kind }: Candidate, all: readonly WeightedEvidence[]): boolean {
  const changes = all.filter(
    ({ finding, affinity }) => finding.kind === "change" && finding.node === node && (affinity[kind] ?? 0) > 0,
  );
  return changes.length > 0 && changes.every(({ coincidental }) => coincidental === true);
}

interface Candidate {
  node: string;
  kind: CauseKind;
  score: number;
}

/**
 * Rival causes, best first: a node and a kind of trouble each, and what is left for `unknown` last. Confidences are shares of squared
 * scores and sum to 1 with `unknown`'s. Each cites what speaks for it, its own node's findings first, then its neighbours'. Where a change is
 * known to coincide and no more, what nobody thought of is at least as likely: such a change is never more than even.
 */
export function rivals(
  suspects: readonly Suspect[],
  all: readonly WeightedEvidence[],
  edges: Bundle["edges"],
  { similar = [], tried = [] }: { similar?: readonly SimilarCause[]; tried?: readonly TriedRemedy[] } = {},
): CauseHypothesis[] {
  const chosen = choose(candidatesOf(suspects, similar, tried));
  const coincidence = chosen.filter((candidate) => onlyCoincides(candidate, all)).map(({ score }) => score);
  const total = chosen.reduce((sum, { score }) => sum + score ** 2, Math.max(UNKNOWN_SCORE, ...coincidence) ** 2);
  const listed = chosen
    .map((candidate): CauseHypothesis => {
      const cites = citesOf(candidate, all, edges);
      return {
        node: candidate.node,
        kind: candidate.kind,
        statement: statementOf(candidate, cites),
        confidence: candidate.score ** 2 / total,
        cites: cites.map(({ finding }) => finding.id),
      };
    })
    .filter(({ cites }) => cites.length > 0);
  for (const [i, hypothesis] of listed.entries()) {
    const rival = listed[i === 0 ? 1 : 0];
    if (rival !== undefined) hypothesis.separates = separating(hypothesis, rival);
  }
  const rest = Math.max(0, 1 - listed.reduce((sum, { confidence }) => sum + confidence, 0));
  const open =
    listed.length === 0
      ? "Nothing that was examined points to a cause."
      : "None of the above, or something that could not be observed.";
  return [...listed, { node: null, kind: "unknown", statement: open, confidence: rest, cites: [] }];
}

function candidatesOf(
  suspects: readonly Suspect[],
  similar: readonly SimilarCause[],
  tried: readonly TriedRemedy[],
): Candidate[] {
  return suspects
    .flatMap(({ node, score, kinds: all }) => {
      // A process that ended answers nothing: only what silence has beyond that is a cause of its own.
      const kinds = { ...all, silent: Math.max(0, (all.silent ?? 0) - (all.crash ?? 0)) };
      const most = Math.max(...Object.values(kinds), 0);
      if (most === 0) return [{ node, kind: "failing" as const, score: 0.3 * score }];
      const weighed = (kind: CauseKind) =>
        (0.3 + 0.7 * ((kinds[kind] ?? 0) / most)) * (SHOWS_ONLY.has(kind) ? SHOWS_WEIGHT : 1);
      const first = CAUSE_KINDS.reduce((best, kind) => (weighed(kind) > weighed(best) ? kind : best));
      const whole = PASSED_ON.has(first) ? 1 : weighed(first);
      return CAUSE_KINDS.filter((kind) => (kinds[kind] ?? 0) >= KIND_FROM * most).map((kind) => {
        const known = similar.filter((s) => s.kind === kind && (s.node === null || s.node === node));
        const boost = 1 + SIMILAR_BOOST * Math.max(0, ...known.map(({ similarity }) => similarity));
        const inVain = tried.filter((one) => one.node === node && one.kinds.includes(kind)).length;
        const own = (score * weighed(kind) * boost) / whole;
        return { node, kind, score: Math.min(1, own) * NO_EFFECT ** inVain };
      });
    })
    .toSorted((a, b) => b.score - a.score);
}

/** The best, but not one node in all its kinds while another is a serious rival. */
function choose(candidates: readonly Candidate[]): Candidate[] {
  const out: Candidate[] = [];
  const held: Candidate[] = [];
  for (const candidate of candidates) {
    const same = out.filter(({ node }) => node === candidate.node).length;
    const other = candidates.some(
      ({ node, score }) =>
        node !== candidate.node && score >= SERIOUS * candidates[0]!.score && !out.some((o) => o.node === node),
    );
    if (same >= PER_NODE && other) held.push(candidate);
    else out.push(candidate);
    if (out.length === HYPOTHESES) break;
  }
  return [...out, ...held].slice(0, HYPOTHESES);
}

function citesOf(
  { node, kind }: Candidate,
  all: readonly WeightedEvidence[],
  edges: Bundle["edges"],
): WeightedEvidence[] {
  const near = new Set(edges.flatMap(([a, b]) => (a === node ? [b] : b === node ? [a] : [])));
  const place = (other: string | null) => (other === node ? 1 : other !== null && near.has(other) ? NEAR : FAR);
  const scored = all
    .filter(({ weight }) => weight > 0)
    .map((sign) => ({ sign, score: sign.weight * place(sign.finding.node) * (0.4 + 0.6 * (sign.affinity[kind] ?? 0)) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, CITES - 1)
    .map(({ sign }) => sign);
  const alert = all.find(({ finding, weight }) => finding.kind === "alert" && weight === 0);
  return scored.length === 0 || alert === undefined ? scored : [...scored, alert];
}

const KIND_WORDS: Record<CauseKind, string> = {
  deploy_regression: "a new version that does not work like the previous one",
  config_regression: "a configuration that does not work",
  dependency_failure: "a failing dependency",
  resource_exhaustion: "an exhausted resource",
  memory_leak: "memory that is allocated and not released",
  overload: "more load than it can handle",
  crash: "a process that exits and restarts",
  slow: "slower processing than before",
  failing: "failing operations",
  silent: "no response and no data",
};

const STATEMENT_CHARS = 160;

function statementOf({ node, kind }: Candidate, cites: readonly WeightedEvidence[]): string {
  const first = cites[0]?.finding.text ?? "";
  const shown = first.length > STATEMENT_CHARS ? `${first.slice(0, STATEMENT_CHARS)}…` : first;
  return `${node}: ${KIND_WORDS[kind]}. Main evidence: ${shown}`;
}

/** What would be seen if it were so, and not otherwise. */
const OBSERVATION: Record<CauseKind, string> = {
  deploy_regression: "instances of the previous version are healthy under the same load",
  config_regression: "an instance with the previous configuration is healthy",
  dependency_failure: "other callers of the same dependency fail as well",
  resource_exhaustion: "the resource is at its limit during the problem, and was not before",
  memory_leak: "memory falls after a restart and grows again at the same rate",
  overload: "the problem falls and rises with the request rate",
  crash: "its instances exit with the same code and reason each time",
  slow: "the time is spent in the service itself and not waiting for what it calls",
  failing: "its calls fail with its own errors and not with those it passes on",
  silent: "it does not answer a probe from another location either",
};

const separating = (a: CauseHypothesis, b: CauseHypothesis): string => {
  const of = (h: CauseHypothesis) => (h.kind === "no_fault" || h.kind === "unknown" ? "" : OBSERVATION[h.kind]);
  const [one, other] = [of(a), of(b)];
  if (one === other) return `Check both ${a.node} and ${b.node} for this: ${one}.`;
  return `Check which is true. If it is ${a.node}: ${one}. If it is ${b.node}: ${other}.`;
};
