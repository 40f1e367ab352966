import { canMove, move, type Mover } from "@/lib/core/base/lifecycle";
import { DEFAULT_HOLD_LEVEL, HOLD_LEVEL_TEXT, type HoldLevel } from "@/lib/core/base/hold-levels";
import type { AgentState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import type { Plan } from "@/lib/db/plan";
import type { Agent, DirectiveRow } from "@/lib/db/queries/agents";
import { directives } from "@/lib/db/schema";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { type DirectivePatch, nextDirective } from "./agents/directives";

export interface Hold {
  agent: Agent;
  /** Its directive now; null: it has none yet. */
  current: DirectiveRow | null;
  incidentId: string | null;
  /** Why, for the agent's host and for the timeline. */
  reason: string;
  /** `sentinel`, or the id of a person. */
  by: string;
  mover: Mover;
  /** How the agent is stopped; see `HOLD_LEVELS`. */
  level: HoldLevel;
  /** At level `hand_over`: who takes over, if a person named somebody. */
  handOverTo?: string | null;
  /** What else changes of the agent's desired state. */
  restrictions?: DirectivePatch;
  /** What instances could not do is forgotten: the next action is tried afresh. */
  forgetRefusals?: boolean;
  /** The event; null where another one tells of it. Its data gets the directive's version. */
  told: { text: string; data: Record<string, unknown> } | null;
}

/** Where a hold may begin: a healthy agent that the system holds is suspected first. Null: it cannot be held from there. */
export function heldFrom(state: AgentState, mover: Mover): AgentState | null {
  const from = mover === "system" && state === "healthy" ? move("healthy", "suspected", "system") : state;
  return canMove(from, "quarantined", mover) ? move(from, "quarantined", mover) : null;
}

/**
 * Plans a hold of an agent: its state, the directive that quarantines it, and the event. Every hold is issued here, whether a sweep,
 * an action that failed, or a person asks for it. Throws IllegalMove for an agent that cannot be held; see {@link heldFrom}.
 */
export function contain(plan: Plan, db: Db, hold: Hold, now: number): void {
  const { agent, incidentId } = hold;
  const directive = nextDirective(
    agent,
    hold.current,
    {
      ...hold.restrictions,
      status: "quarantined",
      hold: { level: hold.level, handOverTo: hold.handOverTo ?? null },
    },
    { reason: hold.reason, by: hold.by, incidentId },
    now,
  );
  const state = heldFrom(agent.state, hold.mover) ?? move(agent.state, "quarantined", hold.mover);
  plan
    .claim(agentClaim(agent, { state, incidentId, directive, ...(hold.forgetRefusals ? { cannot: [] } : {}) }, now))
    .write(db.insert(directives).values(directive));
  if (hold.told)
    plan.tell({
      at: now,
      type: "agent.quarantined",
      agentId: agent.id,
      incidentId,
      text:
        hold.level === DEFAULT_HOLD_LEVEL
          ? hold.told.text
          : `${hold.told.text} (level: ${HOLD_LEVEL_TEXT[hold.level]})`,
      data: { version: directive.version, level: hold.level, ...hold.told.data },
    });
}
