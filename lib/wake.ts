/** Work is done in loops: over agents' events, over services, over drills, over notifications. Each has turns, and can be asked for one. */
export const LOOPS = ["agents", "services", "drills", "notifications"] as const;
export type LoopName = (typeof LOOPS)[number];

type Waker = (loop: LoopName) => void;

/** One for the process: one Next process holds several copies of this module. */
const shared = (): { waker: Waker | null } => {
  const global = globalThis as unknown as Record<symbol, { waker: Waker | null }>;
  return (global[Symbol.for("sentinel.wake")] ??= { waker: null });
};

/**
 * Asks for a turn of a loop soon, without waiting for it: right after an ingest, an alert, a decision, a command. Does
 * nothing in a process that has no loops, such as a command or a test that calls verbs: there the next turn finds the work.
 */
export const wake = (loop: LoopName): void => shared().waker?.(loop);

/** Who passes requests on to the loops, in this process or in another; null: nobody. */
export function onWake(waker: Waker | null): void {
  shared().waker = waker;
}
