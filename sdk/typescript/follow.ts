import { backoffMs } from "./backoff";
import type { Client } from "./client";
import type { Registration } from "./wire";

export interface Following {
  /** Says what the agent is now; what changed is told to Sentinel soon, not at once, so that several news travel together. */
  describe: (news: Partial<Registration>) => void;
  stop(): void;
}

export interface FollowOptions {
  client: Client;
  instanceId: string;
  registration: Registration;
  pollSeconds: number;
  /** The newest version known; null before any directive was received. */
  version: () => number | null;
}

/** News gather for this long before they are sent, and the second is the least time between two registrations, ms. */
const NEWS_DELAY_MS = 300;
const NEWS_SPACING_MS = 2000;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
/** An answer without news that came at once means the server holds no more polls: ask at this pace then, ms. */
const UNHELD_PACE_MS = 1000;

/** Registers the instance, then follows its directive by long-poll until stopped. Nothing here keeps the process alive. */
export function follow({ client, instanceId, registration, pollSeconds, version }: FollowOptions): Following {
  const stopped = new AbortController();
  const current: Registration = { ...registration };
  let registeredAt = performance.now();
  let news: NodeJS.Timeout | null = null;

  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      stopped.signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });

  async function run() {
    await client.register(current);
    for (let failures = 0; !stopped.signal.aborted;) {
      const known = version();
      const asked = performance.now();
      const directive = await client.poll(
        current.agent_id,
        instanceId,
        known ?? 0,
        known === null ? 0 : pollSeconds,
        stopped.signal,
      );
      if (stopped.signal.aborted) return;
      if (!directive) await rest(backoffMs(failures++, RETRY_MIN_MS, RETRY_MAX_MS, Math.random));
      else {
        failures = 0;
        const atOnce = performance.now() - asked < UNHELD_PACE_MS;
        if (known !== null && directive.version <= known && atOnce) await rest(UNHELD_PACE_MS);
      }
    }
  }

  function tellNews() {
    news = null;
    registeredAt = performance.now();
    void client.register(current);
  }

  void run();
  return {
    describe(changes) {
      const before = JSON.stringify(current);
      Object.assign(current, changes);
      if (JSON.stringify(current) === before) return;
      const wait = Math.max(NEWS_DELAY_MS, registeredAt + NEWS_SPACING_MS - performance.now());
      if (!stopped.signal.aborted) news ??= setTimeout(tellNews, wait).unref();
    },
    stop() {
      stopped.abort();
      if (news) clearTimeout(news);
    },
  };
}
