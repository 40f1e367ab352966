import type { HoldLevel } from "../base/hold-levels";
import { type DirectiveStatus, type EventKind, WORK_KINDS } from "../base/vocabulary";

/**
 * An attribute that says by what a session is held. Hooks are asked before tool calls and prompts, not before model calls: the call in
 * which a model hears that it was refused is no work under a hold, and without tools or prompts none follow it.
 */
export const HELD_BY = "held_by";
export const HOOKS = "hooks";

/** An event as far as it can break a hold. Times are epoch ms. */
export interface Reported {
  kind: EventKind;
  /** By the clock of who reports. */
  at: number;
  /** By ours. */
  receivedAt: number;
  /** How long the call took, in ms; 0 where unknown. */
  durationMs: number;
  tool: string | null;
  success: boolean | null;
  /** What {@link HELD_BY} says. */
  heldBy?: unknown;
  /** Whether it belongs to a run that was known before it, or to a child of one. */
  inKnownRun: boolean;
}

export interface Hold {
  status: DirectiveStatus;
  /** Of a quarantine; null drains. */
  level: HoldLevel | null;
  revokedTools: readonly string[];
  sentAt: number;
}

/** When the event's own instance first said that it enforces the directive: by its clock and by ours. */
export interface Confirmed {
  at: number;
  receivedAt: number;
}

/**
 * Whether an event shows that a directive does not hold. Under a hold that is work later than the in-flight time after it
 * was sent, whoever did it, and work that an instance began after it had confirmed: by its own clock, which the
 * confirmation goes by too, and by ours where its clock says otherwise for longer than anything can be in flight. Of a
 * hold on new runs alone, only the first work of a run can be that: runs in progress go on. Of a directive that lets the agent run, it is a call of a revoked tool that went through after the confirmation.
 */
export function breaksHold(event: Reported, hold: Hold, confirmed: Confirmed | null, inFlightMs: number): boolean {
  const after =
    confirmed !== null &&
    (event.at - event.durationMs > confirmed.at || event.receivedAt > confirmed.receivedAt + inFlightMs);
  if (hold.status === "run")
    return (
      after &&
      event.kind === "tool_call" &&
      event.success === true &&
      event.tool !== null &&
      hold.revokedTools.includes(event.tool)
    );
  if (hold.status === "quarantined" && hold.level === "hold_new" && event.inKnownRun) return false;
  if (event.kind === "model_call" && event.heldBy === HOOKS) return false;
  return WORK_KINDS.has(event.kind) && (after || event.at > hold.sentAt + inFlightMs);
}
