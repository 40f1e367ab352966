import { END, START, StateGraph } from "@langchain/langgraph";
import { comms } from "./nodes/comms";
import { confidence } from "./nodes/confidence";
import { deployCorrelator } from "./nodes/deploy-correlator";
import { logAnalyst } from "./nodes/log-analyst";
import { metricsAnalyst } from "./nodes/metrics-analyst";
import { orchestrator } from "./nodes/orchestrator";
import { remediation } from "./nodes/remediation";
import { skeptic } from "./nodes/skeptic";
import { synthesis } from "./nodes/synthesis";
import { triage } from "./nodes/triage";
import type { SpecialistName } from "./ports";
import type { InvestigationContext } from "./context";
import { type InvestigationState, State, type Update } from "./state";

/** The specialists and who comes after whom. Every path is straight: no edge leads back, and none leads to an act. */
export function createGraph(ctx: InvestigationContext) {
  return new StateGraph(State)
    .addNode("orchestrator", noted(ctx, "orchestrator", orchestrator(ctx)))
    .addNode("triage", noted(ctx, "triage", triage(ctx)))
    .addNode("log_analyst", noted(ctx, "log_analyst", logAnalyst(ctx)))
    .addNode("deploy_correlator", noted(ctx, "deploy_correlator", deployCorrelator(ctx)))
    .addNode("metrics_analyst", noted(ctx, "metrics_analyst", metricsAnalyst(ctx)))
    .addNode("synthesis", noted(ctx, "synthesis", synthesis(ctx)))
    .addNode("the_skeptic", noted(ctx, "skeptic", skeptic(ctx)))
    .addNode("confidence", confidence(ctx))
    .addNode("remediation", noted(ctx, "remediation", remediation(ctx)))
    .addNode("comms", noted(ctx, "comms", comms(ctx)))
    .addEdge(START, "orchestrator")
    .addEdge("orchestrator", "triage")
    .addEdge("triage", "log_analyst")
    .addEdge("triage", "deploy_correlator")
    .addEdge("triage", "metrics_analyst")
    .addEdge(["log_analyst", "deploy_correlator", "metrics_analyst"], "synthesis")
    .addEdge("synthesis", "the_skeptic")
    .addEdge("the_skeptic", "confidence")
    .addEdge("confidence", "remediation")
    .addEdge("remediation", "comms")
    .addEdge("comms", END)
    .compile();
}

/** Writes down that a specialist began, and what it says when it is done. */
const noted =
  (ctx: InvestigationContext, node: SpecialistName, work: (state: InvestigationState) => Promise<Update>) =>
  async (state: InvestigationState): Promise<Update> => {
    ctx.investigator.signal?.throwIfAborted();
    const startedAt = ctx.investigator.now();
    await ctx.desk.note({ node, author: "local" }, "begins");
    const update = await work(state);
    for (const { text, author } of (update.reports ?? []) as { text: string; author: string }[])
      await ctx.desk.note({ node, author }, text, { startedAt });
    return update;
  };
