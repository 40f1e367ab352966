import { actionName } from "@/lib/core/agents/words";
import { type Outcome, outcomeText } from "@/lib/core/base/vocabulary";
import type { StreamEvent } from "@/lib/db/commit";
import type { ActionRun } from "@/lib/db/queries/healing";
import { aboutOf } from "./proposal";

/** The event that tells what an action was measured to have done. `followUp`: what follows from it; `undone`: whether it was taken back. */
export const judgedEvent = (
  run: ActionRun,
  judged: { outcome: Exclude<Outcome, "pending">; reason: string; followUp?: string; undone?: boolean },
  now: number,
): StreamEvent => ({
  at: now,
  type: "action.judged",
  ...aboutOf(run),
  incidentId: run.incidentId,
  text: [
    `${actionName(run)}: ${outcomeText(judged.outcome)}`,
    judged.reason,
    ...(judged.followUp ? [judged.followUp] : []),
  ].join("; "),
  data: {
    run: run.id,
    outcome: judged.outcome,
    ...(judged.undone === undefined ? {} : { undone: judged.undone }),
  },
});
