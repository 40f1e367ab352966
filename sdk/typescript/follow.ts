import { backoffMs } from "./backoff.js";
import type { Client } from "./client.js";
import { createRegistrar, type Registrar, RETRY_MAX_MS, RETRY_MIN_MS } from "./register.js";
import type { Registration } from "./wire.js";

export interface FollowOptions {
  client: Client;
  instanceId: string;
  registration: Registration;
  pollSeconds: number;
  /** The newest version known; null before any directive was received. */
  version: () => number | null;
}

/** An answer without news that came at once means the server holds no more polls: ask at this pace then, ms. */
const UNHELD_PACE_MS = 1000;

/** Registers the instance, then follows its directive by long-poll until stopped. Nothing here keeps the process alive. */
export function follow({ client, instanceId, registration, pollSeconds, version }: FollowOptions): Registrar {
  const stopped = new AbortController();
  const registrar = createRegistrar(client, registration);

  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        // Without this, one more would stay with each attempt for as long as Sentinel cannot be reached.
        stopped.signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms).unref();
      stopped.signal.addEventListener("abort", done, { once: true });
    });

  async function run() {
    await registrar.tried;
    for (let failures = 0; !stopped.signal.aborted;) {
      const known = version();
      const asked = performance.now();
      const wait = known === null ? 0 : pollSeconds;
      const directive = await client.poll(registration.agent_id, instanceId, known ?? 0, wait, stopped.signal);
      if (stopped.signal.aborted) return;
      if (!directive) await rest(backoffMs(failures++, RETRY_MIN_MS, RETRY_MAX_MS, Math.random));
      else {
        failures = 0;
        const atOnce = performance.now() - asked < UNHELD_PACE_MS;
        if (known !== null && directive.version <= known && atOnce) await rest(UNHELD_PACE_MS);
      }
    }
  }

  void run();
  return {
    ...registrar,
    stop() {
      stopped.abort();
      registrar.stop();
    },
  };
}
