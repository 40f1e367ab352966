import { hashText } from "./hash.js";

/** What was used so far. Sums are undefined until the first known value: unknown is not 0. */
export interface Used {
  startedAt: number;
  modelCalls: number;
  toolCalls: number;
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  cost: number | undefined;
}

/** A run with all its descendants, as far as they run in this process: what those in other processes use is not known here. */
export interface Tree extends Used {
  rootRunId: string;
  descendants: number;
}

/** A run's place in its tree. `depth`: levels below the root; `ordinal`: 1 for the first descendant that began. Both are 0 for the root. */
export interface Place {
  tree: Tree;
  depth: number;
  ordinal: number;
}

export interface Kinship {
  runId: string;
  parentRunId?: string | undefined;
  rootRunId?: string | undefined;
}

/**
 * Trees and places kept at most, for each server and key: those that nothing was heard of for the longest go first, and what they had used is
 * forgotten. A tree outlives its open runs, since its next descendant may start later.
 */
const MAX_TREES = 1_000;
const MAX_PLACES = 10_000;

export interface Trees {
  /** Gives a run its place, and its tree where that is new. A run whose parent is known belongs to its parent's root. `at`: monotonic ms. */
  join(run: Kinship, at: number): Place;
  /** The place that a run has or would get; null where it would begin a tree. */
  look(run: Partial<Kinship>): Place | null;
  /** A run is at work: its place and its tree are the last to be forgotten. */
  touch(runId: string, place: Place): void;
}

export function createTrees(): Trees {
  const trees = new Map<string, Tree>();
  const places = new Map<string, Place>();

  const rootOf = ({ runId, parentRunId, rootRunId }: Partial<Kinship>) =>
    rootRunId || places.get(parentRunId ?? "")?.tree.rootRunId || parentRunId || runId;
  function depthOf({ parentRunId }: Partial<Kinship>, root: string): number {
    const above = places.get(parentRunId ?? "");
    return 1 + (above?.tree.rootRunId === root ? above.depth : 0);
  }

  return {
    join(run, at) {
      const root = rootOf(run)!;
      const tree = trees.get(root) ?? { rootRunId: root, startedAt: at, modelCalls: 0, toolCalls: 0, inputTokens: undefined, outputTokens: undefined, cost: undefined, descendants: 0 }; // prettier-ignore
      keep(trees, root, tree, MAX_TREES);
      const known = places.get(run.runId);
      if (known?.tree === tree) return known;
      const place = root === run.runId ? { tree, depth: 0, ordinal: 0 } : { tree, depth: depthOf(run, root), ordinal: ++tree.descendants }; // prettier-ignore
      keep(places, run.runId, place, MAX_PLACES);
      return place;
    },
    look(run) {
      const root = rootOf(run);
      const tree = root === undefined ? undefined : trees.get(root);
      const known = places.get(run.runId ?? "");
      if (known && known.tree === tree) return known;
      return tree && root !== run.runId
        ? { tree, depth: depthOf(run, tree.rootRunId), ordinal: tree.descendants + 1 }
        : null;
    },
    touch(runId, place) {
      const { tree } = place;
      const known = trees.get(tree.rootRunId);
      // One that was forgotten and has begun anew is not put back in the place of the new one.
      if (known === undefined || known === tree) keep(trees, tree.rootRunId, tree, MAX_TREES);
      if ((places.get(runId)?.tree ?? tree) === tree) keep(places, runId, place, MAX_PLACES);
    },
  };
}

/** Puts an entry last; the first go beyond `most`. */
function keep<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const first of map.keys()) {
    if (map.size <= most) return;
    map.delete(first);
  }
}

/** Of this process, by server and key: guards of several agents share the trees in which their runs meet. */
const shared = new Map<string, Trees>();

/** `realm`: within which a run's ID means one run. */
export function treesOf(realm: string): Trees {
  const name = hashText(realm);
  const trees = shared.get(name) ?? createTrees();
  shared.set(name, trees);
  return trees;
}
