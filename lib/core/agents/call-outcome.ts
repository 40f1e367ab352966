import type { EventKind } from "../base/vocabulary";

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

/** From here on an HTTP status is an error (RFC 9110, 15.5 and 15.6); below 100 there was no answer, as clients write it. */
const FIRST_ERROR_STATUS = 400;
const LAST_STATUS = 599;
const FIRST_STATUS = 100;

/**
 * Whether what an event reports succeeded; null when nothing in it tells. A status that is an error outweighs `success:
 * true`. Where success is not said, an error type is a failure (OpenTelemetry's conventions set it only where an operation
 * failed), and a call that brought an answer is a success.
 */
export function succeeded(kind: EventKind, said: SaidOutcome): boolean | null {
  const status = said.http_status ?? null;
  if (said.success === false || (status !== null && status >= FIRST_ERROR_STATUS && status <= LAST_STATUS))
    return false;
  if (said.success === true) return true;
  if ((said.error_type ?? "") !== "" || (status !== null && status < FIRST_STATUS)) return false;
  const call = kind === "model_call" || kind === "tool_call";
  return call && (status !== null || broughtResult(said)) ? true : null;
}

const broughtResult = (said: SaidOutcome): boolean =>
  said.output_tokens != null || said.finish_reason != null || said.result_hash != null || said.result_bytes != null;
