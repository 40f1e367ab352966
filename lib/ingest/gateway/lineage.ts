import { asName } from "../otlp/identity";

/** Name the run that began it all, and the run that started this one: no client sends them by itself. */
export const ROOT_HEADER = "x-sentinel-root-run";
export const PARENT_HEADER = "x-sentinel-parent-run";

/** Where a run belongs; null: it began by itself, as far as was said. */
export interface Lineage {
  rootRunId: string | null;
  parentRunId: string | null;
}

/** Runs remembered, the latest: a request may name its run alone, once an earlier one said where that belongs. */
const RUNS_MAX = 20_000;

/**
 * Keeps where runs belong, for each key: a run that names a parent alone belongs to its parent's root if that is known here, else to the
 * parent itself, as it is counted later.
 */
export function createLineages() {
  const known = new Map<string, Lineage>();
  return (keyId: string, runId: string, headers: Headers): Lineage => {
    const of = (run: string) => known.get(`${keyId}\n${run}`);
    const root = asName(headers.get(ROOT_HEADER));
    const parentRunId = asName(headers.get(PARENT_HEADER));
    const name = `${keyId}\n${runId}`;
    const before = known.get(name);
    const lineage: Lineage =
      root === null && parentRunId === null
        ? (before ?? { rootRunId: null, parentRunId: null })
        : { parentRunId, rootRunId: root ?? before?.rootRunId ?? of(parentRunId!)?.rootRunId ?? parentRunId };
    // What nobody said anything of takes no place.
    if (lineage.rootRunId === null) return lineage;
    known.delete(name);
    known.set(name, lineage);
    if (known.size > RUNS_MAX) known.delete(known.keys().next().value!);
    return lineage;
  };
}
