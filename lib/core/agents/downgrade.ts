import { type AgentState, type Mode, MODES } from "../base/vocabulary";

/** An agent as far as it matters for what its host may change of it. */
export interface Standing {
  type: string;
  state: AgentState;
  incidentId: string | null;
  enforcement: boolean | null;
}

/** What a host says of its agent. Undefined: nothing. */
export interface Claim {
  type?: string | undefined;
  enforcement?: boolean | undefined;
}

/** What of a claim comes into force, and what waits for a person. Null: nothing of it. */
export interface Settled {
  type: string | null;
  enforcement: boolean | null;
  asks: { type?: string; enforcement?: false } | null;
}

/**
 * Sorts a host's claim about an agent that is known. What would loosen its containment waits for a person: to be one that
 * cannot be held, or of another type, since a type decides how its agents are treated. Until an agent has a baseline it is
 * still introducing itself, unless it has an incident; and who never said a type may take one that is treated no more
 * loosely. `untyped`: the type of those that never said theirs.
 */
export function settle(agent: Standing, claim: Claim, modeOf: (type: string) => Mode, untyped: string): Settled {
  const introducing = agent.state === "learning" && agent.incidentId === null;
  const settled: Settled = { type: null, enforcement: null, asks: null };
  if (claim.type !== undefined && claim.type !== agent.type) {
    const strict = (type: string) => MODES.indexOf(modeOf(type));
    const first = agent.type === untyped && strict(claim.type) >= strict(untyped);
    if (introducing || first) settled.type = claim.type;
    else settled.asks = { type: claim.type };
  }
  if (claim.enforcement !== undefined && claim.enforcement !== agent.enforcement) {
    if (claim.enforcement || introducing) settled.enforcement = claim.enforcement;
    else settled.asks = { ...settled.asks, enforcement: false };
  }
  return settled;
}
