import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

const PATH = "/api/v1/settings/preview";
const CHANGE = { days: 1, settings: { arl: 10_000 } };
const AGENTS = ["a-1", "a-2", "a-3"];
const CALLS = 200;

// It judges what it is sent and then nothing more, so that whatever changes in its database later was changed by a preview.
const server = new OwnServer({ SWEEPER_ENABLED: "0" });
beforeAll(async () => {
  await server.setUp(["admin", "operator", "viewer"], "/healthz");
  for (let from = 0; from < CALLS; from += 20) {
    const answer = await fetch(`${server.sentinel.url}/api/v1/ingest`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
      body: JSON.stringify({
        vitals: AGENTS.flatMap((id) => Array.from({ length: 20 }, (_, i) => call(id, from + i))),
      }),
    });
    expect(answer.status).toBe(200);
  }
  await until("what was sent is judged", async () => {
    const [row] = await server.rows<{ n: number }>("SELECT count(*) AS n FROM proposals");
    return row!.n === 1;
  });
});
afterAll(() => server.remove());

/** The last calls of the first agent need a hundred times the tokens. */
function call(id: string, i: number) {
  const tokens = (900 + ((i * 37) % 200)) * (id === AGENTS[0] && i >= CALLS - 20 ? 100 : 1);
  return { agent_id: id, agent_type: "Research", kind: "model_call", run_id: `${id}-${i}`, sequence: i, token_count: tokens, input_tokens: tokens, latency_ms: 800 + ((i * 53) % 300) }; // prettier-ignore
}

interface Answer {
  replayed: { events: number; agents: number };
  record: object;
  today: { would_hold: number };
  changed: { held: number };
  differences: { kind: string; agent: string; today: { standing: string }; changed: { standing: string } }[];
}
const standing = async () => (await server.ask<{ running: { by: string; done: number } | null }>("GET", PATH)).running;
const tables = () =>
  server.rows("SELECT (SELECT count(*) FROM incidents) AS incidents, (SELECT count(*) FROM stream_events) AS events, (SELECT group_concat(value) FROM settings) AS settings, (SELECT group_concat(mode) FROM agent_types) AS modes"); // prettier-ignore

test("operators see what would have differed; nothing is saved", async () => {
  const before = await tables();
  const act = { days: 1, types: { Research: { mode: "act" } } };
  const { status, body } = await server.send("POST", PATH, act, "operator");
  expect(status).toBe(200);
  const { replayed, record, today, changed, differences } = body as Answer;
  expect(record).toEqual({ recorded: 1, replayed: 1, both: 1, notes: [] });
  expect(replayed).toMatchObject({ events: AGENTS.length * CALLS, agents: AGENTS.length });
  expect([today.would_hold, changed.held]).toEqual([1, 1]);
  expect(differences).toMatchObject([
    { kind: "hold", agent: "a-1", today: { standing: "would_hold" }, changed: { standing: "held" } },
  ]);
  expect(await tables()).toEqual(before);

  const args = ["lib/sentinel.mjs", "backtest", "--stored", "--days", "1", "--mode", "act"];
  const told = execFileSync(process.execPath, args, { env: { ...process.env, ...server.env }, encoding: "utf8" });
  expect(told).toMatch(/would have been quarantined +1 +0\n/);
  expect(told).toMatch(/a-1 +hold +would hold.* → held/);
  expect(await tables()).toEqual(before);
});

test("nobody else may ask, and what is asked has to be right", async () => {
  const body = JSON.stringify(CHANGE);
  const headers = { "content-type": "application/json", origin: server.sentinel.url };
  expect((await fetch(server.sentinel.url + PATH, { method: "POST", headers, body })).status).toBe(401);
  const byKey = { ...headers, authorization: `Bearer ${server.key}` };
  expect((await fetch(server.sentinel.url + PATH, { method: "POST", headers: byKey, body })).status).toBe(401);
  expect((await server.send("POST", PATH, CHANGE, "viewer")).status).toBe(403);
  expect((await server.send("GET", PATH, undefined, "viewer")).status).toBe(403);
  const refused = async (change: unknown) => (await server.send("POST", PATH, change)).body;
  expect(await refused({ days: 1 })).toMatchObject({
    status: 400,
    detail: expect.stringMatching(/at least one setting/),
  });
  expect(await refused({ days: 99, settings: { arl: 10_000 } })).toMatchObject({ errors: [{ field: "days" }] });
  expect(await refused({ settings: { arl: 10_000, arll: 1 } })).toMatchObject({ errors: [{ field: "settings.arll", reason: "unknown field" }] }); // prettier-ignore
  expect(await refused({ types: { Nobody: { mode: "act" } } })).toMatchObject({ status: 400, errors: [{ field: "types.Nobody" }] }); // prettier-ignore
});

test("one preview goes on at a time, its progress can be asked for, and closing the request ends it", async () => {
  const leaving = new AbortController();
  const first = fetch(server.sentinel.url + PATH, {
    method: "POST",
    headers: server.headers("operator"),
    body: JSON.stringify(CHANGE),
    signal: leaving.signal,
  });
  expect(await until("it goes on", standing)).toMatchObject({ by: "operator" });
  const second = await server.send("POST", PATH, CHANGE);
  expect(second).toMatchObject({
    status: 409,
    body: { detail: expect.stringMatching(/^operator is running a preview/) },
  });
  leaving.abort();
  await expect(first).rejects.toThrow(/aborted/);
  await until("it has ended", async () => (await standing()) === null);
  expect((await server.send("POST", PATH, CHANGE)).status).toBe(200);
});
