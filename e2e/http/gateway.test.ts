import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { frames, json, SAMPLES, startUpstream, stream } from "../scripted-upstream";
import { asPerson, env, problemOf, url } from "./client";

/** The gateway of the built server; app/api/gateway/gateway.int.test.ts tries its APIs one by one. */
const { path, whole, stream: streamed } = SAMPLES.messages;
const headers = { "content-type": "application/json" };
let upstream: Awaited<ReturnType<typeof startUpstream>>;
let agent: string;
let key: string;

beforeAll(async () => {
  upstream = await startUpstream(json({}), Number(new URL(env["GATEWAY_ANTHROPIC_URL"]!).port));
});
afterAll(() => upstream.stop());
beforeEach(async () => {
  agent = `gateway-${randomUUID().slice(0, 8)}`;
  const made = await asPerson("admin", "/api/v1/keys", { method: "POST", headers, body: JSON.stringify({ name: agent, agent_id: agent, scopes: ["gateway"] }) }); // prettier-ignore
  ({ secret: key } = (await made.json()) as { secret: string });
});

const ask = (body: object = {}, signal?: AbortSignal) =>
  fetch(`${url}${path}?beta=true`, {
    method: "POST",
    headers: { ...headers, "x-api-key": key, "x-sentinel-run": "run-1" },
    body: JSON.stringify({ model: "claude-sonnet-4-5", messages: [], ...body }),
    ...(signal ? { signal } : {}),
  });
const shown = async () => {
  const answer = await asPerson("viewer", `/api/v1/agents/${agent}`);
  return answer.ok ? ((await answer.json()) as { agent: { enforcement: boolean | null; containment: { state: string } } }).agent : null; // prettier-ignore
};
const runs = async () =>
  ((await (await asPerson("viewer", `/api/v1/agents/${agent}/runs`)).json()) as { runs: object[] }).runs;

test("a stream passes as it comes and is counted; who is held gets no further, which proves it, and goes on when released", async () => {
  const text = frames(streamed());
  let more = () => {};
  const half = new Promise<void>((go) => (more = go));
  upstream.plays(async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(text.slice(0, 400));
    await half;
    response.end(text.slice(400));
  });
  const reader = (await ask({ stream: true })).body!.getReader();
  let got = Buffer.from((await reader.read()).value!).toString();
  more();
  for (let next = await reader.read(); !next.done; next = await reader.read())
    got += Buffer.from(next.value).toString();
  expect(got).toBe(text);
  expect(upstream.asked[0]!.path).toBe("/v1/messages");
  await expect.poll(shown).toMatchObject({ enforcement: true });
  await expect.poll(runs).toMatchObject([{ run_id: "run-1", model_calls: 1, tokens: 120 }]);

  await asPerson("operator", `/api/v1/agents/${agent}/quarantine`, { method: "POST", headers, body: "{}" });
  upstream.plays(json(whole()));
  await expect.poll(async () => (await ask()).status, { interval: 100 }).toBe(403);
  const { error } = (await (await ask()).json()) as { error: { message: string } };
  expect(error.message).toMatch(/^Held by Sentinel: Quarantined by operator\. Decide at http:.*\/incidents\/inc_/);
  await expect.poll(async () => (await shown())?.containment.state).toBe("enforced");
  await asPerson("operator", `/api/v1/agents/${agent}/release`, { method: "POST", headers, body: "{}" });
  await expect.poll(async () => (await ask()).status, { interval: 100 }).toBe(200);
});

test("a client that goes away ends its request to the upstream; an upstream that hangs ends in an error", async () => {
  upstream.plays((response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(frames(streamed().slice(0, 4)))); // prettier-ignore
  const client = new AbortController();
  await (await ask({ stream: true }, client.signal)).body!.getReader().read();
  client.abort();
  await upstream.asked[0]!.gone;
  expect(await (await ask({ stream: true })).text()).toMatch(/event: error\n.*sent nothing for too long/);
  upstream.plays(() => undefined);
  expect((await ask()).status).toBe(504);
});

test("a budget that is used up holds its agent", async () => {
  const mode = (to: string) =>
    asPerson("admin", "/api/v1/agent-types/gateway", { method: "PATCH", headers, body: JSON.stringify({ mode: to }) });
  await mode("act");
  const put = await asPerson("operator", `/api/v1/budgets/${agent}`, { method: "PUT", headers, body: JSON.stringify({ scope: "agent", subject: agent, measure: "tokens", window: "day", limit: 200 }) }); // prettier-ignore
  expect(put.status).toBe(200);
  upstream.plays(stream(streamed()));
  await expect.poll(async () => (await ask({ stream: true })).status, { interval: 300 }).toBe(403);
  const { error } = (await (await ask()).json()) as { error: { message: string } };
  expect(error.message).toMatch(/budget/i);
  await mode("observe");
});

test("off unless configured, for keys of the gateway alone; other paths and methods answer as the API does", async () => {
  upstream.plays(json({}));
  const off = await fetch(url + SAMPLES.chat.path, { method: "POST", headers: { ...headers, authorization: `Bearer ${key}` }, body: '{"model":"m"}' }); // prettier-ignore
  expect([off.status, ((await off.json()) as { error: object }).error]).toEqual([404, expect.objectContaining({ code: "gateway_off" })]); // prettier-ignore
  key = "snt_nothing";
  expect((await ask()).status).toBe(401);
  expect((await fetch(url + path)).status).toBe(405);
  expect((await problemOf(await fetch(`${url}/api/gateway/anthropic/v1/models`))).status).toBe(404);
  const unbound = await asPerson("admin", "/api/v1/keys", { method: "POST", headers, body: JSON.stringify({ name: "u", scopes: ["gateway"] }) }); // prettier-ignore
  expect((await problemOf(unbound)).errors).toMatchObject([{ field: "scopes" }]);
  expect(upstream.asked).toEqual([]);
});
