import { createHmac, timingSafeEqual } from "node:crypto";

/** A request that was signed longer ago than this, or so far in the future, is refused, in ms (docs.slack.dev, verifying requests). */
const FRESH_MS = 5 * 60_000;

/** Whether a request's X-Slack-Request-Timestamp, in seconds, is of now. */
export const isFresh = (timestamp: string, now: number): boolean =>
  /^\d{1,12}$/.test(timestamp) && Math.abs(now - Number(timestamp) * 1_000) <= FRESH_MS;

/** The X-Slack-Signature of a body that is sent at `timestamp`. */
export const slackSignature = (secret: string, timestamp: string, body: Buffer): string =>
  `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:`).update(body).digest("hex")}`;

/** Whether these bytes were signed with the secret, compared in constant time. */
export function isSignedBySlack(secret: string, timestamp: string, body: Buffer, signature: string): boolean {
  const given = Buffer.from(signature);
  const expected = Buffer.from(slackSignature(secret, timestamp, body));
  return given.length === expected.length && timingSafeEqual(given, expected);
}
