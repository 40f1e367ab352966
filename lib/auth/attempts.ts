import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { tooMany } from "@/lib/errors";

/** Guesses at one account's password: about 15 thousand a day, hopeless against ten characters; a person never notices. */
const PER_ACCOUNT = { points: 10, duration: 60 };
/** Attempts on the whole server: a password costs some 50 ms of a core to check, and the rest of Sentinel needs the core. */
const OVERALL = { points: 10, duration: 1 };

type Limiters = { account: RateLimiterMemory; overall: RateLimiterMemory };

/** One for the process: one Next process holds several copies of this module. */
const limiters = (): Limiters => {
  const global = globalThis as unknown as Record<symbol, Limiters>;
  return (global[Symbol.for("sentinel.attempts")] ??= {
    account: new RateLimiterMemory({ ...PER_ACCOUNT, keyPrefix: "account" }),
    overall: new RateLimiterMemory({ ...OVERALL, keyPrefix: "overall" }),
  });
};

/**
 * Charges an attempt to prove who one is. Throws `rate_limited`. Counted by account and not by address, since behind a
 * proxy an address is whatever a header says; without an account (a link's token cannot be guessed) only overall.
 */
export async function chargeAttempt(account?: string): Promise<void> {
  try {
    await limiters().overall.consume("all");
    if (account !== undefined) await limiters().account.consume(account);
  } catch (refusal) {
    throw refusal instanceof RateLimiterRes ? tooMany(refusal, "Too many attempts; wait a little.") : refusal;
  }
}
