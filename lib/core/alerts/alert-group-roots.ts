/** A service in trouble, and the time its trouble spans: from its first to its latest alert, in epoch ms. */
export interface Trouble {
  from: number;
  to: number;
}

export interface CallGraph {
  /** Caller and callee. */
  edges: readonly (readonly [caller: string, callee: string])[];
  /** Services measured to be well: trouble does not reach a caller through them. */
  healthy: ReadonlySet<string>;
}

/**
 * Services in a row without any alert of their own that trouble may pass through: a gateway and a proxy in front of what
 * failed. Longer, and in a well connected estate everything would depend on everything.
 */
const MAX_SILENT_HOPS = 2;

/** Whether two troubles belong together by time: no gap between them is longer than the window. */
export const together = (a: Trouble, b: Trouble, windowMs: number): boolean =>
  a.from - b.to <= windowMs && b.from - a.to <= windowMs;

/**
 * For every troubled service the deepest troubled service that could explain it: a dependency, reached over troubled
 * callees (or a few silent ones in between) whose own trouble came at about the same time, with no troubled callee of its
 * own. It may be the service itself. After the rule that a root cause is an anomalous node none of whose callees are
 * anomalous, as in graph traversal baselines (Chen et al., CauseInfer, INFOCOM 2014).
 *
 * Several reachable: the one that most troubled services call, then the earliest, then by name. Of services that call each
 * other in a circle, the same choice. Two independent roots under one caller stay two. Linear in services and edges:
 * strongly connected components (Tarjan 1972) come out callees first, and each takes over from its callees.
 */
export function rootsOf(
  troubled: ReadonlyMap<string, Trouble>,
  graph: CallGraph,
  windowMs: number,
): Map<string, string> {
  const names = [...troubled.keys()].toSorted();
  const spans = names.map((name) => troubled.get(name)!);
  const { ids, callees } = index(names, graph);
  const count = ids.size;
  const isTroubled = (node: number) => node < names.length;

  const callers: number[] = names.map(() => 0);
  for (let u = 0; u < names.length; u++)
    for (const v of callees[u]!) if (isTroubled(v) && together(spans[u]!, spans[v]!, windowMs)) callers[v]!++;
  const better = (a: number, b: number) => callers[b]! - callers[a]! || spans[a]!.from - spans[b]!.from || a - b;

  // A silent service stands in the graph once for each number of silent hops that led to it: `node + hops * count`.
  const next = (state: number): number[] => {
    const node = state % count;
    const hops = (state - node) / count;
    const to: number[] = [];
    for (const v of callees[node]!) {
      if (!isTroubled(v)) {
        if (hops < MAX_SILENT_HOPS) to.push(v + (hops + 1) * count);
      } else if (hops > 0 || together(spans[node]!, spans[v]!, windowMs)) to.push(v);
    }
    return to;
  };

  /** By component: its root and the trouble through which a caller would get there; undefined where nothing is troubled. */
  const reached: ({ root: number; span: Trouble } | undefined)[] = [];
  const componentOf = components(names.length, count * (MAX_SILENT_HOPS + 1), next, (members, component, of) => {
    let best: { root: number; span: Trouble } | undefined;
    let span: Trouble | undefined;
    let own: number | undefined;
    for (const state of members) {
      if (isTroubled(state)) {
        const s = spans[state]!;
        span = span ? { from: Math.min(span.from, s.from), to: Math.max(span.to, s.to) } : s;
        if (own === undefined || better(state, own) < 0) own = state;
      }
      for (const to of next(state)) {
        const there = of(to) === component ? undefined : reached[of(to)];
        if (!there || (isTroubled(state) && !together(spans[state]!, there.span, windowMs))) continue;
        if (!best || better(there.root, best.root) < 0) best = there;
      }
    }
    reached[component] = own === undefined || !span ? best : { root: best?.root ?? own, span };
  });
  return new Map(names.map((name, node) => [name, names[reached[componentOf[node]!]!.root]!]));
}

/** Numbers for services, the troubled ones first, and each one's callees; healthy ones, loops and doubles left out. */
function index(names: readonly string[], { edges, healthy }: CallGraph) {
  const ids = new Map(names.map((name, i) => [name, i]));
  const idOf = (name: string) => {
    const known = ids.get(name);
    if (known !== undefined) return known;
    ids.set(name, ids.size);
    return ids.size - 1;
  };
  const sets: (Set<number> | undefined)[] = [];
  for (const [caller, callee] of edges) {
    // Trouble of its own outweighs what its metrics say.
    if (caller === callee || [caller, callee].some((name) => healthy.has(name) && !ids.has(name))) continue;
    const from = idOf(caller);
    (sets[from] ??= new Set()).add(idOf(callee));
  }
  return { ids, callees: Array.from({ length: ids.size }, (_, i) => [...(sets[i] ?? [])]) };
}

/**
 * Strongly connected components of what is reachable from states 0 to `starts` - 1 (Tarjan 1972, without recursion, so that
 * a long chain of calls does not overflow the stack). `done` is called for each, those that it leads to first.
 * Returns the component of each state that was reached.
 */
function components(
  starts: number,
  states: number,
  next: (state: number) => number[],
  done: (members: number[], component: number, of: (state: number) => number) => void,
): Int32Array {
  const order = new Int32Array(states);
  const low = new Int32Array(states);
  const component = new Int32Array(states).fill(-1);
  const open: number[] = [];
  let clock = 0;
  let found = 0;
  const enter = (state: number) => {
    order[state] = low[state] = ++clock;
    open.push(state);
    return { state, to: next(state), at: 0 };
  };
  for (let start = 0; start < starts; start++) {
    if (order[start]) continue;
    const path = [enter(start)];
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const { state } = top;
      const to = top.to[top.at++];
      if (to !== undefined) {
        if (!order[to]) path.push(enter(to));
        else if (component[to] === -1) low[state] = Math.min(low[state]!, order[to]!);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above) low[above.state] = Math.min(low[above.state]!, low[state]!);
      if (low[state] !== order[state]) continue;
      const members = open.splice(open.lastIndexOf(state));
      for (const member of members) component[member] = found;
      done(members, found++, (s) => component[s]!);
    }
  }
  return component;
}
