/**
 * Why a call may not go ahead, in one word: `paused` is longer than the run may wait, `ended` a run that began before a quarantine or a
 * memory reset, `unreachable` where the host asked for no work without Sentinel, `revoked` this tool, `capped` what a run may use is spent,
 * `loop` identical calls, `unknown_outcome` a tool call that was cut off before, in the same thread, without an idempotency key.
 */
export type HoldKind =
  | "quarantined"
  | "paused"
  | "retired"
  | "ended"
  | "unreachable"
  | "revoked"
  | "capped"
  | "loop"
  | "unknown_outcome";

/**
 * Thrown at the seat, before the call is made. `reason` may be shown to a person or a model. `endsRun` is false where the run may go on without
 * this one call: tell the model `reason` as the tool's answer.
 */
export class SentinelHold extends Error {
  override readonly name = "SentinelHold";
  constructor(
    readonly kind: HoldKind,
    readonly reason: string,
    readonly endsRun = true,
  ) {
    super(`Stopped by Sentinel: ${reason.replace(/\.$/, "")}.`);
  }
}

/** For the host and the thread: the run ended here. */
export const notice = (hold: SentinelHold) => hold.message;

/** For the model, as the answer of the tool that was not run. */
export const refusal = ({ reason, endsRun }: SentinelHold) =>
  `Not run: ${reason.replace(/\.$/, "")}.${endsRun ? " It may be tried again later." : ""}`;

/** For the model, as the answer of a tool that ran and was cut off. */
export const CUT_OFF = "Cut off: the run was stopped while this tool was running. Whether it took effect is unknown.";
