import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { tooMany } from "@/lib/errors";
import type { Asker } from "./tool";

const HOUR_S = 3_600;

/** One for the process: one Next process holds several copies of this module. */
const shared = (): Map<string, RateLimiterMemory> => {
  const global = globalThis as unknown as Record<symbol, Map<string, RateLimiterMemory>>;
  return (global[Symbol.for("sentinel.mcp-allowances")] ??= new Map());
};

/** Charges one use of what a token may do `perHour` times within an hour. Throws `rate_limited`. */
export async function charge(what: string, perHour: number, { user }: Asker): Promise<void> {
  const limiters = shared();
  let limiter = limiters.get(what);
  if (!limiter) limiters.set(what, (limiter = new RateLimiterMemory({ points: perHour, duration: HOUR_S })));
  try {
    await limiter.consume(user.id);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    const minutes = Math.ceil(refusal.msBeforeNext / 60_000);
    throw tooMany(refusal, `Limit per token: ${perHour} ${what} an hour. Again in ${minutes} min, or in the console.`);
  }
}
