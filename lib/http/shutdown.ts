type Shutdown = { controller: AbortController; tasks: Set<() => void | Promise<void>> };

const KEY = Symbol.for("sentinel.shutdown");

/** One for the process: one Next process holds several copies of this module. */
function shared(): Shutdown {
  const global = globalThis as unknown as Record<symbol, Shutdown | undefined>;
  const found = global[KEY];
  if (found) return found;
  const fresh: Shutdown = { controller: new AbortController(), tasks: new Set() };
  global[KEY] = fresh;
  const begin = () => {
    fresh.controller.abort(new Error("Sentinel is shutting down"));
    for (const task of fresh.tasks)
      void Promise.resolve()
        .then(task)
        .catch(() => undefined);
  };
  process.once("SIGTERM", begin);
  process.once("SIGINT", begin);
  return fresh;
}

/**
 * Runs `task` when the process is told to end, so that streams, long-polls and timers let go at once; Next then answers
 * what is under way and exits. Never the place to decide or save anything. Returns the way out.
 */
export function onShutdown(task: () => void | Promise<void>): () => void {
  const { tasks } = shared();
  tasks.add(task);
  return () => tasks.delete(task);
}

export const isShuttingDown = (): boolean => shared().controller.signal.aborted;

/** Aborts when the process is told to end. */
export const shutdownSignal = (): AbortSignal => shared().controller.signal;
