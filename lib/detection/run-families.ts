import type { Db } from "@/lib/db/client";
import { listKnownRuns } from "@/lib/db/queries/spend";

/** Where a run belongs. */
export interface Family {
  /** The run that began it all: its own id where it began by itself. */
  root: string;
  /** Levels below the root; null: not looked up, since no budget asks for it. */
  depth: number | null;
  /** Nothing of it was stored before. */
  isNew: boolean;
}

/** By agent and run, with a line break between. */
export type Families = ReadonlyMap<string, Family>;

interface Told {
  agentId: string;
  runId: string;
  root: string | null;
  parent: string | null;
}

const keyOf = (agentId: string, runId: string): string => `${agentId}\n${runId}`;
/** Parents of parents followed within one turn: deeper ones are found in the table. */
const MAX_STEPS = 64;

/**
 * Roots and depths of these runs, from what their events say and from what is known of their parents. A run that tells a parent and
 * no root belongs to its parent's root, if that is known, else to the parent itself. Nothing is looked up where every run says its
 * root and no budget is of trees (`ofTrees`).
 */
export async function familiesOf(db: Db, runs: readonly Told[], ofTrees: boolean): Promise<Families> {
  const families = new Map<string, Family>();
  if (!ofTrees && runs.every(({ root, parent }) => root !== null || parent === null)) {
    for (const { agentId, runId, root, parent } of runs) {
      const depth = root === null || root === runId ? 0 : parent === root ? 1 : null;
      families.set(keyOf(agentId, runId), { root: root ?? runId, depth, isNew: false });
    }
    return families;
  }
  const parents = runs.flatMap((run) => (run.parent === null ? [] : [{ ...run, parent: run.parent }]));
  const known = await listKnownRuns(
    db,
    [...runs.map(({ agentId, runId }) => [agentId, runId] as [string, string]), ...parents.map(({ agentId, parent }) => [agentId, parent] as [string, string])], // prettier-ignore
    parents.flatMap(({ root, parent }) => (root === null ? [] : [[root, parent] as [string, string]])),
  );
  const own = new Map(known.map((run) => [keyOf(run.agentId, run.runId), run]));
  const underRoot = new Map(known.flatMap((run) => (run.root === null ? [] : [[keyOf(run.root, run.runId), run]])));
  const told = new Map(runs.map((run) => [keyOf(run.agentId, run.runId), run]));

  const find = (run: Told, steps: number): Family => {
    const key = keyOf(run.agentId, run.runId);
    const before = families.get(key);
    if (before) return before;
    const stored = own.get(key);
    const family = { ...place(run, steps), isNew: stored === undefined };
    if (stored?.root) family.root = stored.root;
    if (stored?.depth !== null && stored?.depth !== undefined) family.depth = stored.depth;
    families.set(key, family);
    return family;
  };
  const place = ({ agentId, runId, root, parent }: Told, steps: number): { root: string; depth: number } => {
    if (parent === null) return { root: root ?? runId, depth: root === null || root === runId ? 0 : 1 };
    const beside = told.get(keyOf(agentId, parent));
    if (beside && steps < MAX_STEPS && parent !== runId) {
      const above = find(beside, steps + 1);
      return { root: root ?? above.root, depth: (above.depth ?? 0) + 1 };
    }
    const above = (root === null ? undefined : underRoot.get(keyOf(root, parent))) ?? own.get(keyOf(agentId, parent));
    return { root: root ?? above?.root ?? parent, depth: (above?.depth ?? 0) + 1 };
  };
  for (const run of runs) find(run, 0);
  return families;
}
