import type { Bundle } from "@/lib/core/evidence/bundle";

/** A small seeded generator (mulberry32): the same names and shuffles in every run. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}

/** The same bundle with names that say nothing, in an order that says nothing: an answer can only come from the evidence. */
export function rename(
  bundle: Bundle,
  random: () => number,
): { bundle: Bundle; name: (node: string) => string; back: (name: string) => string } {
  const all = new Set([bundle.target.node, ...bundle.nodes.map((n) => n.id), ...bundle.edges.flat()]);
  for (const list of [bundle.metrics, bundle.normal.metrics, bundle.logs, bundle.normal.logs, bundle.changes])
    for (const { node } of list) all.add(node);
  for (const { node, parent } of [...bundle.spans, ...bundle.normal.spans]) {
    all.add(node);
    if (parent !== undefined) all.add(parent);
  }
  const to = new Map(shuffled([...all], random).map((node, i) => [node, `n${i}`]));
  const from = new Map([...to].map(([node, name]) => [name, node]));
  const name = (node: string) => to.get(node) ?? node;
  const named = <T extends { node: string }>(list: T[]): T[] =>
    shuffled(list, random).map((item) => ({ ...item, node: name(item.node) }));
  const spans = (list: Bundle["spans"]) =>
    named(list).map((s) => (s.parent === undefined ? s : { ...s, parent: name(s.parent) }));
  return {
    bundle: {
      target: { ...bundle.target, node: name(bundle.target.node) },
      nodes: shuffled(bundle.nodes, random).map((n) => ({ ...n, id: name(n.id) })),
      edges: shuffled(bundle.edges, random).map(([a, b]) => [name(a), name(b)]),
      metrics: named(bundle.metrics),
      logs: named(bundle.logs),
      spans: spans(bundle.spans),
      changes: named(bundle.changes),
      normal: {
        metrics: named(bundle.normal.metrics),
        logs: named(bundle.normal.logs),
        spans: spans(bundle.normal.spans),
      },
    },
    name,
    back: (n: string) => from.get(n) ?? n,
  };
}
