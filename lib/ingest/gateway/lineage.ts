import { asName } from "../otlp/identity";

/** Name the run that began it all, and the run that started this one: no client sends them by itself. */
export const ROOT_HEADER = "x-sentinel-root-run";
export const PARENT_HEADER = "x-sentinel-parent-run";

/** Where a run belongs; null: it began by itself, as far as was said. */
export interface Lineage {
  rootRunId: string | null;
  parentRunId: string | null;
}

/**
 * Runs remembered of each key, the latest: a request may name its run alone, once an earlier one said where that belongs. Keys are made by
 * people, and are few; whoever holds one makes as many runs as they like, which must not make another key's be forgotten.
 */
export const RUNS_MAX = 5_000;

/**
 * Keeps where runs belong, for each key: a run that names a parent alone belongs to its parent's root if that is known here, else to the
 * parent itself, as it is counted later.
 */
export function createLineages() {
  const keys = new Map<string, Map<string, Lineage>>();
  return (keyId: string, runId: string, headers: Headers): Lineage => {
    const known = keys.get(keyId) ?? new Map<string, Lineage>();
    const root = asName(headers.get(ROOT_HEADER));
    const parentRunId = asName(headers.get(PARENT_HEADER));
    const before = known.get(runId);
    const lineage: Lineage =
      root === null && parentRunId === null
        ? (before ?? { rootRunId: null, parentRunId: null })
        : { parentRunId, rootRunId: root ?? before?.rootRunId ?? known.get(parentRunId!)?.rootRunId ?? parentRunId };
    // What nobody said anything of takes no place.
    if (lineage.rootRunId === null) return lineage;
    keys.set(keyId, known);
    known.delete(runId);
    known.set(runId, lineage);
    if (known.size > RUNS_MAX) known.delete(known.keys().next().value!);
    return lineage;
  };
}
