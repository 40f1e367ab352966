import { changeId, type DeclaredChange } from "@/lib/core/base/declared";
import type { AllowList } from "./allow-list";
import { IMPROVEMENT } from "./allow-list-file";
import type { Entry } from "./entry";

/** What a proposal about Sentinel itself is about. */
export const SENTINEL = "sentinel";
/** Reading one file and opening one pull request. */
const TIMEOUT_MS = 60_000;

export interface ImprovementTarget {
  owner: string;
  repo: string;
  base: string;
  /** Every change that may be proposed. */
  changes: readonly DeclaredChange[];
}

/**
 * The list with the operation that proposes a declared change of Sentinel to its repository. It is no remedy for anything: no investigation
 * is offered it. Its one argument is one of the changes: nothing else can be said with it.
 */
export function withImprovement({ entries }: AllowList, { owner, repo, base, changes }: ImprovementTarget): AllowList {
  const byId = new Map(changes.map((change) => [changeId(change), change]));
  const [first] = byId.keys();
  if (first === undefined) return { entries };
  const entry: Entry = {
    name: IMPROVEMENT,
    title: "Open an improvement pull request",
    services: [SENTINEL],
    remedies: [],
    risk: "reversible",
    reversible: true,
    undo: null,
    blastRadius: "A pull request on {repository}; nothing changes until somebody merges it",
    destroysEvidence: false,
    params: { change: { type: "enum", values: [...byId.keys()], default: first } },
    spec: { kind: "open_change_pr", owner, repo, base, change: "{change}", changes: byId, timeoutMs: TIMEOUT_MS },
  };
  return { entries: new Map([...entries, [IMPROVEMENT, entry]]) };
}
