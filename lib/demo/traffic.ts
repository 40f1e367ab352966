/** A request is given up after this: longer than the slowest answer that the target can be made to give. */
const WITHIN_MS = 15_000;
/** Requests under way at once; what would come on top is not sent, as a browser would not either. */
const MAX_OPEN = 60;

/** Sends a steady trickle of requests until it is stopped, whatever becomes of them. Gaps vary by half, without a pattern. */
export function startTraffic(url: string, perSecond: number): { stop: () => void } {
  const ending = new AbortController();
  let open = 0;
  let timer: NodeJS.Timeout;
  function next() {
    timer = setTimeout(
      () => {
        if (open < MAX_OPEN) void send();
        next();
      },
      (1000 / perSecond) * (0.5 + Math.random()),
    );
  }
  async function send() {
    open += 1;
    try {
      const answer = await fetch(url, { signal: AbortSignal.any([ending.signal, AbortSignal.timeout(WITHIN_MS)]) });
      await answer.body?.cancel();
    } catch {
      // Whoever asks a service that is down or slow gets no answer. That is what is to be watched.
    } finally {
      open -= 1;
    }
  }
  next();
  return {
    stop() {
      clearTimeout(timer);
      ending.abort();
    },
  };
}
