import { windowsOf } from "../evidence";
import { gather, read } from "../gather";
import type { InvestigationContext } from "../context";
import { specialist } from "../specialist";
import type { InvestigationState } from "../state";
import { count } from "./orchestrator";

/** Reads the measurements and traces of the nodes in scope, now and before. */
export const metricsAnalyst = (ctx: InvestigationContext) => async (state: InvestigationState) => {
  const { incident, normal } = windowsOf(ctx.investigator.case.target.at);
  const nodes = state.scope;
  const own = await gather([
    read(ctx, "metrics_analyst", "query_metrics", { nodes, ...incident }, ({ series, spans }) => ({
      metrics: series,
      spans,
    })),
    read(ctx, "metrics_analyst", "query_metrics", { nodes, ...normal }, ({ series, spans }) => ({
      normal: { metrics: series, spans, logs: [] },
    })),
  ]);
  return specialist(ctx, state, "metrics_analyst", own, ({ metrics, spans }) => {
    const of = new Set(metrics.map(({ node }) => node)).size;
    const traces = spans.length === 0 ? "" : `, ${spans.length} slices of traces`;
    return `Read ${metrics.length} series from ${count(of, "component")}${traces}.`;
  });
};
