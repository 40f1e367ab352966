import type { BundleChange } from "@/lib/core/evidence/bundle";
import type { Db } from "@/lib/db/client";
import { listEpisodes } from "@/lib/db/queries/episodes";

/** Closed incidents that blame is reckoned from, the newest: what was a habit years ago need not be one now. */
const EPISODES = 500;

/**
 * How often changes of a kind at a node were held to be the cause of that node's incidents, 0 to 1, of those whose cause
 * nobody called wrong; null where it never had one. One incident is no habit: by Laplace's rule of succession it says 2/3 or 1/3.
 */
export async function changeBlameHistory(db: Db): Promise<(change: BundleChange) => number | null> {
  const episodes = (await listEpisodes(db, EPISODES)).filter(({ feedback }) => feedback >= 0);
  return ({ node, kind }) => {
    const of = episodes.filter(({ causeNode }) => causeNode === node);
    return of.length === 0
      ? null
      : (of.filter(({ features }) => features.changeKind === kind).length + 1) / (of.length + 2);
  };
}
