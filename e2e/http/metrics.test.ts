import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

/** Nobody answers there: a source that cannot be read. */
const NOWHERE = "http://127.0.0.1:1";

const server = new OwnServer({ PROMETHEUS_URL: NOWHERE });
beforeAll(() => server.setUp());
afterAll(() => server.remove());

const metrics = async (): Promise<Map<string, number>> => {
  const text = await (await fetch(`${server.sentinel.url}/metrics`)).text();
  const samples = text.split("\n").flatMap((line): [string, number][] => {
    const [, name, value] = /^(\S+) (\S+)$/.exec(line) ?? [];
    return name && !name.startsWith("#") ? [[name, Number(value)]] : [];
  });
  return new Map(samples);
};
const ingest = (body: unknown) =>
  fetch(`${server.sentinel.url}/api/v1/ingest`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const moved = (name: string, least = 1) =>
  until(`${name} is at least ${least}`, async () => ((await metrics()).get(name) ?? 0) >= least);

test("every metric moves, whichever process does the work", async () => {
  const call = (i: number, more: object = {}) => ({
    agent_id: "a", agent_type: "t", instance_id: "a-1", sequence: i, kind: "model_call", latency_ms: 500 + (i % 7), input_tokens: 900 + (i % 11), success: true, ...more,
  }); // prettier-ignore
  await ingest({ events: Array.from({ length: 300 }, (_, i) => call(i)) });
  await ingest({ events: [call(1), { agent_id: "" }] });
  await moved("sentinel_events_ingested_total", 300);
  await moved("sentinel_events_duplicate_total");
  await moved("sentinel_events_rejected_total");
  await moved("sentinel_sweep_seconds_count");

  // One incident of a service, opened by the server; one of an agent, opened by the sweeper beside it.
  const { token } = await server.ask<{ token: string }>("POST", "/api/v1/alert-sources", { kind: "generic" });
  const alert = { id: "1", name: "Slow", service: "api", status: "firing", severity: "critical", summary: "slow" };
  await fetch(`${server.sentinel.url}/api/v1/alerts/generic`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ alerts: [alert] }),
  });
  await until("300 calls are judged", async () => {
    const rows = await server.rows("SELECT 1 FROM agents WHERE id = 'a' AND event_count >= 300");
    return rows.length === 1;
  });
  for (let i = 300; i < 340; i++) await ingest(call(i, { input_tokens: 90_000, success: false }));
  await until("both kinds of incidents are opened", async () => {
    const rows = await server.rows("SELECT DISTINCT kind FROM incidents");
    return rows.length === 2;
  });
  const [{ n } = { n: 0 }] = await server.rows<{ n: number }>("SELECT count(*) AS n FROM incidents");
  await moved("sentinel_incidents_opened_total", n);
  expect(n).toBeGreaterThanOrEqual(2);
  await moved("sentinel_incidents_open", 2);
  await moved('sentinel_source_unreadable{source="prometheus"}');

  const reader = new AbortController();
  await fetch(`${server.sentinel.url}/api/v1/events/stream`, { headers: server.headers(), signal: reader.signal });
  await moved("sentinel_streams");
  reader.abort();
  await until("the stream is over", async () => (await metrics()).get("sentinel_streams") === 0);
  expect((await metrics()).get("sentinel_sweep_failures_total")).toBe(0);
});
