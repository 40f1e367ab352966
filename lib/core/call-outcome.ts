import type { EventKind } from "./vocabulary";

/** What an event says of how it ended; every field may be missing. */
export interface SaidOutcome {
  success?: boolean | null;
  error_type?: string | null;
  http_status?: number | null;
  output_tokens?: number | null;
  finish_reason?: string | null;
  result_hash?: string | null;
  result_bytes?: number | null;
}

/** From here on an HTTP status is an error (RFC 9110, 15.5 and 15.6). */
const FIRST_ERROR_STATUS = 400;

/**
 * Whether what an event reports succeeded; null when nothing in it tells. Any sign of failure outweighs `success: true`:
 * an error type, which OpenTelemetry's conventions set only where an operation failed, or a status that is an error (0:
 * there was no answer). A call that says nothing of either succeeded if it brought a result.
 */
export function succeeded(kind: EventKind, said: SaidOutcome): boolean | null {
  if (said.success === false || failed(said)) return false;
  if (said.success === true) return true;
  const call = kind === "model_call" || kind === "tool_call";
  return call && (said.http_status != null || broughtResult(said)) ? true : null;
}

const failed = ({ error_type, http_status }: SaidOutcome): boolean =>
  (error_type != null && error_type !== "") ||
  (http_status != null && (http_status === 0 || http_status >= FIRST_ERROR_STATUS));

const broughtResult = (said: SaidOutcome): boolean =>
  said.output_tokens != null || said.finish_reason != null || said.result_hash != null || said.result_bytes != null;
