import { getEventListeners } from "node:events";
import { afterEach, expect, it, vi } from "vitest";
import type { Client } from "./client.js";
import { follow } from "./follow.js";

const OUTAGE_MS = 60 * 60_000;

afterEach(() => vi.useRealTimers());

it("leaves nothing behind with each attempt while Sentinel cannot be reached", async () => {
  vi.useFakeTimers();
  const signals: AbortSignal[] = [];
  const client = {
    register: async () => null,
    poll: async (...[, , , , signal]: Parameters<Client["poll"]>) => (signals.push(signal!), null),
  } as unknown as Client;
  const registration = { agent_id: "a", enforcement: true };
  const following = follow({ client, instanceId: "i", registration, pollSeconds: 25, version: () => 1 });
  await vi.advanceTimersByTimeAsync(OUTAGE_MS);
  expect(signals.length).toBeGreaterThan(50);
  expect(getEventListeners(signals[0]!, "abort").length).toBeLessThanOrEqual(1);
  following.stop();
});
