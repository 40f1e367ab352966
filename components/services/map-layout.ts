/** Where each node of a dependency map stands: columns from callers to callees. */
export interface Placed {
  id: string;
  column: number;
  row: number;
}

/** More nodes of one level than this go on in a further column beside it; on large maps, as many as keep it about as wide as a screen. */
const MOST_ROWS = 12;
/** Rows of a map as wide as a screen, by the root of its nodes: a place is four times as wide as high, a screen 1.6 times. */
const ROWS_PER_ROOT = 1.6;
/** Rounds of ordering each level by where its callers stand; more change little. */
const ROUNDS = 3;

type Edge = readonly [caller: string, callee: string];

/**
 * Lays a graph out in levels, as Sugiyama, Tagawa and Toda (1981) do: a node stands right of all its callers, nodes of a
 * cycle stand together, and each level is ordered by the mean place of its neighbours. What is not connected is laid out apart,
 * one under the other in the order in which it is given; nodes without any edge come last. Edges to nodes that are not given are left out. The same input gives the same map.
 */
export function layOut(ids: readonly string[], edges: readonly Edge[]): Placed[] {
  const known = new Set(ids);
  const real = edges.filter(([caller, callee]) => caller !== callee && known.has(caller) && known.has(callee));
  const most = Math.max(MOST_ROWS, Math.ceil(ROWS_PER_ROOT * Math.sqrt(ids.length)));
  const placed: Placed[] = [];
  const below = () => (placed.length === 0 ? 0 : placed.reduce((low, { row }) => Math.max(low, row), 0) + 2);
  const groups = connected(ids, real);
  for (const group of groups.filter(({ length }) => length > 1)) {
    const inside = new Set(group);
    placed.push(
      ...block(
        group,
        real.filter(([caller]) => inside.has(caller)),
        most,
        below(),
      ),
    );
  }
  const alone = groups.filter(({ length }) => length === 1).flat();
  const wide = Math.max(1, Math.ceil(alone.length / most), ...placed.map(({ column }) => column + 1));
  const top = below();
  for (const [index, id] of alone.entries())
    placed.push({ id, column: index % wide, row: top + Math.floor(index / wide) });
  return placed;
}

/** The parts of the graph between which nothing calls, each in the order given. */
function connected(ids: readonly string[], edges: readonly Edge[]): string[][] {
  const near = neighbours(edges);
  const groups: string[][] = [];
  const seen = new Set<string>();
  for (const root of ids) {
    if (seen.has(root)) continue;
    const group = new Set([root]);
    for (const id of group) for (const other of near.get(id) ?? []) group.add(other);
    for (const id of group) seen.add(id);
    groups.push(ids.length === group.size ? [...ids] : ids.filter((id) => group.has(id)));
  }
  return groups;
}

/** One part, from row `top` on. */
function block(ids: readonly string[], edges: readonly Edge[], most: number, top: number): Placed[] {
  const byLevel: string[][] = [];
  for (const [id, at] of levels(ids, edges)) (byLevel[at] ??= []).push(id);
  order(byLevel, neighbours(edges));
  let column = 0;
  return byLevel.flatMap((members) => {
    const columns = Math.ceil(members.length / most);
    const rows = Math.ceil(members.length / columns);
    const first = column;
    column += columns;
    return members.map((id, index) => ({
      id,
      column: first + Math.floor(index / rows),
      row: top + (index % rows),
    }));
  });
}

function neighbours(edges: readonly Edge[]): Map<string, string[]> {
  const near = new Map<string, string[]>();
  const add = (id: string, other: string) => {
    const known = near.get(id);
    if (known) known.push(other);
    else near.set(id, [other]);
  };
  for (const [caller, callee] of edges) {
    add(caller, callee);
    add(callee, caller);
  }
  return near;
}

/** The longest way to each node from where calls begin; the nodes of a cycle share one level. */
function levels(ids: readonly string[], edges: readonly Edge[]): Map<string, number> {
  const callees = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const [caller, callee] of edges) callees.get(caller)!.push(callee);
  const component = components(ids, callees);
  const above = new Map<number, Set<number>>();
  for (const [caller, callee] of edges) {
    const [from, to] = [component.get(caller)!, component.get(callee)!];
    if (from !== to) above.set(to, (above.get(to) ?? new Set()).add(from));
  }
  // Tarjan numbers a component after all that it calls: from the highest down, callers are always done first.
  const of = new Map<number, number>();
  for (let each = Math.max(-1, ...component.values()); each >= 0; each--)
    of.set(each, Math.max(-1, ...[...(above.get(each) ?? [])].map((caller) => of.get(caller)!)) + 1);
  return new Map(ids.map((id) => [id, of.get(component.get(id)!)!]));
}

/** Tarjan's strongly connected components (1972), without recursion: graphs of services can be long chains. */
function components(ids: readonly string[], callees: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const component = new Map<string, number>();
  const stack: string[] = [];
  let found = 0;
  for (const root of ids) {
    if (index.has(root)) continue;
    const walk = [{ id: root, next: 0 }];
    while (walk.length > 0) {
      const here = walk.at(-1)!;
      if (here.next === 0) {
        index.set(here.id, index.size);
        low.set(here.id, index.get(here.id)!);
        stack.push(here.id);
      }
      const callee = callees.get(here.id)![here.next++];
      if (callee !== undefined) {
        if (!index.has(callee)) walk.push({ id: callee, next: 0 });
        else if (!component.has(callee)) low.set(here.id, Math.min(low.get(here.id)!, index.get(callee)!));
        continue;
      }
      walk.pop();
      const parent = walk.at(-1);
      if (parent) low.set(parent.id, Math.min(low.get(parent.id)!, low.get(here.id)!));
      if (low.get(here.id) !== index.get(here.id)) continue;
      for (let id = stack.pop(); id !== undefined; id = id === here.id ? undefined : stack.pop())
        component.set(id, found);
      found += 1;
    }
  }
  return component;
}

/** Orders each level by the mean place of its neighbours, going through the levels from the left, then from the right, in turn. */
function order(byLevel: string[][], near: ReadonlyMap<string, readonly string[]>): void {
  for (let round = 0; round < ROUNDS; round++) {
    const way = round % 2 === 0 ? [...byLevel.keys()] : [...byLevel.keys()].toReversed();
    for (const at of way) {
      const place = new Map(byLevel.flatMap((members) => members.map((id, row) => [id, (row + 0.5) / members.length])));
      const mean = (id: string) => {
        const places = near.get(id)!.map((other) => place.get(other)!);
        return places.reduce((sum, each) => sum + each, 0) / places.length;
      };
      byLevel[at] = byLevel[at]!.map((id) => ({ id, at: mean(id) }))
        .toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
        .map(({ id }) => id);
    }
  }
}
