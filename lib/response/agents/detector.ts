import { createDetector, type DetectorState, isLearning } from "@/lib/core/detection/detect";
import { move } from "@/lib/core/base/lifecycle";
import type { AgentState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import type { Agent } from "@/lib/db/queries/agents";
import { listDetectors } from "@/lib/db/queries/sweep";

/** What is known of an agent's usual behaviour, and the state that it was judged in. */
export interface Detector {
  state: DetectorState;
  agentState: AgentState;
}

/** Where an agent goes when nothing is held against it any more. */
export const releasedState = (agent: Agent, detector: Detector) =>
  agent.state === "suspected" && !hasLearned(detector)
    ? move(agent.state, "learning", "system")
    : move(agent.state, "healthy", "system");

/** The detector as it was last committed: to read, not to move on. */
export async function detectorOf(db: Db, agent: Agent): Promise<Detector> {
  const [row] = await listDetectors(db, [agent.id]);
  return row ? { state: row.state, agentState: row.agentState } : { state: createDetector(), agentState: agent.state };
}

/** Whether a baseline has been learned, so that `learning` is over. */
export const hasLearned = (detector: Detector): boolean => !isLearning(detector.state);
