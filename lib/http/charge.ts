import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { env } from "@/lib/env";
import { tooMany } from "@/lib/errors";
import type { Caller } from "./access";

/** What each kind of caller may send in a second. */
interface Allowance {
  items: number;
  bytes: number;
}

/** A storm of a large fleet comes in a few requests; ten thousand alerts are the most of one. */
const SENDER: Allowance = { items: 10_000, bytes: 8_000_000 };
/** People click; a script with a person's session decides a few hundred approvals at once. */
const PERSON: Allowance = { items: 1_000, bytes: 8_000_000 };
type Unit = keyof Allowance;
/** One for the process: one Next process holds several copies of this module. */
const shared = (): Map<string, RateLimiterMemory> => {
  const global = globalThis as unknown as Record<symbol, Map<string, RateLimiterMemory>>;
  return (global[Symbol.for("sentinel.charges")] ??= new Map());
};

/**
 * Charges a request that writes to its caller: a key, a sender or a person, each with an allowance of its own. A request larger
 * than a whole second's allowance takes all of it, instead of never getting through. Throws `rate_limited` with Retry-After.
 */
export async function charge({ key, sender, user }: Caller, unit: Unit, amount: number): Promise<void> {
  const [kind, id] = key ? ["key", key.id] : sender ? ["sender", sender.id] : user ? ["person", user.id] : ["", ""];
  if (!kind || !id) return;
  const points = (kind === "key" ? keyAllowance() : kind === "sender" ? SENDER : PERSON)[unit];
  const limiters = shared();
  const name = `${kind} ${unit}`;
  let limiter = limiters.get(name);
  if (!limiter) limiters.set(name, (limiter = new RateLimiterMemory({ points, duration: 1, keyPrefix: name })));
  try {
    await limiter.consume(id, Math.min(Math.max(amount, 1), points));
  } catch (refusal) {
    throw refusal instanceof RateLimiterRes
      ? tooMany(refusal, `Limit per ${kind}: ${points} ${unit} per second.`)
      : refusal;
  }
}

const keyAllowance = (): Allowance => ({ items: env().KEY_EVENTS_PER_SECOND, bytes: env().KEY_BYTES_PER_SECOND });

/** How many things a body holds: its longest list (events, lines, alerts, decisions), at least one. */
export function itemsIn(body: unknown): number {
  if (Array.isArray(body)) return Math.max(1, body.length);
  if (typeof body !== "object" || body === null) return 1;
  return Math.max(1, ...Object.values(body).map((value) => (Array.isArray(value) ? value.length : 1)));
}
