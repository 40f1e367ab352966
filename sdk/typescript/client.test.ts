import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Client, type ClientOptions, createClient } from "./client.js";
import { type FakeSentinel, startFakeSentinel } from "./fake-sentinel.js";

let server: FakeSentinel;
let clients: Client[] = [];
const client = (more: Partial<ClientOptions> = {}) => {
  const made = createClient({ url: server.url, key: server.key, flushMs: 5, retryMinMs: 5, retryMaxMs: 20, ...more });
  clients.push(made);
  return made;
};
const numbered = (n: number, agent = "a") => Array.from({ length: n }, (_, i) => ({ agent_id: agent, sequence: i }));
const ingests = () => server.requests.filter((r) => r.path === "/api/v1/ingest");

beforeEach(async () => (server = await startFakeSentinel()));
afterEach(async () => {
  await Promise.all(clients.map((c) => c.close(1)));
  clients = [];
  await server.stop();
});

describe("delivery", () => {
  it("gathers events into one request, in order, gzipped when large", async () => {
    const c = client();
    for (const event of numbered(100)) c.enqueue(event);
    expect(await c.flush()).toBe(true);
    expect(ingests()).toHaveLength(1);
    expect(ingests()[0]?.gzipped).toBe(true);
    expect(server.events.map((e) => e.sequence)).toEqual(numbered(100).map((e) => e.sequence));
    expect(c.stats()).toEqual({ delivered: 100, rejected: 0, dropped: 0, waiting: 0 });
  });
  it("sends small bodies plain, with the key and an idempotency key", async () => {
    const c = client();
    c.enqueue({ agent_id: "a" });
    await c.flush();
    expect(ingests()[0]).toMatchObject({ gzipped: false, headers: { authorization: "Bearer test-key" } });
    expect(ingests()[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ["500", { status: 500 }],
    ["a page that is not ours", { status: 502, body: "<html>" }],
    ["404 while the server starts", { status: 404 }],
    ["429 without a Retry-After", { status: 429 }],
  ])("repeats the same request with the same key after %s, and doubles nothing", async (_, bad) => {
    let left = 2;
    server.interfere(() => (left-- > 0 ? bad : null));
    const c = client();
    for (const event of numbered(3)) c.enqueue(event);
    await server.until(() => server.events.length === 3);
    expect(ingests()).toHaveLength(3);
    expect(new Set(ingests().map((r) => `${String(r.headers["idempotency-key"])} ${r.body}`)).size).toBe(1);
  });
  it("does not double what was stored although its answer was lost", async () => {
    let first = true;
    server.interfere((r) => {
      if (!first || r.path !== "/api/v1/ingest") return null;
      first = false;
      server.events.push(...(JSON.parse(r.body) as { events: [] }).events);
      return { status: 504 };
    });
    const c = client();
    c.enqueue({ agent_id: "a", sequence: 1 });
    await server.until(() => ingests().length === 2);
    expect(new Set(ingests().map((r) => r.headers["idempotency-key"])).size).toBe(1);
  });
  it("waits as long as Retry-After says, even when flushed", async () => {
    let at = 0;
    server.interfere(() => {
      if (at !== 0) return null;
      at = performance.now();
      return { status: 429, headers: { "retry-after": "1" } };
    });
    const c = client();
    c.enqueue({ agent_id: "a" });
    await server.until(() => at !== 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await c.flush(50)).toBe(false);
    await server.until(() => server.events.length === 1);
    expect(performance.now() - at).toBeGreaterThan(950);
  });
  it("gives up a slow answer at its timeout and tries again", async () => {
    let slow = true;
    server.interfere(() => (slow ? ((slow = false), "hang") : null));
    const c = client({ timeoutMs: 50 });
    c.enqueue({ agent_id: "a" });
    await server.until(() => server.events.length === 1);
    expect(ingests()).toHaveLength(2);
  });
  it("takes a garbled 200 as delivered and hears no directive in it", async () => {
    server.interfere((r) =>
      r.path === "/api/v1/ingest" ? { status: 200, body: '{"agents":{"a":{"directive":{"version":"9"}}}}' } : null,
    );
    const c = client();
    const heard: unknown[] = [];
    c.listen("a", (d) => heard.push(d));
    c.enqueue({ agent_id: "a" });
    expect(await c.flush()).toBe(true);
    expect(heard).toEqual([]);
  });
  it("drops what is refused for good and goes on with the rest", async () => {
    let first = true;
    server.interfere((r) => (r.path === "/api/v1/ingest" && first ? ((first = false), { status: 400 }) : null));
    const c = client();
    c.enqueue({ agent_id: "a", sequence: 1 });
    await c.flush();
    c.enqueue({ agent_id: "a", sequence: 2 });
    await c.flush();
    expect(server.events.map((e) => e.sequence)).toEqual([2]);
    expect(c.stats()).toMatchObject({ delivered: 1, dropped: 1 });
  });
  it("counts and names what Sentinel refuses of a batch", async () => {
    const told: string[] = [];
    const rejected = [{ index: 1, field: "label", reason: "too long" }];
    server.interfere((r) => (r.path === "/api/v1/ingest" ? { status: 200, body: JSON.stringify({ rejected, agents: {} }) } : null)); // prettier-ignore
    const c = client({ log: (message) => told.push(message) });
    for (const sequence of [0, 1, 2]) c.enqueue({ agent_id: "a", sequence });
    expect(await c.flush()).toBe(true);
    expect(c.stats()).toEqual({ delivered: 2, rejected: 1, dropped: 0, waiting: 0 });
    expect(told).toEqual(["Sentinel rejected 1 of 3 events: label: too long"]);
  });
  it("does not hammer with a refused key", async () => {
    server.interfere(() => ({ status: 401 }));
    const c = client();
    c.enqueue({ agent_id: "a" });
    await server.until(() => ingests().length === 1);
    expect(await c.flush(100)).toBe(false);
    expect(ingests()).toHaveLength(1);
  });
});

describe("an outage", () => {
  it("keeps a bounded number of events, the newest, counts the rest, and delivers afterwards", async () => {
    const c = client({ bufferSize: 50 });
    await server.stop();
    for (const event of numbered(1000)) c.enqueue(event);
    expect(c.stats()).toMatchObject({ dropped: 950, waiting: 50 });
    expect(await c.flush(50)).toBe(false);
    await server.again();
    await server.until(() => server.events.length === 50);
    expect(server.events.map((e) => e.sequence)).toEqual(
      numbered(1000)
        .slice(950)
        .map((e) => e.sequence),
    );
  });
  it("never throws, whatever the address or the event", async () => {
    const c = client({ url: "http://127.0.0.1:1" });
    c.enqueue({ agent_id: "a", attributes: { big: 10n as never } });
    expect(await c.register({ agent_id: "a" })).toBeNull();
    expect(await c.poll("a", "i", 0, 0)).toBeNull();
    expect(c.stats().dropped).toBe(1);
  });
});

describe("directives", () => {
  it("are heard from ingest answers, registrations and polls, each agent its own", async () => {
    const c = client();
    const heard: string[] = [];
    c.listen("a", (d) => heard.push(`a${d.version}`));
    c.listen("b", (d) => heard.push(`b${d.version}`));
    c.enqueue({ agent_id: "a" });
    await c.flush();
    await c.register({ agent_id: "b" });
    const held = c.poll("a", "i", 1, 20);
    await server.until(() => server.requests.some((r) => r.path.includes("wait=20")));
    server.direct("a", { status: "paused" });
    expect((await held)?.status).toBe("paused");
    expect(heard).toEqual(["a1", "b1", "a2"]);
  });
});
