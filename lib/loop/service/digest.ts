import type { Prepared } from "@/lib/actions/service/operation";
import type { Proposal } from "@/lib/db/queries/healing";
import type { OperationText } from "@/lib/db/schema/healing";
import { digestOf } from "../ids";

/** What an approval of an operation is bound to. A digest of it is what a person signs. */
export const operationDigest = (
  p: Pick<Proposal, "id" | "incidentId" | "subjectId" | "action" | "args" | "targetVersion" | "considered">,
  cites: readonly string[],
): string =>
  digestOf({
    proposal: p.id,
    incident: p.incidentId,
    service: p.subjectId,
    action: p.action,
    args: p.args,
    // What exactly runs: the allow-list may change between asking and acting.
    operation: p.considered?.operation ?? null,
    target: p.targetVersion,
    cites: [...cites].toSorted(),
  });

/** What runs, in the words that a person decides on: nothing is left to a description. */
export function operationText({ entry, runs }: Prepared, undo: string | null): OperationText {
  const { title } = entry;
  switch (runs.kind) {
    case "run_command":
      return { title, runs: runs.argv, undo, dryRun: runs.dryRun };
    case "call_webhook":
      return { title, runs: ["POST", runs.url], undo, dryRun: null };
    case "open_rollback_pr":
      return { title, runs: [`${runs.owner}/${runs.repo}`, runs.base, ...runs.paths], undo, dryRun: null };
    case "notify":
      return { title, runs: [], undo, dryRun: null };
    case "replay":
      return { title, runs: runs.shown, undo, dryRun: null };
  }
}
