import { setImmediate as nextTurn } from "node:timers/promises";

/** Work that is done without a break, in ms. The local database answers within the same turn, so that awaiting it is none. */
const SLICE_MS = 8;
/** Turns of the event loop that others have in a break: taking a request, answering it and sending the answer are several. */
const TURNS = 4;

interface Shared {
  /** When the last break ended, by the clock that nobody sets. */
  since: number;
  /** By name: ends when the last work that was let in is done. */
  queues: Map<string, Promise<unknown>>;
}

/** One for the process: one Next process holds several copies of this module. */
const shared = (): Shared => {
  const global = globalThis as unknown as Record<symbol, Shared>;
  return (global[Symbol.for("sentinel.turns")] ??= { since: 0, queues: new Map() });
};

/** Lets others have the event loop for a moment if nobody has let them for {@link SLICE_MS}. To be awaited often in long work. */
export async function breathe(): Promise<void> {
  const all = shared();
  if (performance.now() - all.since < SLICE_MS) return;
  for (let i = 0; i < TURNS; i++) await nextTurn();
  all.since = performance.now();
}

/** Does works of one name one after another, each when the one before has ended, however it ended. */
export function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
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
