import { setImmediate as nextTurn } from "node:timers/promises";

/** Work that is done without a break, in ms. The local database answers within the same turn, so that awaiting it is none. */
const SLICE_MS = 4;
/** Turns of the event loop that others have in a break: taking a request, answering it and sending the answer are several. */
const TURNS = 4;

interface Shared {
  /** When the last break ended, by the clock that nobody sets. */
  since: number;
  /** By name: ends when the last work that was let in is done. */
  queues: Map<string, Promise<unknown>>;
  /** Large bodies that are being read, and those that wait to be. */
  reading: number;
  waiting: (() => void)[];
}

/** One for the process: one Next process holds several copies of this module. */
const shared = (): Shared => {
  const global = globalThis as unknown as Record<symbol, Shared>;
  return (global[Symbol.for("sentinel.turns")] ??= { since: 0, queues: new Map(), reading: 0, waiting: [] });
};

/** Lets others have the event loop for a moment if nobody has let them for {@link SLICE_MS}. To be awaited often in long work. */
export async function yieldToEventLoop(): Promise<void> {
  const all = shared();
  if (performance.now() - all.since < SLICE_MS) return;
  for (let i = 0; i < TURNS; i++) await nextTurn();
  all.since = performance.now();
}

/** Does works of one name one after another, each when the one before has ended, however it ended. */
export function runSerially<T>(name: string, work: () => Promise<T>): Promise<T> {
  const { queues } = shared();
  const before = queues.get(name) ?? Promise.resolve();
  const done = before.then(work, work);
  queues.set(name, done);
  const forget = () => {
    if (queues.get(name) === done) queues.delete(name);
  };
  done.then(forget, forget);
  return done;
}

/** Large bodies that are read at once: each that is on its way costs some work in every turn of the event loop. */
const READ_AT_ONCE = 4;
/** A body that takes longer than this, in ms, is read on, but no longer keeps others waiting: its sender may be slow on purpose. */
const PLACE_MS = 500;

/** Reads a large body when it is its turn; until then its sender is held up by its full connection. */
export async function readWhenSlotFree<T>(read: () => Promise<T>): Promise<T> {
  const all = shared();
  if (all.reading < READ_AT_ONCE) all.reading++;
  else await new Promise<void>((go) => all.waiting.push(go));
  let held = true;
  const leave = () => {
    if (!held) return;
    held = false;
    // The place goes to whoever waits longest, or is free.
    const next = all.waiting.shift();
    if (next) next();
    else all.reading--;
  };
  const slow = setTimeout(leave, PLACE_MS);
  try {
    return await read();
  } finally {
    clearTimeout(slow);
    leave();
  }
}
