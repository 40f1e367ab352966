import { getConfig } from "@langchain/langgraph";
import { quietly } from "../quietly.js";
import type { Run } from "../runs.js";
import type { Guard } from "../seat.js";

/** Nodes of other middleware that may run before ours, and so spend steps that we did not see. */
const UNSEEN_STEPS = 6;

function position() {
  const config = getConfig();
  const step: unknown = config?.metadata?.["langgraph_step"];
  return { step: typeof step === "number" ? step : undefined, limit: config?.recursionLimit };
}

/** Notes at a run's first step which step will be its last by LangGraph's recursion limit. */
export function noteLastStep(run: Run) {
  quietly(() => {
    const { step, limit } = position();
    if (step !== undefined && limit !== undefined) run.lastStep = step + limit - 1;
  });
}

/**
 * A run that meets LangGraph's recursion limit ends with an error that no hook sees. So near the limit each call is taken
 * for the last one, unless the run goes on.
 */
export function expectLimit(guard: Guard, run: Run) {
  quietly(() => {
    const { step } = position();
    if (step === undefined || run.lastStep === undefined || step < run.lastStep - UNSEEN_STEPS) return;
    guard.endRunUnlessItGoesOn(run, "error", "GraphRecursionError");
  });
}
