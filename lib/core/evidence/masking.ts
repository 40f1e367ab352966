import type { AgentAction, Diagnosis } from "../base/vocabulary";

/** Runs that must have ended under a cap before it can be told whether the cap is all that ends them. */
const RUNS_NEEDED = 2;

/**
 * Whether an action only covers up what it was to cure. A cap on calls brings any loop's vitals back into their band by
 * cutting its runs short, so the vitals alone cannot tell; what can is how the runs end. If half of them or more were ended by
 * the cap, what drives them goes on. For an overrun of cost the cap is the cure itself, and every other action caps nothing.
 *
 * `ended` and `limited`: runs begun after the action was acknowledged that have ended, and those of them that the cap ended.
 */
export function masks(
  action: AgentAction | "manual",
  diagnosis: Diagnosis | null,
  runs: { ended: number; limited: number },
): { kind: "no" } | { kind: "pending" | "yes"; reason: string } {
  if (action !== "reduce_autonomy" || diagnosis === "cost_overrun") return { kind: "no" };
  if (runs.limited * 2 >= runs.ended && runs.ended >= RUNS_NEEDED)
    return {
      kind: "yes",
      reason: `${runs.limited} of ${runs.ended} runs ended only because they hit the call limit: the underlying problem is still there`,
    };
  if (runs.ended < RUNS_NEEDED) return { kind: "pending", reason: `${runs.ended} of ${RUNS_NEEDED} runs have ended` };
  return { kind: "no" };
}
