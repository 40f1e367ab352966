import type { IncidentState } from "@/lib/core/base/vocabulary";

const CLOSED: readonly IncidentState[] = ["resolved", "dismissed"];
const HEALABLE: readonly IncidentState[] = ["rejected", "escalated"];

export const isClosed = (state: IncidentState): boolean => CLOSED.includes(state);
/** Whether "heal now" can be asked for. */
export const isHealable = (state: IncidentState): boolean => HEALABLE.includes(state);

/** Whether a person may have it investigated again: it was looked at, and nothing is being done about it. */
export const canInvestigateAgain = (state: IncidentState): boolean =>
  state === "awaiting_approval" || isHealable(state);
