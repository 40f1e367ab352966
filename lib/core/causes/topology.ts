import type { Bundle } from "../evidence/bundle";

/** Who calls whom. Edges between unknown nodes make them known; loops to oneself are dropped. */
export interface Topology {
  nodes: string[];
  callees: Map<string, string[]>;
  callers: Map<string, string[]>;
  /** Calls from the target down to each node it reaches; the target has 0. */
  distance: Map<string, number>;
}

/** The call graph of a bundle: its edges, and those that spans show (parent → node). */
export function topologyOf(
  bundle: Pick<Bundle, "nodes" | "edges" | "spans" | "metrics" | "target" | "normal">,
): Topology {
  const callees = new Map<string, Set<string>>();
  const callers = new Map<string, Set<string>>();
  const nodes = new Set<string>([bundle.target.node]);
  for (const { id } of bundle.nodes) nodes.add(id);
  const link = (caller: string, callee: string) => {
    nodes.add(caller).add(callee);
    if (caller === callee) return;
    (callees.get(caller) ?? callees.set(caller, new Set()).get(caller)!).add(callee);
    (callers.get(callee) ?? callers.set(callee, new Set()).get(callee)!).add(caller);
  };
  for (const [caller, callee] of bundle.edges) link(caller, callee);
  for (const list of [bundle.spans, bundle.normal.spans]) {
    for (const { node, parent } of list) {
      nodes.add(node);
      if (parent !== undefined) link(parent, node);
    }
  }
  for (const { node } of bundle.metrics) nodes.add(node);
  const arrays = (map: Map<string, Set<string>>) => new Map([...map].map(([k, set]) => [k, [...set]]));
  const down = arrays(callees);
  return { nodes: [...nodes], callees: down, callers: arrays(callers), distance: distances(bundle.target.node, down) };
}

/** Breadth-first distances from one node. */
export function distances(from: string, next: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const seen = new Map([[from, 0]]);
  let front = [from];
  for (let d = 1; front.length > 0; d++) {
    const further: string[] = [];
    for (const at of front) {
      for (const to of next.get(at) ?? []) {
        if (seen.has(to)) continue;
        seen.set(to, d);
        further.push(to);
      }
    }
    front = further;
  }
  return seen;
}

/** Rounds of a walk: no call path of interest is longer, and what still circles in a loop by then stays where it is. */
const WALK_STEPS = 64;
/** What is left of a walk's unit when it no longer matters. */
const WALK_DUST = 1e-6;

/**
 * Where a symptom seen at `from` ends when each node hands it on to its callees in proportion to the amount they show
 * themselves, and keeps what they do not account for: an absorbing walk on the call graph. A node is thus blamed only for what
 * its callees do not explain, and only over paths on which the symptom is present. `amount` is additive along calls (time lost,
 * failed calls); a node of unknown amount (undefined) lets through whatever its callees show. Shares sum to 1 at most.
 *
 * After the random walks of MonitorRank (Kim et al., SIGMETRICS 2013) and MicroRCA (Wu et al., NOMS 2020), with transition
 * weights that conserve the amount instead of similarities.
 */
export function absorb(
  from: string,
  topology: Topology,
  amount: (node: string) => number | undefined,
): Map<string, number> {
  const rest = new Map<string, number>();
  let carried = new Map([[from, 1]]);
  const flow = flows(topology, amount);
  for (let step = 0; step < WALK_STEPS; step++) {
    const next = new Map<string, number>();
    let moving = 0;
    for (const [node, mass] of carried) {
      const { kept, onward } = flow(node);
      const stays = step === WALK_STEPS - 1 ? 1 : kept;
      if (stays > 0) rest.set(node, (rest.get(node) ?? 0) + mass * stays);
      if (stays >= 1) continue;
      for (const [to, share] of onward) next.set(to, (next.get(to) ?? 0) + mass * share);
      moving += mass * (1 - stays);
    }
    carried = next;
    if (moving < WALK_DUST) break;
  }
  return rest;
}

/** What a node keeps and hands on. Amounts that are not measured are what the callees show, looked up once and not in circles. */
function flows(topology: Topology, amount: (node: string) => number | undefined) {
  const shown = new Map<string, number>();
  const show = (node: string): number => {
    const known = amount(node);
    if (known !== undefined) return Math.max(0, known);
    const before = shown.get(node);
    if (before !== undefined) return before;
    shown.set(node, 0);
    const sum = (topology.callees.get(node) ?? []).reduce((total, c) => total + show(c), 0);
    shown.set(node, sum);
    return sum;
  };
  const cache = new Map<string, { kept: number; onward: [string, number][] }>();
  return (node: string) => {
    const hit = cache.get(node);
    if (hit !== undefined) return hit;
    const own = amount(node);
    const below = (topology.callees.get(node) ?? [])
      .map((c): [string, number] => [c, show(c)])
      .filter(([, shows]) => shows > 0);
    const sum = below.reduce((total, [, shows]) => total + shows, 0);
    const handed = sum === 0 ? 0 : own === undefined ? 1 : own <= 0 ? 1 : Math.min(1, sum / own);
    const result = {
      kept: 1 - handed,
      onward: below.map(([c, shows]): [string, number] => [c, (handed * shows) / sum]),
    };
    cache.set(node, result);
    return result;
  };
}
