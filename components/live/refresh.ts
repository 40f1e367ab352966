import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** Bursts (a fleet falling ill) cost one round of reading again, not one a message. */
const FLUSH_MS = 350;

/**
 * Collects what is out of date and reads it again, together. What is just being read waits for the next round, and all of
 * it waits while `mayRead` says no (a tab that nobody looks at); `add([])` asks again.
 */
export function refresher(
  client: QueryClient,
  mayRead: () => boolean = () => true,
): { add: (keys: QueryKey[]) => void; stop: () => void } {
  let waiting = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = () => {
    timer = undefined;
    if (!mayRead()) return;
    const round = waiting;
    waiting = new Map();
    for (const [id, queryKey] of round) {
      if (client.isFetching({ queryKey }) > 0) waiting.set(id, queryKey);
      else void client.invalidateQueries({ queryKey });
    }
    if (waiting.size > 0) schedule();
  };
  const schedule = () => (timer ??= setTimeout(flush, FLUSH_MS));

  return {
    add: (keys) => {
      for (const key of keys) waiting.set(JSON.stringify(key), key);
      schedule();
    },
    stop: () => clearTimeout(timer),
  };
}
