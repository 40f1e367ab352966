import { type Bundle, emptyBundle } from "@/lib/core/evidence/bundle";
import type { Case, PastIncident, RunbookSection, ServiceMetadata, Window } from "./ports";

/** All that was read so far: the bundle's parts, and what only people and the triage need. */
export interface Evidence extends Omit<Bundle, "target"> {
  services: ServiceMetadata[];
  similar: PastIncident[];
  runbooks: RunbookSection[];
}

/** What is known before anything was read. */
export function noEvidence(): Evidence {
  const { target: _, ...nothing } = emptyBundle({ node: "", at: 0 });
  return { ...nothing, services: [], similar: [], runbooks: [] };
}

/** Two parts together; what both hold stands once, as the first has it. */
export function mergeEvidence(a: Evidence, b: Partial<Evidence>): Evidence {
  return {
    nodes: unique([...a.nodes, ...(b.nodes ?? [])], (n) => n.id),
    edges: unique([...a.edges, ...(b.edges ?? [])], (e) => JSON.stringify(e)),
    metrics: unique([...a.metrics, ...(b.metrics ?? [])], seriesOf),
    logs: unique([...a.logs, ...(b.logs ?? [])], (l) => JSON.stringify([l.t, l.node, l.line])),
    spans: unique([...a.spans, ...(b.spans ?? [])], (s) => JSON.stringify([s.t, s.node, s.parent, s.operation])),
    changes: unique([...a.changes, ...(b.changes ?? [])], (c) => JSON.stringify([c.t, c.node, c.kind, c.summary])),
    normal: {
      metrics: unique([...a.normal.metrics, ...(b.normal?.metrics ?? [])], seriesOf),
      logs: unique([...a.normal.logs, ...(b.normal?.logs ?? [])], (l) => JSON.stringify([l.t, l.node, l.line])),
      spans: unique([...a.normal.spans, ...(b.normal?.spans ?? [])], (s) =>
        JSON.stringify([s.t, s.node, s.parent, s.operation]),
      ),
    },
    services: unique([...a.services, ...(b.services ?? [])], (s) => s.id),
    similar: unique([...a.similar, ...(b.similar ?? [])], (s) => s.id),
    runbooks: unique([...a.runbooks, ...(b.runbooks ?? [])], (r) => `${r.path}#${r.heading}`),
  };
}

const seriesOf = ({ node, metric }: Bundle["metrics"][number]) => JSON.stringify([node, metric]);

function unique<T>(list: T[], key: (item: T) => string): T[] {
  const first = new Map<string, T>();
  for (const item of list) {
    const name = key(item);
    if (!first.has(name)) first.set(name, item);
  }
  return [...first.values()];
}

export function bundleOf(of: Case, evidence: Evidence): Bundle {
  const { nodes, edges, metrics, logs, spans, changes, normal } = evidence;
  return { target: of.target, nodes, edges, metrics, logs, spans, changes, normal };
}

const MINUTE = 60;
/** An alert may come this long after what it is about began: slow leaks, `for:` clauses, rare scrapes. */
const BEFORE = 60 * MINUTE;
/** What happened while the alert was on its way. */
const AFTER = 10 * MINUTE;
/** What is normal is read from this long before that, and for this long. */
const NORMAL_SPAN = 180 * MINUTE;
/** A change may lie further back than its effect shows: a leak's deploy, a certificate, a slow rollout. */
const CHANGES_BEFORE = 24 * 60 * MINUTE;

/** The incident's own time, the time before it, and the time in which a change may have caused it. Epoch seconds. */
export function windowsOf(at: number): { incident: Window; normal: Window; changes: Window } {
  const from = at - BEFORE;
  return {
    incident: { from, to: at + AFTER },
    normal: { from: from - NORMAL_SPAN, to: from },
    changes: { from: at - CHANGES_BEFORE, to: at + AFTER },
  };
}

/** Nodes that are looked at without being asked for: the target, what it calls to this depth, and who calls it. */
export const CALLEE_DEPTH = 6;
/** More would be read than anybody needs at first; the nearest come first. */
const SCOPE_MAX = 40;

/** The target, its callees breadth first, then its direct callers. */
export function scopeOf(target: string, edges: Bundle["edges"]): string[] {
  const scope = new Set([target]);
  let level = [target];
  for (let depth = 0; depth < CALLEE_DEPTH && scope.size < SCOPE_MAX; depth++) {
    level = edges.flatMap(([caller, callee]) => (level.includes(caller) && !scope.has(callee) ? [callee] : []));
    for (const node of level) scope.add(node);
  }
  for (const [caller, callee] of edges) if (callee === target) scope.add(caller);
  return [...scope].slice(0, SCOPE_MAX);
}

/** Who would feel it: everything from which the target is reached, nearest first, without itself. */
export function blastRadius(target: string, edges: Bundle["edges"]): string[] {
  const reached = new Set([target]);
  for (const node of reached) for (const [caller, callee] of edges) if (callee === node) reached.add(caller);
  reached.delete(target);
  return [...reached];
}
