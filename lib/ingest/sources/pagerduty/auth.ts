import { createHmac, timingSafeEqual } from "node:crypto";
import type { Signature } from "@/lib/contracts/endpoint";

/** Signatures of one message: one for each secret while secrets are changed over. */
const SIGNATURES_MAX = 10;

/**
 * Whether PagerDuty signed these bytes: HMAC-SHA256 in hex, `v1=…`, several separated by commas while its secret is being
 * changed (PagerDuty, "Verifying Signatures"); of other versions nothing is known. One secret and one signature that go
 * together are enough. All are compared, each in constant time.
 */
export function signedByPagerDuty(body: Buffer, header: string, secrets: readonly string[]): boolean {
  const given = header
    .split(",", SIGNATURES_MAX)
    .map((part) => /^v1=([0-9a-f]{64})$/.exec(part.trim())?.[1])
    .filter((hex) => hex !== undefined)
    .map((hex) => Buffer.from(hex, "hex"));
  const expected = secrets.map((secret) => createHmac("sha256", secret).update(body).digest());
  return expected.flatMap((right) => given.map((one) => timingSafeEqual(one, right))).includes(true);
}

/** Each subscription of PagerDuty has a secret of its own: several are separated by commas. */
const secretsIn = (text: string): string[] =>
  text
    .split(",")
    .map((secret) => secret.trim())
    .filter((secret) => secret !== "");

export const pagerDutySignature: Signature = {
  header: "X-PagerDuty-Signature",
  secret: "PAGERDUTY_WEBHOOK_SECRET",
  verify: (body, header, secret) => signedByPagerDuty(body, header, secretsIn(secret)),
};
