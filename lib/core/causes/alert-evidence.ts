import type { Bundle } from "../evidence/bundle";
import { isFiring, markOf } from "../evidence/bundle-marks";
import { redact } from "../evidence/redact";
import { type Affinity, affinityOfText } from "./cause-kinds";
import { distances } from "./topology";
import { givesOrders, type WeightedEvidence } from "./weighted-evidence";

/** What the alerts of one node say for it. Names are untrusted text. */
export interface AlertSuspicion {
  node: string;
  /** Zero or more, comparable within one incident. */
  score: number;
  /** Its alerts, the most telling first. */
  names: readonly string[];
}

/** Alerts of a node that are quoted, and characters of each. */
const NAMED = 3;
const NAME_CHARS = 120;
/** Nodes that are told of. */
const TOLD = 20;
/** How much of a caller's alerts those of what it calls explain, as for its series (hypotheses.ts). */
const EXPLAINED = 0.6;
const SUFFERS: Affinity = { failing: 1 };

/**
 * Alerts as signs, weighed against the most suspicious node's, where metrics, spans and lines have nothing to say: those measure
 * what alerts only report. A caller's alerts are explained, as far as they go, by those of what it calls, directly or not; two
 * that call each other explain nothing. A target without alerts of its own is what those that alert have in common.
 *
 * Alerts are no proof that anything is wrong now, so they never make a fault of an incident. Words name the kind of trouble for the
 * first alone: among nodes they would outweigh the order, and alerts mostly name what suffers.
 */
export function alertEvidence(
  { metrics, spans, logs, edges, target }: Pick<Bundle, "metrics" | "spans" | "logs" | "edges" | "target">,
  alerts: readonly AlertSuspicion[] = [],
): WeightedEvidence[] {
  const most = Math.max(0, ...alerts.map(({ score }) => score));
  if (most === 0 || !hasAlertsOnly({ metrics, spans, logs })) return [];
  const suspected = new Map(alerts.map(({ node, score }) => [node, score / most]));
  const silent = !suspected.has(target.node);
  if (silent) suspected.set(target.node, 1);
  const callees = oneWay(edges);
  const below = new Map(alerts.map(({ node }) => [node, [...distances(node, callees).keys()].slice(1)]));
  const callers = silent ? [...below.values()].filter((reached) => reached.includes(target.node)).length : 0;
  if (silent && callers === 0) suspected.delete(target.node);
  const left = ({ node }: AlertSuspicion) => {
    const own = suspected.get(node)!;
    const explains = Math.max(0, ...below.get(node)!.map((callee) => suspected.get(callee) ?? 0));
    return own - EXPLAINED * Math.min(own, explains);
  };
  const common = {
    node: target.node,
    weight: 1,
    names: [],
    text: `${target.node} has no alert of its own, and ${callers === 1 ? "1 node with alerts depends" : `${callers} nodes with alerts depend`} on it`,
  };
  return [
    ...(callers > 0 ? [common] : []),
    ...alerts.filter(({ score }) => score > 0).map((one) => ({ ...one, weight: left(one), text: textOf(one) })),
  ]
    .toSorted((a, b) => b.weight - a.weight)
    .slice(0, TOLD)
    .map(({ node, names, weight, text }, i) => ({
      finding: { id: `u${i + 1}`, kind: "alert", node, strength: weight, text },
      weight,
      affinity: i > 0 ? SUFFERS : affinityOf(names),
      active: false,
    }));
}

/** Callees of each node, without calls that go both ways. */
function oneWay(edges: Bundle["edges"]): Map<string, string[]> {
  const key = (caller: string, callee: string) => JSON.stringify([caller, callee]);
  const all = new Set(edges.map(([caller, callee]) => key(caller, callee)));
  const callees = new Map<string, string[]>();
  for (const [caller, callee] of edges)
    if (!all.has(key(callee, caller))) callees.set(caller, [...(callees.get(caller) ?? []), callee]);
  return callees;
}

const quotable = (names: readonly string[]): string[] =>
  names.slice(0, NAMED).map((name) => redact(name.replace(/\s+/g, " ").slice(0, NAME_CHARS)).text);

const textOf = ({ node, names }: AlertSuspicion): string =>
  `${names.length === 1 ? "1 alert" : `${names.length} alerts`} of ${node}, the most unusual first: ${quotable(names).map((name) => JSON.stringify(name)).join(", ")}`; // prettier-ignore

function affinityOf(names: readonly string[]): Affinity {
  const words = quotable(names).join("; ");
  const affinity = givesOrders(words) ? {} : affinityOfText(words);
  return Object.keys(affinity).length > 0 ? affinity : SUFFERS;
}

/** Whether there is nothing to go by but alerts: no series, no spans, and no line but those that say what alerts do. */
export const hasAlertsOnly = ({ metrics, spans, logs }: Pick<Bundle, "metrics" | "spans" | "logs">): boolean =>
  metrics.length === 0 &&
  spans.length === 0 &&
  logs.every(({ line }) => {
    const { mark, text } = markOf(line);
    return mark === "alert" || (mark === "state" && isFiring(text));
  });
