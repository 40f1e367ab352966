import type { Rng } from "./rng";

/** Milliseconds of a call: to get through, for each token read, for each token written. */
const CONNECT_MS = 160;
const READ_MS = 0.01;
const WRITE_MS = 1.4;
const LATENCY_LOG_SD = 0.22;

/** Who serves a model to several agents. How slow it is, all of them feel. */
export interface Provider {
  readonly name: string;
  readonly model: string;
  /** USD per million tokens. */
  readonly price: { input: number; output: number; cachedInput: number };
  /** How many times slower than usual. */
  slowness: number;
  /** Waits as long as such a call takes; rejects when the signal aborts. */
  serve(inputTokens: number, outputTokens: number, rng: Rng, signal?: AbortSignal): Promise<void>;
}

/** `timeScale` shortens every wait, for tests. */
export function createProvider(fixed: Pick<Provider, "name" | "model" | "price">, timeScale: number): Provider {
  const provider: Provider = {
    ...fixed,
    slowness: 1,
    serve(input, output, rng, signal) {
      const ms = (CONNECT_MS + READ_MS * input + WRITE_MS * output) * rng.lognormal(LATENCY_LOG_SD) * provider.slowness;
      return pause(ms * timeScale, signal);
    },
  };
  return provider;
}

/** Waits `ms`; rejects with the signal's reason when it aborts first. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(reasonOf(signal));
    const stop = () => {
      clearTimeout(timer);
      if (signal) reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
const reasonOf = (signal: AbortSignal) => (signal.reason instanceof Error ? signal.reason : new Error("aborted"));
