import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { addressOf } from "@/lib/auth/address";
import type { Db } from "@/lib/db/client";
import { type ChannelRow, listChannels } from "@/lib/db/queries/notifications";
import { SentinelError, tooMany } from "@/lib/errors";
import { isFresh, isSignedBySlack } from "@/lib/notify/slack-signature";
import { openSetup } from "../notify/channels";

/** Requests of one address in a second that nobody signed: more are answered 429. Those that are signed are never counted, for behind a
 *  proxy anybody may share Slack's address. */
const UNSIGNED_PER_ADDRESS = 50;
/** What Slack signs with: a request without it costs neither a query nor a hash. */
const SIGNATURE = /^v0=[0-9a-f]{64}$/;
/** Clicks of one person in a minute: more are a program's. */
const PER_PERSON = 30;

/** One for the process: one Next process holds several copies of this module. */
const limiters = (): { address: RateLimiterMemory; person: RateLimiterMemory } => {
  const global = globalThis as unknown as Record<symbol, ReturnType<typeof limiters>>;
  return (global[Symbol.for("sentinel.slack-limits")] ??= {
    address: new RateLimiterMemory({ points: UNSIGNED_PER_ADDRESS, duration: 1 }),
    person: new RateLimiterMemory({ points: PER_PERSON, duration: 60 }),
  });
};

async function charge(limiter: RateLimiterMemory, key: string, detail: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    throw refusal instanceof RateLimiterRes ? tooMany(refusal, detail) : refusal;
  }
}

/** Throws `rate_limited`. */
export const chargePerson = (app: string, team: string, person: string): Promise<void> =>
  charge(limiters().person, `${app} ${team} ${person}`, `Too many clicks: at most ${PER_PERSON} a minute.`);

/**
 * The channels whose app signed a request: several, where they share one. Nothing of the body is looked at before. Throws
 * `unauthenticated` for a request that no enabled channel's app signed within the last five minutes, and `rate_limited` where its
 * address sends many of those.
 */
export async function admitSlack(
  db: Db,
  headers: Headers,
  body: Buffer,
  secret: string,
  now: number,
): Promise<ChannelRow[]> {
  const timestamp = headers.get("x-slack-request-timestamp") ?? "";
  const signature = headers.get("x-slack-signature") ?? "";
  if (!isFresh(timestamp, now))
    throw await unsigned(headers, "was sent more than five minutes ago, or does not say when");
  const channels = SIGNATURE.test(signature) ? await listChannels(db) : [];
  const signers = channels.filter(({ enabled, kind, sealed }) => {
    const signing = enabled && kind === "slack_app" ? openSetup(sealed, secret)?.signing_secret : undefined;
    return signing !== undefined && isSignedBySlack(signing, timestamp, body, signature);
  });
  if (signers.length > 0) return signers;
  throw await unsigned(headers, "is not signed with the signing secret of any enabled Slack app channel");
}

/** Throws `rate_limited` itself. */
async function unsigned(headers: Headers, why: string): Promise<SentinelError> {
  const detail = `At most ${UNSIGNED_PER_ADDRESS} requests a second without a valid signature.`;
  await charge(limiters().address, addressOf(headers), detail);
  return new SentinelError("unauthenticated", {
    detail: `The request ${why}.`,
    headers: { "www-authenticate": 'Signature realm="sentinel"' },
  });
}
