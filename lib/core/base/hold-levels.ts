/**
 * How a quarantine stops an agent. `hold_new`: runs in progress go on, new ones wait; `drain`: the calls in flight finish, nothing further
 * starts; `hand_over`: the same, and the host passes its queued tasks on; `kill`: calls in flight are aborted at once.
 */
export const HOLD_LEVELS = ["hold_new", "drain", "hand_over", "kill"] as const;
export type HoldLevel = (typeof HOLD_LEVELS)[number];
/** What a directive without a level means, and what SDKs do that know of none. */
export const DEFAULT_HOLD_LEVEL: HoldLevel = "drain";

export const HOLD_LEVEL_TEXT: Record<HoldLevel, string> = {
  hold_new: "hold new runs",
  drain: "drain",
  hand_over: "hand over",
  kill: "kill",
};

/** What a host decided on a task that a hold kept from starting. */
export const QUEUED_DECISIONS = ["keep", "drop", "reassign"] as const;
export type QueuedDecision = (typeof QUEUED_DECISIONS)[number];

/** The outcome of a tool call that was cut off: whether it took effect, nobody knows. */
export const OUTCOME_UNKNOWN = "unknown";
