import { log } from "./log";

type Shutdown = { begun: boolean; tasks: Set<() => void | Promise<void>> };

const KEY = Symbol.for("sentinel.shutdown");

/** One for the process: one Next process holds several copies of this module. */
function shared(): Shutdown {
  const global = globalThis as unknown as Record<symbol, Shutdown | undefined>;
  const found = global[KEY];
  if (found) return found;
  const fresh: Shutdown = { begun: false, tasks: new Set() };
  global[KEY] = fresh;
  const begin = () => {
    fresh.begun = true;
    for (const task of fresh.tasks) void run(task);
  };
  process.once("SIGTERM", begin);
  process.once("SIGINT", begin);
  return fresh;
}

async function run(task: () => void | Promise<void>): Promise<void> {
  try {
    await task();
  } catch (err) {
    log().warn({ err }, "a task of the shutdown failed");
  }
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

/** Browsers and load balancers hold spare connections on which nothing was ever sent; nobody should wait for those. */
const EXIT_MS = 1_500;

/**
 * For a server: ends the process soon after it was told to, whoever still holds a connection. Next alone waits for every
 * connection to close, however long that takes. What is cut off was not acknowledged, and is done again after the start.
 */
export function exitAfterShutdown(): void {
  onShutdown(() => {
    // 143 is what a process ended by SIGTERM reports, and what Next would exit with.
    setTimeout(() => process.exit(143), EXIT_MS).unref();
  });
}

/**
 * A signal that aborts with `signal`, at shutdown, after `ms`, or by `end`. Call `release` when it is no longer needed.
 * (`AbortSignal.any` with a signal that lives as long as the process leaks some 50 bytes a call on Node 20.)
 */
export function endingWith(
  signal: AbortSignal,
  ms?: number,
): { signal: AbortSignal; end: () => void; release: () => void } {
  const controller = new AbortController();
  const end = () => controller.abort();
  const forget = onShutdown(end);
  const timer = ms === undefined ? undefined : setTimeout(end, ms);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted || shared().begun) end();
  const release = () => {
    forget();
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  };
  return { signal: controller.signal, end, release };
}
