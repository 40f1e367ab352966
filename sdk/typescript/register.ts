import { backoffMs } from "./backoff.js";
import type { Client } from "./client.js";
import type { Registration } from "./wire.js";

export interface Registrar {
  /** Resolves once Sentinel has been asked for the first time, with whatever success. */
  tried: Promise<void>;
  /** Says what the agent is now; what changed is told to Sentinel soon, not at once, so that several news travel together. */
  describe(news: Partial<Registration>): void;
  stop(): void;
}

/** News gather for this long before they are sent, and the second is the least time between two registrations, ms. */
const NEWS_DELAY_MS = 300;
const NEWS_SPACING_MS = 2000;
export const RETRY_MIN_MS = 500;
export const RETRY_MAX_MS = 30_000;

/** Registers an instance, and repeats it with growing waits until Sentinel has taken it. Nothing here keeps the process alive. */
export function createRegistrar(client: Client, registration: Registration): Registrar {
  const current: Registration = { ...registration };
  let toldAt = 0;
  let failures = 0;
  let stopped = false;
  let next: NodeJS.Timeout | null = null;

  function tellIn(ms: number) {
    if (!stopped) next ??= setTimeout(() => void tell(), ms).unref();
  }

  async function tell() {
    next = null;
    toldAt = performance.now();
    if (await client.register(current)) failures = 0;
    else tellIn(backoffMs(failures++, RETRY_MIN_MS, RETRY_MAX_MS, Math.random));
  }

  return {
    tried: tell(),
    describe(news) {
      const before = JSON.stringify(current);
      Object.assign(current, news);
      if (JSON.stringify(current) === before) return;
      tellIn(Math.max(NEWS_DELAY_MS, toldAt + NEWS_SPACING_MS - performance.now()));
    },
    stop() {
      stopped = true;
      if (next) clearTimeout(next);
    },
  };
}
