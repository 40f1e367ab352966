import { AGENT_STATES, type AgentState, type IncidentState } from "./vocabulary";

/** Who moves a state: Sentinel's own loop, or a signed-in person. */
export type Mover = "system" | "person";
export type AgentMove = { from: AgentState; to: AgentState };

/** A move that the tables below do not know: a bug or a lost race, never something to carry on from. */
export class IllegalMove extends Error {
  override readonly name = "IllegalMove";
  constructor(
    readonly from: string,
    readonly to: string,
    readonly by: Mover | null,
  ) {
    super(`illegal move from ${from} to ${to}${by === null ? "" : ` by ${by}`}`);
  }
}

/**
 * What the loop may do by itself. Nothing leads from `quarantined` or `exhausted` to `healthy`: the loop releases an
 * agent only through probation, and what has used up its ladder waits for a person. `exhausted` is entered from
 * `quarantined` alone, so that an agent is contained before anybody gives up on it.
 */
export const SYSTEM_MOVES: Record<AgentState, readonly AgentState[]> = {
  learning: ["healthy", "suspected", "quarantined"],
  healthy: ["suspected"],
  suspected: ["learning", "healthy", "quarantined"],
  quarantined: ["healing", "exhausted"],
  healing: ["probation", "quarantined"],
  probation: ["healthy", "quarantined"],
  exhausted: [],
};

/** Where a person may take an agent from any other state: hold it, or call it healthy. */
const BY_HAND: readonly AgentState[] = ["quarantined", "healthy"];

const HELD: readonly AgentState[] = ["quarantined", "healing", "exhausted"];
/** Whether an agent in this state is on hold: it starts nothing until it is released, by an action or by a person. */
export const isHeld = (state: AgentState): boolean => HELD.includes(state);

/** Where "heal now" may start. */
const HEAL_NOW: readonly AgentState[] = ["quarantined", "exhausted"];

/** True if the move is legal. A state never moves to itself: who asks for that has lost a race, or has nothing to do. */
export function canMove(from: AgentState, to: AgentState, by: Mover): boolean {
  if (from === to) return false;
  switch (by) {
    case "system":
      return SYSTEM_MOVES[from].includes(to);
    case "person":
      return BY_HAND.includes(to) || (to === "healing" && HEAL_NOW.includes(from));
  }
}

/** The new state. Throws {@link IllegalMove}, naming both states and the mover. */
export function move(from: AgentState, to: AgentState, by: Mover): AgentState {
  if (!canMove(from, to, by)) throw new IllegalMove(from, to, by);
  return to;
}

/** Every legal move of one mover, for documents and screens. */
export function movesOf(by: Mover): AgentMove[] {
  return AGENT_STATES.flatMap((from) => AGENT_STATES.filter((to) => canMove(from, to, by)).map((to) => ({ from, to })));
}

/**
 * | from | to | when |
 * | --- | --- | --- |
 * | open | investigating | evidence is being gathered |
 * | investigating | awaiting_approval, acting | a proposal asks, or policy lets it run |
 * | awaiting_approval | acting, rejected | a person decided |
 * | awaiting_approval | investigating | the approval expired or became void: the evidence is looked at anew |
 * | acting | verifying | the action was acknowledged |
 * | acting | investigating, awaiting_approval | it could not be carried out: next rung |
 * | verifying | investigating, awaiting_approval, acting | no effect, worse, or cannot tell: next rung |
 * | verifying | resolved | measured back in band |
 * | rejected, escalated | acting | "heal now", by hand |
 * | awaiting_approval, rejected, escalated | investigating | a person asks for another look, or another service joins |
 * | any that is not closed | resolved, dismissed | back in band or released; accepted as normal |
 * | any that is not closed | escalated | nothing left to try, or limits reached |
 *
 * `resolved` and `dismissed` are final: what comes back is a new incident that cites the old one.
 */
export const INCIDENT_MOVES: Record<IncidentState, readonly IncidentState[]> = {
  open: ["investigating", "escalated", "resolved", "dismissed"],
  investigating: ["awaiting_approval", "acting", "escalated", "resolved", "dismissed"],
  awaiting_approval: ["acting", "rejected", "investigating", "escalated", "resolved", "dismissed"],
  acting: ["verifying", "investigating", "awaiting_approval", "escalated", "resolved", "dismissed"],
  verifying: ["resolved", "investigating", "awaiting_approval", "acting", "escalated", "dismissed"],
  rejected: ["acting", "investigating", "escalated", "resolved", "dismissed"],
  escalated: ["acting", "investigating", "resolved", "dismissed"],
  resolved: [],
  dismissed: [],
};

export function canMoveIncident(from: IncidentState, to: IncidentState): boolean {
  return INCIDENT_MOVES[from].includes(to);
}

/** The new state. Throws {@link IllegalMove}. */
export function moveIncident(from: IncidentState, to: IncidentState): IncidentState {
  if (!canMoveIncident(from, to)) throw new IllegalMove(from, to, null);
  return to;
}

/** True once nothing more can happen to the incident. */
export function isClosed(state: IncidentState): boolean {
  return INCIDENT_MOVES[state].length === 0;
}
