/** What can go wrong for a caller, by name, with its HTTP status and title. Anything else is a bug and answers 500. */
export const ERRORS = {
  invalid: { status: 400, title: "Invalid request" },
  malformed: { status: 400, title: "Body is not valid JSON" },
  unauthenticated: { status: 401, title: "Authentication required" },
  forbidden: { status: 403, title: "Not allowed" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "Method not allowed" },
  conflict: { status: 409, title: "State changed; reload and retry" },
  gone: { status: 410, title: "No longer available" },
  too_large: { status: 413, title: "Request body too large" },
  unsupported_media: { status: 415, title: "Unsupported content type" },
  rate_limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Internal error" },
  unavailable: { status: 503, title: "Service unavailable" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** One thing wrong with a request: where (a path such as `events[3].cost`, "" for the whole) and why. */
export interface FieldError {
  field: string;
  reason: string;
}

export interface ErrorDetails {
  /** A sentence for the caller; never holds a secret. */
  detail?: string;
  fields?: FieldError[];
  /** Byte of the body at which it stopped being JSON. */
  offset?: number;
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An outcome that the caller has to hear of. The HTTP wrapper turns it into problem+json (RFC 9457). */
export class SentinelError extends Error {
  override readonly name = "SentinelError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly title: string;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(details.detail ?? ERRORS[code].title, { cause: details.cause });
    this.code = code;
    this.status = ERRORS[code].status;
    this.title = ERRORS[code].title;
    this.details = details;
  }
}

/** The refusal of one field. `reason` goes on from its name: "must be in the future". */
export const invalidField = (field: string, reason: string): SentinelError =>
  new SentinelError("invalid", { detail: `${field} ${reason}`, fields: [{ field, reason }] });

/** The refusal of a rate limiter, for a caller. */
export function tooMany({ msBeforeNext }: { msBeforeNext: number }, detail: string): SentinelError {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
  return new SentinelError("rate_limited", { detail, headers: { "retry-after": String(seconds) } });
}
