import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createKey } from "@/lib/auth/keys";
import { CONFIG } from "@/lib/runtime/test-fleet";
import { sweep } from "@/lib/runtime/sweep";
import type { Db } from "@/lib/db/client";
import { openServerDb } from "@/lib/db/queries/test-world";
import { findAgent } from "@/lib/db/queries/agents";
import { listEdges } from "@/lib/db/queries/services";
import { createSweeper } from "@/lib/detection/sweeper";
import { pushedLogs } from "@/lib/evidence/logs-pushed";
import { encode } from "@/lib/ingest/otlp/encode-fixture";
import { listRecords } from "@/lib/views/otlp-records";
import * as underKey from "../otlp/[key]/v1/[signal]/route";
import * as logsRoute from "./logs/route";
import * as metricsRoute from "./metrics/route";
import * as tracesRoute from "./traces/route";

const ROUTES = { logs: logsRoute, metrics: metricsRoute, traces: tracesRoute };
type Signal = keyof typeof ROUTES;
let close: () => Promise<void>;
let db: Db;
let key: string;
beforeAll(async () => {
  ({ db, close } = await openServerDb());
});
afterAll(async () => {
  await close();
});
beforeEach(async () => {
  for (const table of ["agents", "agent_events", "runs", "otlp_sessions", "otlp_records", "ingest_keys", "log_lines"])
    await db.$client.execute(`DELETE FROM ${table}`);
  key = await newKey("otlp");
});

const newKey = async (name: string, more: object = {}) =>
  (await createKey(db, { name, createdBy: "t", scopes: ["events", "logs"], services: ["*"], ...more }, 1)).secret;
const send = (signal: Signal, body: BodyInit | Uint8Array, headers: Record<string, string> = {}, secret = key) =>
  ROUTES[signal].POST(
    new Request(`http://sentinel.test/v1/${signal}`, {
      method: "POST",
      body: body as BodyInit,
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", ...headers },
      duplex: "half",
    } as RequestInit),
    { params: Promise.resolve({}) },
  );
const post = (signal: Signal, body: object, secret?: string) => send(signal, JSON.stringify(body), {}, secret);

const nanos = (at: number) => `${at}000000`;
const attributes = (of: Record<string, string | number>) =>
  Object.entries(of).map(([name, value]) => ({
    key: name,
    value: typeof value === "string" ? { stringValue: value } : { intValue: String(value) },
  }));
const resource = (of: Record<string, string>) => ({ attributes: attributes(of) });
const logsOf = (program: Record<string, string>, ...records: [number, Record<string, string | number>, string?][]) => ({
  resourceLogs: [
    {
      resource: resource(program),
      scopeLogs: [
        {
          scope: { name: "s" },
          logRecords: records.map(([at, said, body]) => ({
            timeUnixNano: nanos(at),
            attributes: attributes(said),
            ...(body ? { body: { stringValue: body } } : {}),
          })),
        },
      ],
    },
  ],
});
const spansOf = (program: Record<string, string>, ...spans: object[]) => ({
  resourceSpans: [{ resource: resource(program), scopeSpans: [{ scope: { name: "s" }, spans }] }],
});
const hexId = (n: number, bytes: number) => n.toString(16).padStart(2 * bytes, "0");
const chat = (n: number, trace: number, at: number, said: Record<string, string | number> = {}) => ({
  traceId: hexId(trace, 16),
  spanId: hexId(n, 8),
  name: "chat",
  startTimeUnixNano: nanos(at - 200),
  endTimeUnixNano: nanos(at),
  attributes: attributes({ "gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100, ...said }),
}); // prettier-ignore
const CLAUDE = { "service.name": "claude-code", "service.version": "2" };
const request = (sequence: number, more: Record<string, string | number> = {}): Record<string, string | number> => ({
  "event.name": "api_request",
  "event.sequence": sequence,
  "session.id": "s-1",
  "user.email": "ada@example.com",
  model: "claude-opus-5-5",
  input_tokens: 100,
  output_tokens: 10,
  cost_usd: "0.5",
  ...more,
});
const eventsOf = async () =>
  (
    await db.$client.execute("SELECT agent_id, kind, run_id, late, restamped, body FROM agent_events ORDER BY seq")
  ).rows.map(({ body, ...row }) => ({ ...row, ...(JSON.parse(body as string) as Record<string, unknown>) }));

test("a session of Claude Code becomes a run of an agent that is observed only, with labels", async () => {
  const now = Date.now();
  const body = logsOf(
    CLAUDE,
    [now, request(1)],
    [now, { ...request(2), "event.name": "tool_result", tool_name: "Bash", success: "false" }],
    [now, { ...request(3), "event.name": "compaction" }],
  );
  const answer = await post("logs", body);
  expect([answer.status, await answer.json()]).toEqual([200, {}]);
  expect(await (await post("logs", body)).json()).toEqual({});
  expect(await eventsOf()).toMatchObject([
    { agent_id: "claude-code:ada@example.com", kind: "model_call", run_id: "s-1", model: "claude-opus-5-5", input_tokens: 100, output_tokens: 10, cost: 0.5 },
    { kind: "tool_call", tool: "Bash", success: false },
  ]); // prettier-ignore
  expect(await findAgent(db, "claude-code:ada@example.com")).toMatchObject({
    type: "claude-code",
    enforcement: false,
    labels: { user: "ada@example.com" },
    version: "2",
  });
  await sweep(db, now, CONFIG, createSweeper());
  const { rows } = await db.$client.execute("SELECT run_id, model_calls, tool_calls, errors, tokens, cost FROM runs");
  expect(rows).toMatchObject([{ run_id: "s-1", model_calls: 1, tool_calls: 1, errors: 1, tokens: 110, cost: 0.5 }]);
  expect((await listRecords(db)).records).toContainEqual(
    expect.objectContaining({ key: "otlp", name: "claude_code.compaction", fate: "kept_by_name", records: 2 }),
  );
});

test("protobuf, gzip and bodies without a length are taken, and answered in their encoding", async () => {
  const body = spansOf({ "service.name": "bot" }, chat(1, 1, Date.now()));
  const bytes = encode("traces", body);
  const zipped = await send("traces", gzipSync(bytes), {
    "content-type": "application/x-protobuf",
    "content-encoding": "gzip",
  });
  expect([zipped.status, zipped.headers.get("content-type"), (await zipped.arrayBuffer()).byteLength]).toEqual([200, "application/x-protobuf", 0]); // prettier-ignore
  const chunks = new ReadableStream<Uint8Array>({
    start(stream) {
      for (let at = 0; at < bytes.length; at += 7) stream.enqueue(bytes.slice(at, at + 7));
      stream.close();
    },
  });
  expect((await send("traces", chunks, { "content-type": "application/x-protobuf" })).status).toBe(200);
  const events = await eventsOf();
  expect(events).toMatchObject([
    { agent_id: "bot", run_id: hexId(1, 16), input_tokens: 1000, cost: 0.0035, latency_ms: 200 },
  ]);
});

test("late spans of one trace make one run, and a span that names the session takes the trace along", async () => {
  const now = Date.now();
  await post("traces", spansOf({ "service.name": "bot" }, chat(1, 7, now)));
  await post("traces", spansOf({ "service.name": "bot" }, chat(2, 7, now, { "gen_ai.conversation.id": "talk" })));
  await post("traces", spansOf({ "service.name": "bot" }, chat(3, 7, now), chat(1, 7, now)));
  await post("logs", logsOf({ "service.name": "bot" }, [now, { "event.name": "gen_ai.client.inference.operation.details", "gen_ai.conversation.id": "talk", "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100 }])); // prettier-ignore
  expect((await eventsOf()).map(({ kind, run_id }) => [kind, run_id])).toEqual(
    Array(3).fill(["model_call", hexId(7, 16)]),
  );
});

test("counters wait for whoever tells the calls, and count where nobody does", async () => {
  const now = Date.now();
  const counter = (session: string, at: number, value: number) => ({
    resourceMetrics: [
      {
        resource: resource({ "service.name": "gemini-cli" }),
        scopeMetrics: [
          {
            scope: { name: "s" },
            metrics: [
              {
                name: "gemini_cli.token.usage",
                sum: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      startTimeUnixNano: nanos(now - 60_000),
                      timeUnixNano: nanos(at),
                      asInt: String(value),
                      attributes: attributes({ "session.id": session, type: "input", model: "m" }),
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  });
  await post("metrics", counter("both", now, 50));
  await post("logs", logsOf({ "service.name": "gemini-cli" }, [now, { "event.name": "gemini_cli.api_response", "session.id": "both", input_token_count: 50, output_token_count: 5 }])); // prettier-ignore
  await post("metrics", counter("alone", now - 10_000, 30));
  await post("metrics", counter("alone", now, 70));
  await post("metrics", counter("alone", now - 10_000, 30));
  await sweep(db, now + 1_000, CONFIG, createSweeper());
  expect((await eventsOf()).map(({ run_id, input_tokens }) => [run_id, input_tokens])).toEqual([["both", 50]]);
  await sweep(db, now + 60_000, CONFIG, createSweeper());
  await sweep(db, now + 61_000, CONFIG, createSweeper());
  expect((await eventsOf()).slice(1)).toMatchObject([{ kind: "usage", run_id: "alone", input_tokens: 70 }]);
  const { rows } = await db.$client.execute("SELECT run_id, tokens FROM runs ORDER BY run_id");
  expect(rows).toMatchObject([{ run_id: "alone", tokens: 70 }, { run_id: "both", tokens: 55 }]); // prettier-ignore
});

test("a collector's logs and spans of services are evidence of those that the key may speak for", async () => {
  const now = Date.now();
  const narrow = await newKey("narrow", { services: ["cart"] });
  const lines = { resourceLogs: ["cart", "pay"].flatMap((name) => logsOf({ "service.name": name }, [now, {}, "password=hunter2 refused"]).resourceLogs) }; // prettier-ignore
  expect((await post("logs", lines, narrow)).status).toBe(200);
  const read = (node: string) => pushedLogs(db).read({ node, from: now / 1_000 - 1, to: now / 1_000 + 1, limit: 10 });
  const kept = await read("cart");
  expect(kept.ok && kept.value.length).toBe(1);
  expect(JSON.stringify(kept)).not.toContain("hunter2");
  expect(await read("pay")).toMatchObject({ ok: true, value: [] });
  await post("traces", spansOf({ "service.name": "web" }, { ...chat(1, 1, now), kind: 3, attributes: attributes({ "peer.service": "cart" }) })); // prettier-ignore
  expect(await listEdges(db)).toContainEqual(["web", "cart"]);
  expect((await listRecords(db)).records).toContainEqual(
    expect.objectContaining({ program: "pay", fate: "dropped", signal: "logs" }),
  );
});

test("lines that cannot be kept are refused with the reason, and counted as dropped; the others are kept", async () => {
  const now = Date.now();
  const said = await post("logs", {
    resourceLogs: [
      ...logsOf({ "service.name": "cart" }, [now, {}, "one"], [5_000, {}, "of 1970"], [now, {}, "two"]).resourceLogs,
      ...logsOf({ "service.name": ".." }, [now, {}, "of nobody"]).resourceLogs,
    ],
  });
  const { partialSuccess } = (await said.json()) as { partialSuccess: object };
  expect(partialSuccess).toMatchObject({ rejectedLogRecords: "2" });
  for (const why of [/1: timestamp: expected an ISO/, /1: service: must not be \. or \.\./])
    expect(JSON.stringify(partialSuccess)).toMatch(why);
  const { records } = await listRecords(db);
  const shown = records.map(({ program, fate, name, records: n }) => [program, fate, name.split(":")[0], n].join(" "));
  expect(shown.toSorted()).toEqual([".. dropped service 1", "cart dropped timestamp 1", "cart taken  2"]);
});

test("a key's template names its agents, and gives it no agent that another key introduced", async () => {
  const now = Date.now();
  const chatOf = (program: string, user: string, session: string) =>
    logsOf({ "service.name": program, "host.name": "h1" }, [now, { "event.name": "gemini_cli.api_response", "session.id": session, "user.email": user, input_token_count: 5, output_token_count: 1 }]); // prettier-ignore
  await post("logs", chatOf("gemini-cli", "ada@x.io", "s1"));
  const own = await newKey("templated", { identity: "{user.email}@{service.name}" });
  await post("logs", chatOf("gemini-cli", "bob@x.io", "s2"), own);
  expect((await eventsOf()).map(({ agent_id }) => agent_id)).toEqual(["gemini-cli:ada@x.io", "bob@x.io@gemini-cli"]);
  const thief = await newKey("thief", { identity: "gemini-cli:{user.email}" });
  const said = await post("logs", chatOf("gemini-cli", "ada@x.io", "s3"), thief);
  expect(await said.json()).toMatchObject({
    partialSuccess: { rejectedLogRecords: "1", errorMessage: expect.stringContaining("may not report for this agent") },
  });
  expect(await eventsOf()).toHaveLength(2);
});

test("below /otlp/KEY the key in the path stands for the header, and is in no answer", async () => {
  const under = (secret: string, signal: string) =>
    underKey.POST(
      new Request(`http://sentinel.test/otlp/${secret}/v1/${signal}`, {
        method: "POST",
        body: JSON.stringify(spansOf({ "service.name": "bot" }, chat(1, 1, Date.now()))),
        headers: { "content-type": "application/json" },
      }),
      { params: Promise.resolve({ key: secret, signal }) },
    );
  expect((await under(key, "traces")).status).toBe(200);
  expect(await eventsOf()).toHaveLength(1);
  for (const [secret, signal, status] of [
    ["snt_nobody", "traces", 401],
    [key, "profiles", 404],
    [key, "logs", 400],
  ] as const) {
    // prettier-ignore
    const answer = await under(secret, signal);
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain(secret);
  }
});

test("what cannot be taken is refused with its reason", async () => {
  const body = JSON.stringify(spansOf({ "service.name": "bot" }, chat(1, 1, Date.now())));
  const refused = async (answer: Promise<Response>) => [(await answer).status, (await (await answer).json()).detail];
  expect(await refused(send("traces", body, { "content-type": "text/plain" }))).toEqual([415, expect.stringMatching(/x-protobuf or application\/json/)]); // prettier-ignore
  expect(await refused(send("traces", body, { "content-encoding": "zstd" }))).toEqual([415, expect.stringMatching(/gzip/)]); // prettier-ignore
  expect(await refused(send("traces", gzipSync(Buffer.alloc(5_000_000)), { "content-encoding": "gzip" }))).toEqual([413, expect.stringMatching(/4000000 bytes/)]); // prettier-ignore
  expect(await refused(send("logs", body))).toEqual([400, expect.stringMatching(/contains no logs/)]);
  expect(await refused(send("traces", body, { "content-type": "application/x-protobuf" }))).toEqual([400, expect.stringMatching(/not a protobuf export request/)]); // prettier-ignore
  expect(await refused(send("traces", body, {}, "snt_x"))).toEqual([401, expect.stringMatching(/ingest key/)]);
  const changes = await newKey("changes", { scopes: ["changes"] });
  expect(await refused(send("traces", body, {}, changes))).toEqual([403, expect.stringMatching(/scope events/)]);
  expect(await eventsOf()).toEqual([]);
});

test("another's agents are not spoken for: told in partialSuccess, and nothing of them is kept", async () => {
  const now = Date.now();
  await post("traces", spansOf({ "service.name": "bot" }, chat(1, 1, now)));
  const other = await newKey("other");
  const answer = await post("traces", spansOf({ "service.name": "bot" }, chat(2, 2, now)), other);
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { partialSuccess: { rejectedSpans: "1", errorMessage: "1: agent_id: this key may not report for this agent" } },
  ]);
  expect(await eventsOf()).toHaveLength(1);
  const bound = await newKey("bound", { namePrefix: "team-a/" });
  await post("traces", spansOf({ "service.name": "bot" }, chat(3, 3, now)), bound);
  expect((await eventsOf()).map(({ agent_id }) => agent_id)).toEqual(["bot", "team-a/bot"]);
});

test("a clock that is a day off is put right, and a key that begins sessions by the thousand is stopped and told", async () => {
  const now = Date.now();
  await post("traces", spansOf({ "service.name": "late" }, chat(1, 1, now - 86_400_000)));
  expect(await eventsOf()).toMatchObject([{ agent_id: "late", restamped: 1 }]);
  const many = Array.from({ length: 10_000 }, (_, i) => chat(i + 10, i + 10, now));
  const answer = await send("traces", encode("traces", spansOf({ "service.name": "bot" }, ...many)) as Uint8Array, { "content-type": "application/x-protobuf" }); // prettier-ignore
  expect(Buffer.from(await answer.arrayBuffer()).toString()).toMatch(/too many new sessions per minute for this key/);
  expect((await eventsOf()).length).toBeLessThanOrEqual(3_001);
  // Others are not touched by it.
  const other = await newKey("other");
  expect(await (await post("traces", spansOf({ "service.name": "calm" }, chat(1, 1, now)), other)).json()).toEqual({});
});

test("a counter that goes backwards is not believed, its sender is told, and it is shown as dropped", async () => {
  const now = Date.now();
  const counter = (at: number, value: number) => ({
    startTimeUnixNano: nanos(now - 60_000),
    timeUnixNano: nanos(at),
    asInt: String(value),
    attributes: attributes({ "session.id": "liar", "gen_ai.token.type": "input" }),
  });
  const sum = { aggregationTemporality: 2, dataPoints: [counter(now - 1_000, 500), counter(now, 20)] };
  const metrics = [{ name: "gen_ai.client.token.usage", sum }];
  const answer = await post("metrics", {
    resourceMetrics: [
      { resource: resource({ "service.name": "bot" }), scopeMetrics: [{ scope: { name: "s" }, metrics }] },
    ],
  });
  const why = "a cumulative counter went backwards without a new start";
  expect(await answer.json()).toEqual({ partialSuccess: { rejectedDataPoints: "1", errorMessage: `1: ${why}` } });
  expect((await listRecords(db)).records).toContainEqual(
    expect.objectContaining({ program: "bot", name: why, fate: "dropped", records: 1 }),
  );
});
