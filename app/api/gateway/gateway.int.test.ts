import { HOLD_LEVELS } from "@/lib/core/base/hold-levels";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { frames, json, SAMPLES, type SampleName, startUpstream, stream } from "@/e2e/scripted-upstream";
import { createKey } from "@/lib/auth/keys";
import { IDENTICAL_CALLS } from "@/lib/core/agents/breaker";
import { containment } from "@/lib/core/agents/containment";
import type { AgentEvent } from "@/lib/contracts/event";
import type { Db } from "@/lib/db/client";
import { findAgent, findDirective, getAgent, instanceReport, listInstances, sentDirective } from "@/lib/db/queries/agents"; // prettier-ignore
import { directiveRow, insert, openServerDb } from "@/lib/db/queries/test-world";
import { answerDirectly } from "@/lib/http/direct";
import { createSweeper } from "@/lib/detection/sweeper";
import { flushGateway } from "@/lib/ingest/gateway/pass";
import { loadHooks } from "@/lib/ingest/hooks/ask";
import { commandAgent } from "@/lib/response/agents/command";
import { refreshBook } from "@/lib/response/budgets/book";
import { removeBudget, setBudget } from "@/lib/response/budgets/set";
import { changeType } from "@/lib/response/settings";
import { sweep } from "@/lib/runtime/sweep";
import { CONFIG, PERSON } from "@/lib/runtime/test-fleet";
import { findGateway } from "./handle";

/** Requests as clients send them, over HTTP, to the handler that a built server answers them with. */
const UPSTREAM_KEY = "sk-upstream-key-that-stays";
let close: () => Promise<void>;
let file: string;
let db: Db;
let server: Server;
let url: string;
let upstream: Awaited<ReturnType<typeof startUpstream>>;
let agent: string;
let key: string;
let agents = 0;

beforeAll(async () => {
  upstream = await startUpstream(json({}));
  Object.assign(process.env, {
    GATEWAY_OPENAI_URL: `${upstream.url}/v1`,
    GATEWAY_OPENAI_KEY: UPSTREAM_KEY,
    GATEWAY_ANTHROPIC_URL: upstream.url,
    GATEWAY_ANTHROPIC_KEY: UPSTREAM_KEY,
    GATEWAY_IDLE_MS: "300",
  });
  const opened = await openServerDb();
  ({ db, close } = opened);
  file = opened.url.replace(/^file:/, "");
  answerDirectly(findGateway);
  server = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(async () => {
  upstream.stop();
  server.closeAllConnections();
  server.close();
  await close();
});
beforeEach(async () => {
  agent = `agent-${++agents}`;
  key = (await createKey(db, { name: agent, agentId: agent, scopes: ["gateway"], createdBy: "t" }, 1)).secret;
});

const NAMES = Object.keys(SAMPLES) as SampleName[];
const CALL = { id: "call_1", name: "Bash", arguments: '{"command":"SECRET-COMMAND"}' };
const ask = (
  name: SampleName,
  body: object = {},
  {
    secret = key,
    headers = {},
    ...init
  }: { secret?: string; headers?: Record<string, string>; signal?: AbortSignal; body?: string } = {},
) =>
  fetch(url + SAMPLES[name].path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(name === "messages" ? { "x-api-key": secret } : { authorization: `Bearer ${secret}` }),
      ...headers,
    },
    body: JSON.stringify({ model: "asked-for", messages: [{ role: "user", content: "SECRET-PROMPT" }], ...body }),
    ...init,
  });
async function events(of = agent): Promise<Partial<AgentEvent>[]> {
  await flushGateway(db);
  const { rows } = await db.$client.execute({ sql: "SELECT kind, run_id, body FROM agent_events WHERE agent_id = ? ORDER BY seq", args: [of] }); // prettier-ignore
  return rows.map(({ kind, run_id, body }) => ({ ...(JSON.parse(body as string) as object), kind, run_id })) as Partial<AgentEvent>[]; // prettier-ignore
}
const sweeper = createSweeper();
const turn = () => sweep(db, Date.now(), CONFIG, sweeper);
/** An agent that the gateway has told of, after a first request. */
async function seen() {
  upstream.plays(json(SAMPLES.chat.whole()));
  await (await ask("chat")).text();
  await flushGateway(db);
  await turn();
}
const command = async (what: "quarantine" | "release", body?: object) => {
  await commandAgent(db, agent, what, body as never, PERSON, Date.now());
  await loadHooks(db);
};
async function revoke(...tools: string[]) {
  await seen();
  const version = (await getAgent(db, agent)).directiveVersion + 1;
  await insert(db, "directives", [directiveRow(agent, version, { status: "run", revokedTools: tools })]);
  await db.$client.execute({ sql: "UPDATE agents SET directive_version = ? WHERE id = ?", args: [version, agent] });
  await loadHooks(db);
}

describe.each(NAMES)("%s", (name) => {
  const sample = SAMPLES[name];

  test("a whole answer comes as it is, and is told without its content", async () => {
    upstream.plays(json(sample.whole([CALL])));
    const answer = await ask(name, {}, { headers: { cookie: "a=b", "x-sentinel-run": "run-1", "anthropic-version": "v" } }); // prettier-ignore
    expect([answer.status, await answer.json()]).toEqual([200, sample.whole([CALL])]);
    const { headers, path, text } = upstream.asked[0]!;
    expect(path).toBe(sample.path.replace(/^\/api\/gateway\/\w+/, ""));
    expect(text).toContain("SECRET-PROMPT");
    expect(headers).not.toHaveProperty("cookie");
    expect(headers).not.toHaveProperty("x-sentinel-run");
    expect(JSON.stringify(headers)).not.toContain(key);
    expect(name === "messages" ? headers["x-api-key"] : headers["authorization"]).toContain(UPSTREAM_KEY);
    expect(await events()).toMatchObject([
      { kind: "tool_call", tool: "Bash", action_hash: expect.stringMatching(/^[0-9a-f]{16}$/), run_id: "run-1" },
      {
        kind: "model_call",
        model: "asked-for",
        response_model: sample.whole().model,
        input_tokens: 100,
        output_tokens: 20,
        cached_input_tokens: 40,
        ...(name === "messages" ? { cache_write_tokens: 10 } : { reasoning_tokens: 5 }),
        cost: expect.any(Number),
        http_status: 200,
        success: true,
        tool_calls: 1,
      },
    ]);
    expect(readFileSync(file).includes("SECRET")).toBe(false);
  });

  test("a stream comes as it is, piece by piece, and is told once", async () => {
    const text = frames(sample.stream([CALL]));
    let more = () => {};
    const both = new Promise<void>((go) => (more = go));
    upstream.plays(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(text.slice(0, 400));
      await both;
      response.end(text.slice(400));
    });
    const answer = await ask(name, { stream: true, stream_options: { include_usage: true } });
    const reader = answer.body!.getReader();
    let got = Buffer.from((await reader.read()).value!).toString();
    expect(text.startsWith(got)).toBe(true);
    more();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      got += Buffer.from(value).toString();
    }
    expect(got).toBe(text);
    expect(await events()).toMatchObject([
      { kind: "tool_call", tool: "Bash" },
      { kind: "model_call", input_tokens: 100, output_tokens: 20, cached_input_tokens: 40, ttft_ms: expect.any(Number), tool_calls: 1 }, // prettier-ignore
    ]);
  });

  test("who is held gets no further, in the vendor's words; the refusal proves the hold, and a release lets go", async () => {
    await seen();
    await command("quarantine");
    upstream.plays(json(sample.whole()));
    const answer = await ask(name);
    expect([answer.status, answer.headers.get("x-should-retry")]).toEqual([403, "false"]);
    const { error } = (await answer.json()) as { error: { type: string; message: string } };
    expect(error.type).toBe("permission_error");
    expect(error.message).toMatch(/^Held by Sentinel: Quarantined by Ada\. Decide at http:.*\/incidents\/inc_/);
    expect(upstream.asked).toEqual([]);
    await flushGateway(db);
    await turn();
    const directive = (await findDirective(db, agent))!;
    const reports = (await listInstances(db, [agent])).map((one) => instanceReport(one, directive, 0));
    expect(containment(sentDirective(await getAgent(db, agent), directive), reports, Date.now()).state).toBe(
      "enforced",
    );
    await command("release");
    expect((await ask(name)).status).toBe(200);
  });

  test.each(HOLD_LEVELS)("whatever the level, every next request is refused: %s", async (level) => {
    await seen();
    await commandAgent(db, agent, "quarantine", undefined, PERSON, Date.now(), { level });
    await loadHooks(db);
    expect((await ask(name)).status).toBe(403);
    await command("release");
    upstream.plays(json(sample.whole()));
    expect((await ask(name)).status).toBe(200);
  });

  test("a stream that is under way when its agent is put on hold is cut off", async () => {
    await seen();
    const all = sample.stream();
    let more = () => {};
    const held = new Promise<void>((go) => (more = go));
    upstream.plays(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(frames(all.slice(0, 1)));
      await held;
      response.end(frames(all.slice(1)));
    });
    const answer = await ask(name, { stream: true });
    const reader = answer.body!.getReader();
    await reader.read();
    await command("quarantine");
    more();
    let rest = "";
    for (let next = await reader.read(); !next.done; next = await reader.read()) rest += Buffer.from(next.value).toString(); // prettier-ignore
    expect(rest).toContain("Held by Sentinel");
    expect(rest).not.toContain("SECRET");
    // What it cost is known all the same.
    await expect.poll(async () => (await events()).at(-1)).toMatchObject({ kind: "model_call", output_tokens: 20 });
  });

  test("a revoked tool is not offered, and a call of it does not get through", async () => {
    await revoke("Bash");
    upstream.plays(json(sample.whole([CALL, { id: "call_2", name: "Read", arguments: '{"path":"x"}' }])));
    const choice = name === "messages" ? { type: "tool", name: "Bash" } : { ...sample.tool("Bash") };
    const answer = await ask(name, { tools: [sample.tool("Bash"), sample.tool("Read")], tool_choice: choice });
    const sent = JSON.parse(upstream.asked[0]!.text) as { tools: unknown[] };
    expect(sent.tools).toEqual([sample.tool("Read")]);
    expect(sent).not.toHaveProperty("tool_choice");
    const text = await answer.text();
    expect(text).toContain("the tool Bash is revoked");
    expect(text).toContain('"Read"');
    expect(text).not.toContain("SECRET");
    expect((await events()).filter(({ tool }) => tool)).toMatchObject([
      { kind: "heartbeat", tool: "Bash", enforced: true },
      { kind: "tool_call", tool: "Read" },
    ]);

    upstream.plays(stream(sample.stream([CALL])));
    const cut = await (await ask(name, { stream: true, tools: [sample.tool("Bash")] })).text();
    expect(JSON.parse(upstream.asked[0]!.text)).not.toHaveProperty("tools");
    expect(cut).toContain("the tool Bash is revoked");
    expect(cut).not.toContain("SECRET");
  });

  test("a loop of identical calls is stopped where the type may be acted on", async () => {
    await seen();
    await changeType(db, "gateway", { mode: "act" }, PERSON, Date.now());
    await loadHooks(db);
    upstream.plays(stream(sample.stream([CALL])));
    let ran = 0;
    while (ran < 12) {
      upstream.plays(stream(sample.stream([{ ...CALL, id: `call_${ran}` }])));
      const text = await (await ask(name, { stream: true })).text();
      if (text.includes("Held by Sentinel")) break;
      ran++;
    }
    expect(ran).toBe(IDENTICAL_CALLS - 1);
    await flushGateway(db);
    await turn();
    expect((await getAgent(db, agent)).state).toBe("quarantined");
    await changeType(db, "gateway", { mode: "observe" }, PERSON, Date.now());
  });

  test.each([
    ["hangs", (response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(frames(sample.stream().slice(0, 2))), "nothing for too long", "upstream_timeout"],
    ["breaks off", (response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(frames(sample.stream().slice(0, 2)), () => response.destroy()), "closed the connection", "upstream_broken"],
    ["ends early", (response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end(frames(sample.stream().slice(0, 2))), "closed the connection", "upstream_broken"],
    ["sends no JSON", (response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end("data: {nothing\n\n"), "not JSON", "upstream_garbled"],
    ["sends other line ends", (response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end("data: 1\rdata: 2\n\n"), "stray carriage return", "upstream_garbled"],
    ["sends a line without end", (response) => { response.writeHead(200, { "content-type": "text/event-stream" }); const piece = Buffer.alloc(1_000_000, 0x61); for (let i = 0; i < 18; i++) response.write(piece); }, "too long", "upstream_garbled"],
  ] satisfies [string, Parameters<typeof upstream.plays>[0], string, string][])("an upstream that %s in mid-stream", async (_, play, message, error_type) => {
    upstream.plays(play);
    expect(await (await ask(name, { stream: true })).text()).toContain(message);
    expect((await events()).at(-1)).toMatchObject({ kind: "model_call", success: false, error_type });
  }); // prettier-ignore
});

test.each([
  ["hangs", () => undefined, 504, "nothing for too long"],
  ["breaks off", (response) => void response.destroy(), 502, "closed the connection"],
  ["redirects", json({}, 307, { location: "http://169.254.169.254/" }), 502, "not followed"],
  ["refuses the key", json({ error: { message: `bad key ${UPSTREAM_KEY}` } }, 401), 502, "rejected the configured API key"],
  ["is no API", (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>"), 502, "not JSON"],
] satisfies [string, Parameters<typeof upstream.plays>[0], number, string][])("an upstream that %s", async (_, play, status, message) => {
  upstream.plays(play);
  const answer = await ask("chat");
  const text = await answer.text();
  expect([answer.status, text.includes(UPSTREAM_KEY)]).toEqual([status, false]);
  expect(text).toContain(message);
}); // prettier-ignore

test("an upstream's own refusal is passed on, with what it says of trying again", async () => {
  const body = { error: { message: "slow down", type: "rate_limit_error" } };
  upstream.plays(json(body, 429, { "retry-after": "7", "set-cookie": "a=b" }));
  const answer = await ask("chat");
  expect([answer.status, answer.headers.get("retry-after"), answer.headers.get("set-cookie")]).toEqual([429, "7", null]); // prettier-ignore
  expect(await answer.json()).toEqual(body);
  expect(await events()).toMatchObject([{ http_status: 429, success: false, error_type: "http_429" }]);
});

test("a client that goes away ends the request to the upstream", async () => {
  upstream.plays((response) => void response.writeHead(200, { "content-type": "text/event-stream" }).write(frames(SAMPLES.messages.stream().slice(0, 4)))); // prettier-ignore
  const client = new AbortController();
  const answer = await ask("messages", { stream: true }, { signal: client.signal });
  await answer.body!.getReader().read();
  client.abort();
  await upstream.asked[0]!.gone;
  await expect.poll(async () => (await events()).at(-1)).toMatchObject({ kind: "model_call", finish_reason: "aborted", input_tokens: 100 }); // prettier-ignore
});

test("a client that reads slowly holds the upstream up, and nothing piles up", async () => {
  const piece = Buffer.from(frames([{ type: "content_block_delta", index: 0, delta: { text: "x".repeat(60_000) } }]));
  let written = 0;
  upstream.plays(async (response, { gone }) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (let i = 0; i < 2_000; i++) {
      written = i;
      if (!response.write(piece)) await Promise.race([once(response, "drain"), gone]);
      if (response.destroyed) return;
    }
  });
  const client = new AbortController();
  const answer = await ask("messages", { stream: true }, { signal: client.signal });
  await answer.body!.getReader().read();
  // It is held up once its count stands still, far from the end.
  let before = -1;
  await expect.poll(() => { const same = written === before; before = written; return same; }, { interval: 100 }).toBe(true); // prettier-ignore
  expect(written).toBeLessThan(1_000);
  client.abort();
});

test("without being asked for, usage is asked for, and kept from the client", async () => {
  upstream.plays(stream(SAMPLES.chat.stream()));
  expect(await (await ask("chat", { stream: true })).text()).toBe(frames(SAMPLES.chat.stream([], false)));
  expect(JSON.parse(upstream.asked[0]!.text)).toMatchObject({ stream_options: { include_usage: true } });
  expect(await events()).toMatchObject([{ input_tokens: 100, output_tokens: 20 }]);
});

test("a budget that is used up lets nothing further through", async () => {
  await seen();
  await changeType(db, "gateway", { mode: "act" }, PERSON, Date.now());
  await setBudget(db, { id: "b", scope: "agent", subject: agent, window: "day", zone: "UTC", measure: "model_calls", limit: 3, warnShare: 0.8, atLimit: "pause_and_ask" }, PERSON, Date.now()); // prettier-ignore
  let ran = 1;
  for (let i = 0; i < 6; i++) {
    if ((await ask("chat")).ok) ran++;
    await flushGateway(db);
    await turn();
    await refreshBook(db, Date.now());
    await loadHooks(db);
  }
  expect(ran).toBe(3);
  expect(((await (await ask("chat")).json()) as { error: { message: string } }).error.message).toMatch(/budget|used up/i); // prettier-ignore
});

test("a budget of a tree counts the runs that name its root or their parent, and holds them all", async () => {
  const root = `root-${agent}`;
  const as = (run: string, more: Record<string, string> = {}) =>
    ask("chat", {}, { headers: { "x-sentinel-run": `${run}-${agent}`, ...more } });
  await seen();
  // So many must stay at work that no agent is paused: what is refused is what the budget itself holds.
  await changeType(db, "gateway", { mode: "act", floor: 100 }, PERSON, Date.now());
  await setBudget(db, { id: "tree", scope: "tree", subject: "*", window: "run", zone: "UTC", measure: "model_calls", limit: 3, warnShare: 0.8, atLimit: "pause_and_ask" }, PERSON, Date.now()); // prettier-ignore
  const child = { "x-sentinel-root-run": root, "x-sentinel-parent-run": root };
  expect((await as("root")).ok).toBe(true);
  expect((await as("child", child)).ok).toBe(true);
  expect((await as("grandchild", { "x-sentinel-parent-run": `child-${agent}` })).ok).toBe(true);
  await flushGateway(db);
  await turn();
  await refreshBook(db, Date.now());
  await loadHooks(db);
  // Without the headers, too: an earlier request said where its run belongs.
  for (const [run, more] of [
    ["root", {}],
    ["child", child],
    ["grandchild", {}],
    ["new", child],
  ] as const) {
    const answer = await as(run, more);
    expect([run, answer.status, await answer.text()]).toEqual([run, 403, expect.stringContaining(`the budget of run ${root} with all its descendants is used up`)]); // prettier-ignore
  }
  expect((await as("other")).ok).toBe(true);
  await removeBudget(db, "tree", PERSON, Date.now());
  await changeType(db, "gateway", { floor: 0 }, PERSON, Date.now());
});

test("what is no request of an agent is refused in the vendor's words", async () => {
  const unbound = (await createKey(db, { name: "u", scopes: ["gateway"], createdBy: "t" }, 1)).secret;
  const other = (await createKey(db, { name: "o", agentId: agent, scopes: ["events"], createdBy: "t" }, 1)).secret;
  upstream.plays(json({}));
  const said = async (answer: Promise<Response>) => {
    const { status, headers } = await answer;
    const { error, type } = (await (await answer).json()) as { type?: string; error: { type: string } };
    return [status, error.type, type, headers.get("x-should-retry")];
  };
  const none = undefined;
  expect(await said(ask("chat", {}, { secret: "snt_none" }))).toEqual([401, "authentication_error", none, "false"]);
  expect(await said(ask("messages", {}, { secret: "snt_none" }))).toEqual([401, "authentication_error", "error", "false"]); // prettier-ignore
  expect(await said(ask("chat", {}, { secret: unbound }))).toEqual([403, "permission_error", none, "false"]);
  expect(await said(ask("chat", {}, { secret: other }))).toEqual([403, "permission_error", none, "false"]);
  expect(await said(ask("chat", { model: 7 }))).toEqual([400, "invalid_request_error", none, "false"]);
  expect(await said(ask("messages", {}, { body: "{" }))).toEqual([400, "invalid_request_error", "error", "false"]);
  expect(await said(ask("messages", {}, { body: " ".repeat(32_000_001) }))).toEqual([413, "request_too_large", "error", "false"]); // prettier-ignore
  expect(upstream.asked).toEqual([]);
  expect(await findAgent(db, agent)).toBeNull();
});

test("the official OpenAI client: answers, streams, and a refusal that it does not repeat", async () => {
  const client = new OpenAI({ apiKey: key, baseURL: `${url}/api/gateway/openai/v1` });
  const messages = [{ role: "user" as const, content: "hello" }];
  upstream.plays(json(SAMPLES.chat.whole()));
  expect((await client.chat.completions.create({ model: "m", messages })).choices[0]!.message.content).toBe("SECRET-ANSWER"); // prettier-ignore
  upstream.plays(stream(SAMPLES.chat.stream()));
  let text = "";
  for await (const chunk of await client.chat.completions.create({ model: "m", messages, stream: true })) text += chunk.choices[0]?.delta.content ?? ""; // prettier-ignore
  expect(text).toBe("SECRET-ANSWER");
  upstream.plays(stream(SAMPLES.responses.stream()));
  const types: string[] = [];
  for await (const { type } of await client.responses.create({ model: "m", input: "hello", stream: true })) types.push(type); // prettier-ignore
  expect(types.at(-1)).toBe("response.completed");

  await revoke("Bash");
  upstream.plays(stream(SAMPLES.chat.stream([CALL])));
  const chat = await client.chat.completions.create({ model: "m", messages, stream: true });
  await expect(async () => { for await (const _ of chat); }).rejects.toThrow(/the tool Bash is revoked/); // prettier-ignore
  upstream.plays(stream(SAMPLES.responses.stream([CALL])));
  const response = await client.responses.create({ model: "m", input: "hello", stream: true });
  await expect(async () => { for await (const _ of response); }).rejects.toThrow(/the tool Bash is revoked/); // prettier-ignore

  await command("quarantine");
  upstream.plays(json(SAMPLES.chat.whole()));
  await expect(client.chat.completions.create({ model: "m", messages })).rejects.toThrow(/^403 Held by Sentinel/);
  expect((await events()).filter(({ kind, tool }) => kind === "heartbeat" && !tool)).toHaveLength(1);
});
