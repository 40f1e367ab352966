import { SentinelError } from "@/lib/errors";

/** Longest key that is kept: any UUID or hash fits. */
const MAX_LENGTH = 200;

/** The Idempotency-Key of a request (IETF draft-ietf-httpapi-idempotency-key-header); null without one. Throws `invalid`. */
export function idempotencyKeyOf(headers: Headers): string | null {
  const key = headers.get("idempotency-key");
  if (key === null) return null;
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > MAX_LENGTH) {
    const reason = `must be 1 to ${MAX_LENGTH} visible ASCII characters`;
    throw new SentinelError("invalid", {
      detail: `Idempotency-Key ${reason}`,
      fields: [{ field: "Idempotency-Key", reason }],
    });
  }
  return key;
}
