import { fromTo } from "../base/amounts";
import type { Finding } from "../evidence/bundle";
import { redact } from "../evidence/redact";
import { blameEdges } from "./edge-times";
import { sharesOf } from "./rank-parts";
import type { Scene } from "./rank-scene";
import { strengthOf } from "./rank-strength";

/** More than this nobody reads; the strongest are kept. */
const FINDINGS_MAX = 80;
/** Of one node. */
const PER_NODE_MAX = 8;
/** A share of the symptom below this is not worth a sentence. */
const SHARE_MIN = 0.05;

type Found = Omit<Finding, "id">;

/** What was seen, strongest first, of the target and of every node that something speaks for. Ids are `m1`, `m2` … */
export function findingsOf(scene: Scene, scored: readonly { node: string }[]): Finding[] {
  const nodes = new Set([scene.target.node, ...scored.map((s) => s.node)]);
  const all = [...shifts(scene), ...explained(scene), ...traces(scene), ...broken(scene), ...mutes(scene)]
    .filter((f) => f.node !== null && nodes.has(f.node) && f.strength > 0)
    .sort((a, b) => b.strength - a.strength);
  const count = new Map<string, number>();
  const kept = all.filter((f) => {
    const n = (count.get(f.node!) ?? 0) + 1;
    count.set(f.node!, n);
    return n <= PER_NODE_MAX;
  });
  return kept.slice(0, FINDINGS_MAX).map((f, i) => ({ id: `m${i + 1}`, ...f }));
}

function shifts(scene: Scene): Found[] {
  return scene.signals.flatMap(({ node, metric, unit, points, shift }): Found[] => {
    const strength = strengthOf(shift?.nats ?? 0);
    if (shift === null || strength === 0) return [];
    const at = points[shift.start]?.[0];
    const moved = shift.direction === "up" ? "rose" : "fell";
    const text = `"${metric}" of ${node} ${moved} ${fromTo(shift.from, shift.to, unit, number)}${times(shift.from, shift.to)}.`;
    return [{ kind: "metric_shift", node, text, ...(at === undefined ? {} : { at }), strength }];
  });
}

function explained(scene: Scene): Found[] {
  const { target, topology, symptom } = scene;
  const name = { latency: "time lost", failures: "failed calls" } as const;
  return (["latency", "failures"] as const).flatMap((kind) =>
    [...sharesOf(scene, kind)].flatMap(([node, share]): Found[] => {
      const path = pathTo(node, target.node, topology.callers);
      if (share < SHARE_MIN || path === null) return [];
      const via = path.length > 1 ? `, along ${path.join(" → ")}` : "";
      const text = `${node} itself, apart from its dependencies, accounts for ${percent(share)} of the ${name[kind]} by ${target.node}${via}.`;
      return [{ kind: "dependency", node, text, strength: share * symptom[kind] }];
    }),
  );
}

/** A shortest call path from the target down to a node; null when there is none. */
function pathTo(node: string, target: string, callers: ReadonlyMap<string, string[]>): string[] | null {
  const back = new Map<string, string | null>([[node, null]]);
  for (const at of back.keys()) {
    if (at === target) {
      const path: string[] = [];
      for (let step: string | null = at; step !== null; step = back.get(step) ?? null) path.push(step);
      return path;
    }
    for (const caller of callers.get(at) ?? []) if (!back.has(caller)) back.set(caller, at);
  }
  return null;
}

function traces(scene: Scene): Found[] {
  if (scene.loss === null) return [];
  const { edges, self } = scene.loss;
  const blamed = blameEdges(edges);
  const total = [...self.values(), ...blamed.values()].reduce((a, b) => a + b, 0);
  const slow = edges.flatMap((e): Found[] => {
    if (e.lost <= 0) return [];
    const node = (blamed.get(e.callee) ?? 0) >= (blamed.get(e.caller) ?? 0) ? e.callee : e.caller;
    const text = `Between ${e.caller} and ${e.callee} the p95 of the time between call and handling (gap) went from ${micros(e.gap.from)} to ${micros(e.gap.to)}.`;
    return [{ kind: "trace", node, text, strength: e.strength * Math.sqrt(e.lost / total) }];
  });
  const inner = [...self].flatMap(([node, lost]): Found[] => {
    if (lost <= 0) return [];
    const text = `Spans of ${node} took ${micros(lost)} longer in total per time slice, not counting time spent waiting for others.`;
    return [{ kind: "trace", node, text, strength: (scene.loss?.grown.get(node) ?? 0) * Math.sqrt(lost / total) }];
  });
  const moved = scene.mix.map((m): Found => {
    const what = m.line
      ? `logged '${quoted(m.operation)}' ${count(m.seen)}`
      : `made ${number(m.seen)} calls of "${m.operation}"`;
    const text = `${m.node} ${what}; its incoming requests account for ${number(m.expected)}.`;
    return { kind: m.line ? "log_template" : "trace", node: m.node, text, strength: m.strength };
  });
  return [...slow, ...inner, ...moved];
}

function broken(scene: Scene): Found[] {
  return scene.flow.map(({ node, sample, beside, seen, expected, strength }): Found => {
    const text = `${node} logged '${quoted(sample)}' ${count(seen)}; judging by '${quoted(beside)}', which always accompanies it, ${number(expected)} were expected.`;
    return { kind: "log_template", node, text, strength };
  });
}

/** Quoted text of a line: what tells it from others stands early. */
const QUOTE_CHARS = 140;

const quoted = (line: string) => redact(line.replace(/\s+/g, " ").trim().slice(0, QUOTE_CHARS)).text;

const count = (n: number) => (n === 0 ? "0 times" : n === 1 ? "once" : `${number(n)} times`);

function mutes(scene: Scene): Found[] {
  return scene.silent.map(({ node, nats, last }): Found => {
    const text =
      last === null
        ? `${node} sent no data at all in the window, while others did.`
        : `${node} stopped sending data, while others continued.`;
    return { kind: "metric_shift", node, text, ...(last === null ? {} : { at: last }), strength: strengthOf(nats) };
  });
}

const percent = (share: number) => `${Math.round(100 * share)} %`;

/** Four significant digits, without an exponent where one can do without. */
function number(x: number): string {
  const rounded = Number(x.toPrecision(4));
  return Math.abs(rounded) >= 1e-4 || rounded === 0 ? String(rounded) : rounded.toExponential();
}

function times(from: number, to: number): string {
  if (from <= 0 || to <= 0) return "";
  const factor = to / from;
  return factor >= 1.5 ? ` (${number(Number(factor.toPrecision(2)))} times)` : "";
}

const micros = (us: number) =>
  us >= 1e6 ? `${number(us / 1e6)} s` : us >= 1e3 ? `${number(us / 1e3)} ms` : `${Math.round(us)} µs`;
