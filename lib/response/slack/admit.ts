import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { addressOf } from "@/lib/auth/address";
import type { Db } from "@/lib/db/client";
import { type ChannelRow, listChannels } from "@/lib/db/queries/notifications";
import { SentinelError, tooMany } from "@/lib/errors";
import { isFresh, isSignedBySlack } from "@/lib/notify/slack-signature";
import { openSetup } from "../notify/channels";

/** Requests of one address in a second: Slack's come from few, and each costs a signature a channel. */
const PER_ADDRESS = 50;
/** Clicks of one person in a minute: more are a program's. */
const PER_PERSON = 30;

/** One for the process: one Next process holds several copies of this module. */
const limiters = (): { address: RateLimiterMemory; person: RateLimiterMemory } => {
  const global = globalThis as unknown as Record<symbol, ReturnType<typeof limiters>>;
  return (global[Symbol.for("sentinel.slack-limits")] ??= {
    address: new RateLimiterMemory({ points: PER_ADDRESS, duration: 1 }),
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
 * `rate_limited`, and `unauthenticated` for a request that no enabled channel's app signed within the last five minutes.
 */
export async function admitSlack(
  db: Db,
  headers: Headers,
  body: Buffer,
  secret: string,
  now: number,
): Promise<ChannelRow[]> {
  await charge(limiters().address, addressOf(headers), `At most ${PER_ADDRESS} requests a second.`);
  const timestamp = headers.get("x-slack-request-timestamp") ?? "";
  const signature = headers.get("x-slack-signature") ?? "";
  if (!isFresh(timestamp, now)) throw unsigned("was sent more than five minutes ago, or does not say when");
  const channels = (await listChannels(db)).filter(({ enabled, kind }) => enabled && kind === "slack_app");
  const signers = channels.filter(({ sealed }) => {
    const signing = openSetup(sealed, secret)?.signing_secret;
    return signing !== undefined && isSignedBySlack(signing, timestamp, body, signature);
  });
  if (signers.length === 0) throw unsigned("is not signed with the signing secret of any enabled Slack app channel");
  return signers;
}

const unsigned = (why: string) =>
  new SentinelError("unauthenticated", {
    detail: `The request ${why}.`,
    headers: { "www-authenticate": 'Signature realm="sentinel"' },
  });
