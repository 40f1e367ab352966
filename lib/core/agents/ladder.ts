import { efficacy, type Efficacy, failedLately, FRESH_MS, HALF_LIFE_MS } from "./recall";
import { type AgentAction, type Diagnosis, type Outcome, outcomeText } from "../base/vocabulary";

/** What is tried, in which order, for which diagnosis. The order is the experts' prior; immune memory re-orders it. */
export const LADDERS: Record<Diagnosis, readonly AgentAction[]> = {
  prompt_drift: ["reset_memory", "rollback_prompt", "reduce_autonomy", "clone_agent"],
  prompt_injection: ["revoke_tools", "reset_memory", "rollback_prompt", "clone_agent"],
  infinite_loop: ["revoke_tools", "reduce_autonomy", "reset_memory", "clone_agent"],
  tool_instability: ["revoke_tools", "reduce_autonomy", "rollback_prompt", "clone_agent"],
  memory_corruption: ["reset_memory", "clone_agent"],
  cost_overrun: ["reduce_autonomy", "rollback_prompt", "reset_memory"],
  external_cause: ["wait"],
  unknown: ["notify"],
};

export interface RungContext {
  diagnosis: Diagnosis;
  /** What was tried in this incident, under whichever diagnosis. */
  tried: readonly { action: AgentAction; outcome: Outcome; at: number }[];
  /** Whether each action can be carried out now, with arguments at hand; `reason` says why not. */
  available: Record<AgentAction, { possible: true } | { possible: false; reason: string }>;
  /** The immune memory of this agent, its type and the fleet. */
  memory: readonly Efficacy[];
  /** That the prompt changed without being declared was measured in this incident. */
  promptChanged?: boolean;
  now: number;
  freshMs?: number;
  halfLifeMs?: number;
}

export interface Skipped {
  action: AgentAction;
  reason: string;
}

export type NextRung =
  /** `rung` is the action's place in {@link LADDERS}, counted from 1; `reason` says why it comes now. */
  | { kind: "act"; action: AgentAction; rung: number; skipped: Skipped[]; reason: string }
  | { kind: "wait"; reason: string }
  | { kind: "notify_and_hold"; reason: string }
  | { kind: "exhausted"; skipped: Skipped[] };

/** The experts' order: the least disturbing first, but where it was measured that the prompt changed, taking that back comes before it. */
const priorLadder = ({ diagnosis, promptChanged = false }: LadderContext): readonly AgentAction[] =>
  diagnosis === "prompt_drift" && promptChanged
    ? ["rollback_prompt", ...LADDERS.prompt_drift.filter((action) => action !== "rollback_prompt")]
    : LADDERS[diagnosis];

type LadderContext = Pick<RungContext, "diagnosis" | "memory" | "promptChanged" | "now" | "halfLifeMs">;

/** The ladder of a diagnosis, what works best first; where experience does not tell rungs apart, the experts' order holds. */
export function orderedLadder(c: LadderContext): AgentAction[] {
  const { diagnosis, memory, now, halfLifeMs = HALF_LIFE_MS } = c;
  return priorLadder(c)
    .map((action) => ({ action, mean: efficacy(memory, diagnosis, action, now, halfLifeMs).mean }))
    .toSorted((a, b) => b.mean - a.mean)
    .map(({ action }) => action);
}

/**
 * What to try next. One thing at a time: while an action of this incident is not judged yet, the answer is to wait. A
 * rung is passed over if it was tried in this incident (whatever came of it), if it cannot be carried out, or if it
 * failed on this agent lately. So at most as many acts come out as the ladder has rungs. If nothing is left the agent
 * stays contained and a person is called.
 */
export function nextRung(c: RungContext): NextRung {
  const pending = c.tried.find((t) => t.outcome === "pending");
  if (pending) return { kind: "wait", reason: `${pending.action} has no verdict yet` };
  switch (c.diagnosis) {
    case "external_cause":
      return {
        kind: "wait",
        reason: "the cause is outside the agent: no action on it would resolve it",
      };
    case "unknown":
      return {
        kind: "notify_and_hold",
        reason: "the cause is unknown: no action can be expected to resolve it",
      };
    case "prompt_drift":
    case "prompt_injection":
    case "infinite_loop":
    case "tool_instability":
    case "memory_corruption":
    case "cost_overrun":
      return climb(c);
  }
}

function climb(c: RungContext): NextRung {
  const ladder = LADDERS[c.diagnosis];
  const skipped: Skipped[] = [];
  for (const action of orderedLadder(c)) {
    const obstacle = whyNot(c, action);
    if (obstacle === null) {
      const { mean, weight, scope } = efficacy(c.memory, c.diagnosis, action, c.now, c.halfLifeMs);
      const known =
        scope === null
          ? "next remediation step; no past results yet"
          : `${Math.round(mean * 100)} % expected to work, from ${weight.toFixed(1)} past cases (${scope})`;
      return { kind: "act", action, rung: ladder.indexOf(action) + 1, skipped, reason: known };
    }
    skipped.push({ action, reason: obstacle });
  }
  return { kind: "exhausted", skipped };
}

function whyNot(c: RungContext, action: AgentAction): string | null {
  const before = c.tried.findLast((t) => t.action === action);
  if (before) return `tried in this incident: ${outcomeText(before.outcome)}`;
  const available = c.available[action];
  if (!available.possible) return `not possible: ${available.reason}`;
  const { freshMs = FRESH_MS, halfLifeMs = HALF_LIFE_MS } = c;
  return failedLately(c.memory, c.diagnosis, action, c.now, { freshMs, halfLifeMs })
    ? "failed on this agent recently"
    : null;
}
