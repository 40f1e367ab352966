import { END, START, StateGraph } from "@langchain/langgraph";
import { comms } from "./nodes/comms";
import { deployCorrelator } from "./nodes/deploy-correlator";
import { logAnalyst } from "./nodes/log-analyst";
import { metricsAnalyst } from "./nodes/metrics-analyst";
import { orchestrator } from "./nodes/orchestrator";
import { remediation } from "./nodes/remediation";
import { skeptic } from "./nodes/skeptic";
import { synthesis } from "./nodes/synthesis";
import { triage } from "./nodes/triage";
import type { SpecialistName } from "./ports";
import type { Room } from "./room";
import { type InvestigationState, State, type Update } from "./state";

/** The specialists and who comes after whom. Every path is straight: no edge leads back, and none leads to an act. */
export function createGraph(room: Room) {
  return new StateGraph(State)
    .addNode("orchestrator", noted(room, "orchestrator", orchestrator(room)))
    .addNode("triage", noted(room, "triage", triage(room)))
    .addNode("log_analyst", noted(room, "log_analyst", logAnalyst(room)))
    .addNode("deploy_correlator", noted(room, "deploy_correlator", deployCorrelator(room)))
    .addNode("metrics_analyst", noted(room, "metrics_analyst", metricsAnalyst(room)))
    .addNode("synthesis", noted(room, "synthesis", synthesis(room)))
    .addNode("the_skeptic", noted(room, "skeptic", skeptic(room)))
    .addNode("remediation", noted(room, "remediation", remediation(room)))
    .addNode("comms", noted(room, "comms", comms(room)))
    .addEdge(START, "orchestrator")
    .addEdge("orchestrator", "triage")
    .addEdge("triage", "log_analyst")
    .addEdge("triage", "deploy_correlator")
    .addEdge("triage", "metrics_analyst")
    .addEdge(["log_analyst", "deploy_correlator", "metrics_analyst"], "synthesis")
    .addEdge("synthesis", "the_skeptic")
    .addEdge("the_skeptic", "remediation")
    .addEdge("remediation", "comms")
    .addEdge("comms", END)
    .compile();
}

/** Writes down that a specialist began, and what it says when it is done. */
const noted =
  (room: Room, node: SpecialistName, work: (state: InvestigationState) => Promise<Update>) =>
  async (state: InvestigationState): Promise<Update> => {
    room.investigator.signal?.throwIfAborted();
    const startedAt = room.investigator.now();
    await room.desk.note({ node, author: "local" }, "begins");
    const update = await work(state);
    for (const { text, author } of (update.reports ?? []) as { text: string; author: string }[])
      await room.desk.note({ node, author }, text, { startedAt });
    return update;
  };
