import { windowsOf } from "../evidence";
import { gather, read } from "../gather";
import type { InvestigationContext } from "../context";
import { specialist } from "../specialist";
import type { InvestigationState } from "../state";
import { count } from "./orchestrator";

/** Reads what was changed before the alert, at the nodes in scope. */
export const deployCorrelator = (ctx: InvestigationContext) => async (state: InvestigationState) => {
  const { changes: window } = windowsOf(ctx.investigator.case.target.at);
  const own = await gather([
    read(ctx, "deploy_correlator", "list_recent_changes", { nodes: state.scope, ...window }, (changes) => ({
      changes,
    })),
  ]);
  return specialist(ctx, state, "deploy_correlator", own, ({ changes }) => {
    const last = changes.toSorted((a, b) => b.t - a.t)[0];
    if (last === undefined) return "No change was recorded in the 24 hours before the alert.";
    return `${count(changes.length, "change")} in the 24 hours before the alert; the latest: ${last.kind} of ${last.node}.`;
  });
};
