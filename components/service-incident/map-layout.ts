export type Edge = readonly [caller: string, callee: string];

/** Most services that a map can show and be read, and how many calls away from those it is about. */
const MAX_NODES = 40;
const MAX_AWAY = 2;

/** The fewest steps from one service to another along calls in either direction, both ends in it; empty when there is no way. */
export function pathBetween(edges: readonly Edge[], from: string, to: string): string[] {
  const before = new Map<string, string | null>([[from, null]]);
  const queue = [from];
  for (const node of queue) {
    if (node === to) break;
    for (const [caller, callee] of edges) {
      const next = caller === node ? callee : callee === node ? caller : null;
      if (next === null || before.has(next)) continue;
      before.set(next, node);
      queue.push(next);
    }
  }
  if (!before.has(to)) return [];
  const path: string[] = [];
  for (let node: string | null = to; node !== null; node = before.get(node) ?? null) path.unshift(node);
  return path;
}

export interface Placed {
  id: string;
  /** How many calls deep, and which of its level. */
  level: number;
  row: number;
}

/**
 * Services in columns by how deep they are called, callers left of callees; those in `first` are kept when there are too
 * many. A circle of calls is cut where it closes.
 */
export function layout(
  edges: readonly Edge[],
  first: readonly string[],
): { nodes: Placed[]; edges: Edge[]; left: number } {
  const distance = new Map<string, number>(first.map((id) => [id, 0]));
  const queue = [...distance.keys()];
  for (const node of queue)
    for (const edge of edges)
      if (edge.includes(node))
        for (const next of edge)
          if (!distance.has(next)) {
            distance.set(next, distance.get(node)! + 1);
            queue.push(next);
          }
  const kept = new Set(queue.filter((id) => distance.get(id)! <= MAX_AWAY).slice(0, MAX_NODES));
  const inside = edges.filter(([caller, callee]) => kept.has(caller) && kept.has(callee) && caller !== callee);
  const level = new Map<string, number>();
  const depth = (node: string, above: ReadonlySet<string>): number => {
    const known = level.get(node);
    if (known !== undefined) return known;
    const callers = inside.flatMap(([caller, callee]) => (callee === node && !above.has(caller) ? [caller] : []));
    const own = Math.max(0, ...callers.map((caller) => depth(caller, new Set([...above, node])) + 1));
    level.set(node, own);
    return own;
  };
  const rows = new Map<number, number>();
  const nodes = [...kept].map((id): Placed => {
    const at = depth(id, new Set([id]));
    const row = rows.get(at) ?? 0;
    rows.set(at, row + 1);
    return { id, level: at, row };
  });
  return { nodes, edges: inside, left: distance.size - kept.size };
}
