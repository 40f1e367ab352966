import { failed, FREE_FAILURES, type Guesses, waitMs } from "@/lib/core/base/guesses";
import type { Db } from "@/lib/db/client";
import { SentinelError, tooMany } from "@/lib/errors";
import { addressOf } from "./address";
import { knownDevice } from "./device";

/** One address speaks for an office: several people may mistype there before it waits, and it never waits long. */
const OF_ADDRESS = { free: 20, longest: 30_000 };
/** An account that so many failures from unknown devices met is being guessed at from many addresses: each new one gets one try. */
const GUESSED_AT = 100;
/** Counts that are kept; beyond, the oldest are dropped. */
const MAX_COUNTS = 50_000;
/** Passwords that are checked at once: each takes some 50 ms of a core, and the rest of Sentinel needs the cores. */
const CHECKED_AT_ONCE = 2;
/** Attempts that wait for their turn, in all and from one address: a flood from one place cannot take all of them. */
const WAITING = { all: 50, address: 4 };

interface Shared {
  counts: Map<string, Guesses>;
  inFlight: Map<string, number>;
  running: number;
  queue: (() => void)[];
}

/** One for the process: one Next process holds several copies of this module. */
const shared = (): Shared => {
  const global = globalThis as unknown as Record<symbol, Shared>;
  return (global[Symbol.for("sentinel.attempts")] ??= {
    counts: new Map(),
    inFlight: new Map(),
    running: 0,
    queue: [],
  });
};

export interface Claimant {
  /** Who they say they are; null where a token says it. */
  email: string | null;
  headers: Headers;
}

/**
 * Lets somebody prove who they are. Attempts are counted for the account together with the address, or with the device where the
 * account was signed in with it before, and for the address; each failure beyond a few makes the next one wait longer. So whoever
 * guesses waits, and nobody else does: the right password gets in from another address or a known device whatever happens
 * meanwhile. Throws `rate_limited`, and what `check` throws; a `check` that throws `unauthenticated` or `gone` has failed.
 */
export async function attempt<T>(db: Db, claimant: Claimant, now: number, check: () => Promise<T>): Promise<T> {
  const { counts } = shared();
  const address = addressOf(claimant.headers);
  const email = claimant.email?.trim().toLowerCase() ?? null;
  const device = email === null ? null : await knownDevice(db, email, claimant.headers);
  const account = `account ${email}`;
  const guessedAt = (counts.get(account)?.failures ?? 0) >= GUESSED_AT;
  const own =
    device !== null
      ? [{ name: `device ${device}`, free: FREE_FAILURES }]
      : [
          { name: `address ${address}`, ...OF_ADDRESS },
          ...(email === null ? [] : [{ name: `pair ${address} ${email}`, free: guessedAt ? 1 : FREE_FAILURES }]),
        ];
  for (const { name, ...limits } of own) {
    const before = counts.get(name);
    const wait = before === undefined ? 0 : waitMs(before, now, limits);
    if (wait > 0) throw tooMany({ msBeforeNext: wait }, "Too many attempts; try again later.");
  }
  // Counted before it is known, so that many at once are no way around; whoever proves to be right has failed nothing.
  const counted = [...own.map(({ name }) => name), ...(device === null && email !== null ? [account] : [])];
  const before = counted.map((name) => [name, counts.get(name)] as const);
  for (const name of counted) keep(name, failed(counts.get(name), now));
  // The right password ends a row of failures; what others failed from the same address, or at the account, it does not undo.
  const forgive = () => {
    for (const [name, count] of before)
      if (count !== undefined && (name === account || name.startsWith("address "))) keep(name, count);
      else counts.delete(name);
  };
  try {
    const done = await inTurn(address, device !== null, check);
    forgive();
    return done;
  } catch (error) {
    const wrong = error instanceof SentinelError && (error.code === "unauthenticated" || error.code === "gone");
    if (!wrong) forgive();
    throw error;
  }
}

function keep(name: string, count: Guesses): void {
  const { counts } = shared();
  counts.delete(name);
  counts.set(name, count);
  if (counts.size > MAX_COUNTS) counts.delete(counts.keys().next().value!);
}

/** Runs `check` when one of the places is free; known devices go first, and are never turned away. */
async function inTurn<T>(address: string, known: boolean, check: () => Promise<T>): Promise<T> {
  const all = shared();
  const mine = all.inFlight.get(address) ?? 0;
  if (!known && (mine >= WAITING.address || all.queue.length >= WAITING.all))
    throw tooMany({ msBeforeNext: 1_000 }, "Too many attempts at once; try again later.");
  all.inFlight.set(address, mine + 1);
  try {
    if (all.running >= CHECKED_AT_ONCE)
      await new Promise<void>((go) => void (known ? all.queue.unshift(go) : all.queue.push(go)));
    else all.running += 1;
    return await check();
  } finally {
    const next = all.queue.shift();
    if (next) next();
    else all.running -= 1;
    const left = all.inFlight.get(address)! - 1;
    if (left === 0) all.inFlight.delete(address);
    else all.inFlight.set(address, left);
  }
}
