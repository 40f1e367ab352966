import type { Bundle, Finding } from "../evidence/bundle";
import { affinityOfText } from "./cause-kinds";
import { BAD_FROM, findingOf, type LineGroup } from "../evidence/log-findings";
import { ELSEWHERE, type Onset, type WeightedEvidence, givesOrders, relatives } from "./weighted-evidence";

/** How long before an onset what is seen may belong to it, and how fast what is older stops to (e-folding). */
const LEAD_S = 900;
const FADE_S = 1800;
/** What an application says of its own failure is nearer to the cause than what a platform says of its restarts. */
const OWN_WORDS = 1.15;
/** What a quantity consists of, once the quantity moved. */
const CONSISTS_WEIGHT = 0.35;
/** What is left of a line's weight when somebody wrote orders into it: its words say nothing of what kind of trouble there is. */
const ORDERED = 0.5;
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
