import { type Affinity, addTo } from "./cause-kinds";
import type { Bundle } from "../evidence/bundle";
import { CAUSE_KINDS } from "../base/vocabulary";
import type { RankResult } from "./rank";
import type { WeightedEvidence } from "./weighted-evidence";
import { distances } from "./topology";
import { TUNING, type Tuning } from "./tunables";

/** Evidence of one node, added up. */
export interface Suspect {
  node: string;
  /** 0 to 1. */
  score: number;
  kinds: Affinity;
  signs: WeightedEvidence[];
}

const SIGNS_COUNTED = 4;
/** More of the same kind adds nothing: ten series of one load are one load. */
const SIGNS_OF_KIND = 2;
/** How much a complaint about what is called says of who complains. */
const COMPLAINS = 0.35;
/** A node for which ranking and lines have less was looked at and is well. */
const WELL_BELOW = 0.1;

/**
 * Nodes by what speaks for them: the ranking over metrics and the signs, each of which counts once however loud it is. A caller that is
 * slow or fails is explained, as far as it goes, by trouble at what it calls (the rule of every walk along calls: MonitorRank,
 * Kim et al. 2013); what it says of itself in words is not.
 */
export function suspectsOf(
  ranked: RankResult,
  given: readonly WeightedEvidence[],
  { edges, metrics }: Pick<Bundle, "edges" | "metrics">,
  tuning: Tuning = TUNING,
): Suspect[] {
  const signs = settled(given, ranked, new Set(metrics.map(({ node }) => node)), tuning);
  const below = worstBelow(troubleOf(signs), edges);
  // A release can slow or overload what is called; that nothing is measured of it any more is its own doing, and whoever calls it would
  // fail with any version.
  const silentBelow = worstBelow(new Map([...ranked.parts].map(([node, { silence }]) => [node, silence])), edges);
  const ownWords = ownTrouble(signs);
  const nodes = new Set<string>(ranked.ranking.map(({ node }) => node));
  for (const { finding, weight } of signs) if (finding.node !== null && weight > 0) nodes.add(finding.node);
  const rankScore = new Map(ranked.ranking.map(({ node, score }) => [node, score]));
  return [...nodes]
    .map((node) => {
      const explained = 1 - tuning.explained * (below.get(node) ?? 0);
      const unanswered = 1 - (silentBelow.get(node) ?? 0) * (1 - (ownWords.get(node) ?? 0));
      const own = signs
        .filter(({ finding, weight }) => finding.node === node && weight > 0)
        .map((sign) =>
          passesOn(sign)
            ? { ...sign, weight: sign.weight * explained }
            : sign.finding.kind === "change"
              ? { ...sign, weight: sign.weight * unanswered }
              : sign,
        )
        .toSorted((a, b) => b.weight - a.weight);
      const kinds: Affinity = {};
      for (const kind of CAUSE_KINDS) {
        const most = own
          .map(
            ({ affinity, weight, finding }) =>
              (affinity[kind] ?? 0) * weight * (finding.kind === "change" ? tuning.changeSays : tuning.wordsSay),
          )
          .toSorted((a, b) => b - a);
        for (const value of most.slice(0, SIGNS_OF_KIND)) addTo(kinds, { [kind]: value }, 1);
      }
      const parts = ranked.parts.get(node);
      if (parts !== undefined)
        addTo(
          kinds,
          {
            slow: parts.latency,
            // What answers nothing at all fails no more than that.
            failing: isUnreachable(own) ? 0 : parts.error,
            resource_exhaustion: parts.resource,
            silent: parts.silence,
            overload: parts.traffic,
          },
          0.6,
        );
      const doubt = own
        .filter((sign) => sign.ranked !== true)
        .slice(0, SIGNS_COUNTED)
        .reduce((left, { weight }) => left * (1 - tuning.signShare * weight), 1);
      const score = 1 - doubt * (1 - tuning.rankShare * explained * (rankScore.get(node) ?? 0));
      return { node, score, kinds, signs: own };
    })
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || a.node.localeCompare(b.node));
}

/**
 * Complaints brought to where they end: "upstream payments answered 500" at checkout and "card-gateway timed out" at payments both
 * speak of card-gateway, and only a part of who passes them on. What was looked at and is well ends no complaint: then the last who
 * complains may wait too short, or hold too few connections.
 */
function settled(
  given: readonly WeightedEvidence[],
  ranked: RankResult,
  looked: ReadonlySet<string>,
  { complainedOf }: Tuning,
): WeightedEvidence[] {
  const troubled = new Set(ranked.ranking.flatMap(({ node, score }) => (score >= WELL_BELOW ? [node] : [])));
  const next = new Map<string, { to: string; weight: number }>();
  for (const { finding, active, complainsOf, ranked: counted, weight } of given) {
    if (finding.node === null || counted === true) continue;
    if (active && weight >= WELL_BELOW) troubled.add(finding.node);
    if (complainsOf !== undefined && weight > (next.get(finding.node)?.weight ?? 0))
      next.set(finding.node, { to: complainsOf, weight });
  }
  const isWell = (node: string) => looked.has(node) && !troubled.has(node);
  return given.flatMap((sign) => {
    const { finding, weight, complainsOf } = sign;
    let end = finding.node;
    const seen = new Set([end]);
    for (let to = complainsOf; to !== undefined && !seen.has(to) && !isWell(to); to = next.get(to)?.to) {
      seen.add(to);
      end = to;
    }
    if (end === finding.node) return [sign];
    return [
      // Whoever says that a dependency fails is not that dependency.
      { ...sign, weight: weight * COMPLAINS, affinity: { ...sign.affinity, dependency_failure: 0 } },
      { ...sign, finding: { ...finding, node: end }, weight: weight * complainedOf },
    ];
  });
}

/** How bad the worst trouble is that lines and series tell of each node. */
function troubleOf(signs: readonly WeightedEvidence[]): Map<string, number> {
  const trouble = new Map<string, number>();
  for (const { finding, weight, active, ranked } of signs)
    if (active && ranked !== true) keepMost(trouble, finding.node, weight);
  return trouble;
}

/** For each node the worst that its own lines still say of itself, and not of what it calls. */
function ownTrouble(signs: readonly WeightedEvidence[]): Map<string, number> {
  const own = new Map<string, number>();
  for (const { finding, weight, active, complainsOf } of signs)
    if (active && complainsOf === undefined && finding.kind === "log_template") keepMost(own, finding.node, weight);
  return own;
}

function keepMost(most: Map<string, number>, node: string | null, value: number): void {
  if (node !== null) most.set(node, Math.max(most.get(node) ?? 0, value));
}

/** For each node the largest value among what it calls, directly or not; absent where that is nothing. */
function worstBelow(values: ReadonlyMap<string, number>, edges: Bundle["edges"]): Map<string, number> {
  const callers = new Map<string, string[]>();
  for (const [caller, callee] of edges) callers.set(callee, [...(callers.get(callee) ?? []), caller]);
  const worst = new Map<string, number>();
  for (const [node, value] of values)
    if (value > 0)
      for (const [caller, calls] of distances(node, callers)) if (calls > 0) keepMost(worst, caller, value);
  return worst;
}

/** From here on silence is taken for being unreachable, and not for a gap in the data. */
const UNREACHABLE_FROM = 0.5;

/** Whether the node's own metrics say that nothing answers there. */
const isUnreachable = (own: readonly WeightedEvidence[]): boolean =>
  own.some(
    ({ finding, affinity, weight }) =>
      finding.kind === "metric_shift" &&
      affinity.failing === undefined &&
      (affinity.silent ?? 0) * weight >= UNREACHABLE_FROM,
  );

/** Whether it says that calls are slow or fail, which what is called may explain. */
const passesOn = ({ finding, affinity, ranked }: WeightedEvidence): boolean =>
  finding.kind === "metric_shift" && ranked !== true && Math.max(affinity.slow ?? 0, affinity.failing ?? 0) >= 0.5;
