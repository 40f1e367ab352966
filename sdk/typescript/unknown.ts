import type { Run } from "./runs.js";

/** Threads remembered; a process that cuts off more than this many forgets the oldest. */
const MAX_THREADS = 1000;

/** The thread of a run: as the host named it, else its task, else its root. Calls outside of runs share one. */
const threadOf = (run: Run | undefined) => run?.threadId ?? run?.taskId ?? run?.rootRunId ?? "";

/**
 * Tool calls that were cut off, by thread: whether they took effect, nobody knows. One is made again in its thread only with the idempotency key
 * that it was made with before, by which its receiver knows it again.
 */
export function createUnknownOutcomes() {
  const threads = new Map<string, Map<string, string | undefined>>();
  return {
    note(run: Run | undefined, action: string, key: string | undefined): void {
      const thread = threadOf(run);
      const actions = threads.get(thread) ?? new Map<string, string | undefined>();
      threads.set(thread, actions.set(action, key));
      for (const oldest of threads.keys()) {
        if (threads.size <= MAX_THREADS) break;
        threads.delete(oldest);
      }
    },
    /** Whether this call may not be made again. */
    forbids(run: Run | undefined, action: string, key: string | undefined): boolean {
      const actions = threads.get(threadOf(run));
      return actions !== undefined && actions.has(action) && (key === undefined || actions.get(action) !== key);
    },
  };
}
