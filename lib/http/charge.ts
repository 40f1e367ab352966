import { setImmediate as nextTurn } from "node:timers/promises";
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
/** A body larger than this is made sense of in a turn of the event loop of its own. */
const LARGE_BYTES = 64_000;

type Unit = keyof Allowance;
interface Shared {
  limiters: Map<string, RateLimiterMemory>;
  /** Ends when the last large body that was let in has had its turn. */
  turns: Promise<unknown>;
}

/** One for the process: one Next process holds several copies of this module. */
const shared = (): Shared => {
  const global = globalThis as unknown as Record<symbol, Shared>;
  return (global[Symbol.for("sentinel.charges")] ??= { limiters: new Map(), turns: Promise.resolve() });
};

/**
 * Charges a request that writes to its caller: a key, a sender or a person, each with an allowance of its own. A request larger
 * than a whole second's allowance takes all of it, instead of never getting through. Throws `rate_limited` with Retry-After.
 */
export async function charge({ key, sender, user }: Caller, unit: Unit, amount: number): Promise<void> {
  const [kind, id] = key ? ["key", key.id] : sender ? ["sender", sender.id] : user ? ["person", user.id] : ["", ""];
  if (!kind || !id) return;
  const points = (kind === "key" ? keyAllowance() : kind === "sender" ? SENDER : PERSON)[unit];
  const { limiters } = shared();
  const name = `${kind} ${unit}`;
  let limiter = limiters.get(name);
  if (!limiter) limiters.set(name, (limiter = new RateLimiterMemory({ points, duration: 1, keyPrefix: name })));
  try {
    await limiter.consume(id, Math.min(Math.max(amount, 1), points));
  } catch (refusal) {
    throw refusal instanceof RateLimiterRes
      ? tooMany(refusal, `A ${kind} may send ${points} ${unit} a second.`)
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

/**
 * Resolves in a turn of the event loop in which no other large body is begun, so that whoever asks for something small
 * (`/healthz`) waits for one of them at most, however many have come at once.
 */
export async function turnFor(bytes: number): Promise<void> {
  if (bytes < LARGE_BYTES) return;
  const all = shared();
  await (all.turns = all.turns.then(() => nextTurn()));
}
