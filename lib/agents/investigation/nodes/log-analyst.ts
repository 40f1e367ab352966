import { windowsOf } from "../evidence";
import { gather, read } from "../gather";
import type { InvestigationContext } from "../context";
import { specialist } from "../specialist";
import type { InvestigationState } from "../state";
import { count } from "./orchestrator";

/** Lines of the incident's hour, over all nodes in scope, and of the time before. */
const LINES = 4_000;
const NORMAL_LINES = 4_000;

/** Reads what the nodes wrote around the onset, and what they usually write. */
export const logAnalyst = (ctx: InvestigationContext) => async (state: InvestigationState) => {
  const { incident, normal } = windowsOf(ctx.investigator.case.target.at);
  const nodes = state.scope;
  const own = await gather([
    read(ctx, "log_analyst", "fetch_logs", { nodes, ...incident, limit: LINES }, (logs) => ({ logs })),
    read(ctx, "log_analyst", "fetch_logs", { nodes, ...normal, limit: NORMAL_LINES }, (logs) => ({
      normal: { logs, metrics: [], spans: [] },
    })),
  ]);
  return specialist(ctx, state, "log_analyst", own, ({ logs, normal: usual }) => {
    const of = new Set(logs.map(({ node }) => node)).size;
    return `Read ${count(logs.length, "line")} from ${count(of, "component")}, and ${usual.logs.length} earlier ones for comparison.`;
  });
};
