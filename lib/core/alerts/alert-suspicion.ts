import { workloadOfPod } from "./workload";

/** That an alert of this name fired for a node: its service, or an instance of it. */
export interface AlertSign {
  node: string;
  name: string;
}

/** How far the alerts of one incident speak for a node. */
export interface AlertSuspect {
  node: string;
  /** Nats; 0 where everything that fires there fires in every incident. */
  score: number;
  /** Its alerts, the most telling first. */
  names: string[];
}

/** Different alerts of a node that are weighed: reading their overlap is quadratic, and the thousandth says nothing new. */
const ALERTS_OF_NODE = 200;
/** Weight of what this incident alone says of how ordinary an alert is, in past incidents: one more observation, as in Laplace's rule. */
const PRIOR = 1;

/**
 * Ranks the nodes of an incident by its alerts alone, from names and places, without any label: an alert says as much as it is
 * unusual where it fires. Its surprise is −log P(alert | incident), read off the incidents before (`past`, their alerts; which cause
 * they had is not asked), as inverse document frequency weighs words (Spärck Jones 1972; for alerts, e.g. Lin et al., ICSE 2016).
 * For what was never seen, this incident stands in: an alert that many nodes share, or that the other instances of the same
 * workload show as well, is how trouble spreads and not where it began.
 *
 * Alerts of a node that always come together are nearly one observation (ten lines of one start-up). Each is divided by the root
 * of its effective multiplicity, the sum of its Jaccard overlaps in `past` with those that fire beside it, 1 for itself: k copies
 * weigh √k, the sum's standard deviation rather than k times it.
 *
 * Best first, ties by name; empty without alerts. Doubles count once.
 */
export function suspectsByAlerts(
  firing: readonly AlertSign[],
  past: readonly (readonly AlertSign[])[],
): AlertSuspect[] {
  const namesOf = new Map<string, Set<string>>();
  const nodesOf = new Map<string, Set<string>>();
  for (const { node, name } of firing) {
    into(namesOf, node, name);
    into(nodesOf, name, node);
  }
  const seen = incidentsOf(past, namesOf);
  const replicas = replicasOf([...namesOf.keys()]);
  const ordinary = (node: string, name: string): number => {
    const with_ = nodesOf.get(name)!;
    const others = replicas(node);
    const shared = others.length === 0 ? 0 : others.filter((other) => with_.has(other)).length / others.length;
    return Math.max(with_.size / (namesOf.size + 1), shared);
  };
  return [...namesOf]
    .map(([node, names]) => {
      const alerts = [...names]
        .map((name) => {
          const incidents = seen.get(node)?.get(name) ?? NEVER;
          const chance = (incidents.size + PRIOR * ordinary(node, name)) / (past.length + PRIOR);
          return { name, incidents, surprise: -Math.log(chance) };
        })
        .toSorted((a, b) => b.surprise - a.surprise || (a.name < b.name ? -1 : 1))
        .slice(0, ALERTS_OF_NODE);
      const score = alerts.reduce((sum, one) => {
        const multiplicity = alerts.reduce(
          (n, other) => n + (one === other ? 1 : overlap(one.incidents, other.incidents)),
          0,
        );
        return sum + one.surprise / Math.sqrt(multiplicity);
      }, 0);
      return { node, score, names: alerts.map(({ name }) => name) };
    })
    .toSorted((a, b) => b.score - a.score || (a.node < b.node ? -1 : 1));
}

const NEVER: ReadonlySet<number> = new Set();

function into<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}

/** In which past incidents each alert that fires now fired as well, by node and name. */
function incidentsOf(past: readonly (readonly AlertSign[])[], namesOf: ReadonlyMap<string, ReadonlySet<string>>) {
  const seen = new Map([...namesOf.keys()].map((node) => [node, new Map<string, Set<number>>()]));
  past.forEach((alerts, incident) => {
    for (const { node, name } of alerts) if (namesOf.get(node)?.has(name)) into(seen.get(node)!, name, incident);
  });
  return seen;
}

/** The other nodes that are instances of the same workload, by the names that controllers give them. */
function replicasOf(nodes: readonly string[]): (node: string) => string[] {
  const members = new Map<string, Set<string>>();
  for (const node of nodes) into(members, workloadOfPod(node), node);
  return (node) => [...members.get(workloadOfPod(node))!].filter((other) => other !== node);
}

/** Jaccard index of two sets; 0 where both are empty. */
function overlap(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let both = 0;
  for (const one of few) if (many.has(one)) both++;
  return both === 0 ? 0 : both / (a.size + b.size - both);
}
