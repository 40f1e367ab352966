import { changeOf } from "@/lib/actions/service/change";
import type { Prepared } from "@/lib/actions/service/operation";
import type { OperationText } from "@/lib/db/schema/healing";

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
    case "open_change_pr": {
      const { file, name, from, to } = changeOf(runs);
      const diff = [`- ${name}: ${JSON.stringify(from)}`, `+ ${name}: ${JSON.stringify(to)}`];
      return { title, runs: [`${runs.owner}/${runs.repo}`, runs.base, file, ...diff], undo, dryRun: null };
    }
    case "notify":
      return { title, runs: [], undo, dryRun: null };
    case "replay":
      return { title, runs: runs.shown, undo, dryRun: null };
  }
}
