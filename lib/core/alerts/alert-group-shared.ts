import { type CallGraph, type Trouble } from "./alert-group-roots";

/**
 * Services that must be in unexplained trouble before a silent dependency of theirs is suspected, and their share of
 * those who call it (and are not explained otherwise): fewer meet by chance, and where most callers are well the dependency is.
 */
const MIN_CALLERS = 3;
const MIN_SHARE = 0.5;
/** Rivals that are named beside a suspect. */
const MAX_RIVALS = 2;

export interface SharedDependency {
  /** Unexplained services that it explains. */
  callers: string[];
  /** The suspect, then others that would explain the same services as well. */
  suspects: string[];
}

interface Candidate {
  callee: string;
  callers: string[];
  share: number;
}

/**
 * Silent dependencies that would explain several troubled services at once: what fails may have no alert of its own (an
 * external database, a provider). `unexplained` are the troubled services that are their own root, with the time of
 * their trouble. Each is explained once; the dependency that explains most goes first, then the one whose callers suffer most completely, then by name.
 */
export function sharedDependencies(
  unexplained: ReadonlyMap<string, Trouble>,
  troubled: ReadonlyMap<string, unknown>,
  { edges, healthy }: CallGraph,
  windowMs: number,
): SharedDependency[] {
  if (unexplained.size < MIN_CALLERS) return [];
  const callers = new Map<string, { hit: Set<string>; well: Set<string> }>();
  for (const [caller, callee] of edges) {
    if (caller === callee || troubled.has(callee) || healthy.has(callee)) continue;
    let of = callers.get(callee);
    if (!of) callers.set(callee, (of = { hit: new Set(), well: new Set() }));
    if (unexplained.has(caller)) of.hit.add(caller);
    else if (!troubled.has(caller)) of.well.add(caller);
  }
  const judge = (callee: string, left: ReadonlyMap<string, Trouble>): Candidate | null => {
    const { hit, well } = callers.get(callee)!;
    const at = densest(
      [...hit].filter((name) => left.has(name)),
      left,
      windowMs,
    );
    const share = at.length / (hit.size + well.size);
    return at.length >= MIN_CALLERS && share >= MIN_SHARE ? { callee, callers: at, share } : null;
  };
  const byWorth = (a: Candidate, b: Candidate) =>
    b.callers.length - a.callers.length || b.share - a.share || (a.callee < b.callee ? -1 : 1);
  const ranked = [...callers.keys()]
    .filter((callee) => callers.get(callee)!.hit.size >= MIN_CALLERS)
    .map((callee) => judge(callee, unexplained))
    .filter((candidate) => candidate !== null)
    .toSorted(byWorth);

  const left = new Map(unexplained);
  const found: SharedDependency[] = [];
  ranked.forEach(({ callee }, i) => {
    const candidate = judge(callee, left);
    if (!candidate) return;
    const rivals: string[] = [];
    for (let r = i + 1; r < ranked.length && rivals.length < MAX_RIVALS; r++) {
      const { hit } = callers.get(ranked[r]!.callee)!;
      // Sorted by how much they explain: from here on all explain less.
      if (ranked[r]!.callers.length < candidate.callers.length) break;
      if (candidate.callers.every((name) => hit.has(name))) rivals.push(ranked[r]!.callee);
    }
    for (const name of candidate.callers) left.delete(name);
    found.push({ callers: candidate.callers, suspects: [callee, ...rivals] });
  });
  return found;
}

/** The longest row of services, by onset, in which no gap is longer than the window. */
function densest(names: readonly string[], troubles: ReadonlyMap<string, Trouble>, windowMs: number): string[] {
  const onset = (name: string) => troubles.get(name)!.from;
  const rows: string[][] = [];
  let until = Number.NEGATIVE_INFINITY;
  for (const name of names.toSorted((a, b) => onset(a) - onset(b) || (a < b ? -1 : 1))) {
    if (onset(name) - until > windowMs) rows.push([]);
    until = Math.max(until, onset(name));
    rows.at(-1)!.push(name);
  }
  return rows.reduce((best, row) => (row.length > best.length ? row : best), []);
}
