/**
 * Resolves after `ms`, or as soon as one of the signals aborts. The timer is referenced: somebody's run waits for it.
 */
export function afterDelay(ms: number, ...signals: (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    for (const signal of signals) {
      if (signal?.aborted) return done();
      signal?.addEventListener("abort", done, { once: true });
    }
  });
}
