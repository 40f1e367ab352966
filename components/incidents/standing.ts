import type { IncidentState } from "@/lib/core/base/vocabulary";

const CLOSED: readonly IncidentState[] = ["resolved", "dismissed"];
const HEALABLE: readonly IncidentState[] = ["rejected", "escalated"];

export const isClosed = (state: IncidentState): boolean => CLOSED.includes(state);
/** Whether "heal now" can be asked for. */
export const isHealable = (state: IncidentState): boolean => HEALABLE.includes(state);
