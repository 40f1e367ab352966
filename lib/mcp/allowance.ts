import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { tooMany } from "@/lib/errors";
import type { Asker } from "./tool";

const HOUR_S = 3_600;

/** One for the process: one Next process holds several copies of this module. */
const shared = (): Map<string, RateLimiterMemory> => {
  const global = globalThis as unknown as Record<symbol, Map<string, RateLimiterMemory>>;
  return (global[Symbol.for("sentinel.mcp-allowances")] ??= new Map());
};

/**
 * Charges one use of what a token may do `perHour` times within an hour, and gives how it is taken back if it did not begin. `otherwise`:
 * what else can be done then, after "Try again in 5 minutes". Throws `rate_limited`.
 */
export async function charge(
  what: string,
  perHour: number,
  { user }: Pick<Asker, "user">,
  otherwise = "",
): Promise<() => Promise<void>> {
  const limiters = shared();
  let limiter = limiters.get(what);
  if (!limiter) limiters.set(what, (limiter = new RateLimiterMemory({ points: perHour, duration: HOUR_S })));
  try {
    await limiter.consume(user.id);
    return async () => void (await limiter.reward(user.id));
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    // The limiter counts refused ones as well, which would outweigh one that is taken back.
    await limiter.reward(user.id);
    const minutes = Math.ceil(refusal.msBeforeNext / 60_000);
    const when = `Try again in ${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
    throw tooMany(refusal, `Limit per token: ${perHour} ${what} an hour. ${when}${otherwise}.`);
  }
}
