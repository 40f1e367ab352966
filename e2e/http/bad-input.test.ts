import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { answerTo, asAgent, asPerson, env, ingest, problemOf, sendThenRead, url } from "./client";
import { cli } from "./process";

const NOW = Date.now();
const event = (more: object = {}) => ({ agent_id: "bad-input", timestamp: NOW, latency_ms: 5, ...more });

/** Nothing of what is tried here may disturb the rest: at the end the server still does its work. */
afterAll(async () => {
  const answer = await fetch(`${url}/readyz`);
  expect(await answer.json()).toMatchObject({ ready: true });
  expect((await ingest(event({ agent_id: "still-alive" }))).status).toBe(200);
});

describe("what is not JSON: 400 with the byte", () => {
  test.each([
    ['{"agent_id":"a",}', 16],
    ['{"agent_id":"a"', 15],
    ['{"agent_id":NaN}', 12],
    ['{"agent_id":"a","cost":Infinity}', 23],
    ["not json", 0],
    ["{'agent_id':'a'}", 1],
    ['{"agent_id":"\u0000"}', 12],
  ])("%j at %i", async (body, offset) => {
    expect(await problemOf(await ingest(body))).toMatchObject({ status: 400, code: "malformed", offset });
  });

  test("bytes that are not UTF-8", async () => {
    const answer = await ingest(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d]));
    expect(await problemOf(answer)).toMatchObject({ status: 400, offset: 2 });
  });

  test("no body at all", async () => expect((await problemOf(await ingest(""))).status).toBe(400));
});

describe("what is JSON and no event: 400 with the field", () => {
  test.each<[string, unknown, string]>([
    ["a number", 42, ""],
    ["a text", "text", ""],
    ["null", "null", ""],
    ["an empty object", {}, "[0].agent_id"],
    ["one event without its agent", { latency_ms: 1 }, "[0].agent_id"],
    ["an empty list", [], ""],
    ["no events", { events: [] }, "events"],
    ["events that are an object", { events: {} }, "events"],
    ["a list in a list", [[event()]], "[0]"],
    ["a list of text", ["x"], "[0]"],
    ["a list of null", [null], "[0]"],
    ["too many", { events: Array.from({ length: 1_001 }, () => event()) }, "events"],
    ["no agent", [{ latency_ms: 1 }], "[0].agent_id"],
    ["an agent that is a list", event({ agent_id: ["a"] }), "[0].agent_id"],
    ["an agent that is an object", event({ agent_id: {} }), "[0].agent_id"],
    ["an empty agent", event({ agent_id: "" }), "[0].agent_id"],
    ["a control character", event({ agent_id: "a\u0007b" }), "[0].agent_id"],
    ["a line break", event({ agent_id: "a\nb" }), "[0].agent_id"],
    ["half a character", event({ agent_id: "\ud800" }), "[0].agent_id"],
    ["an id of 900 kB", event({ agent_id: "x".repeat(900_000) }), "[0].agent_id"],
    ['"false" for false', event({ success: "false" }), "[0].success"],
    ["0 for false", event({ success: 0 }), "[0].success"],
    ["a number as text", event({ cost: "1" }), "[0].cost"],
    ["NaN as text", event({ cost: "NaN" }), "[0].cost"],
    ["1e308 tokens", event({ token_count: 1e308 }), "[0].token_count"],
    ["negative tokens", event({ input_tokens: -1 }), "[0].input_tokens"],
    ["negative latency", event({ latency_ms: -0.1 }), "[0].latency_ms"],
    ["negative cost", event({ cost: -5 }), "[0].cost"],
    ["a list as model", event({ model: ["gpt"] }), "[0].model"],
    ["an unknown kind", event({ kind: "party" }), "[0].kind"],
    ["seconds for milliseconds", event({ timestamp: 1.7e9 }), "[0].timestamp"],
    ["a date that is none", event({ timestamp: "2026-13-45T00:00:00Z" }), "[0].timestamp"],
    ["a nested attribute", event({ attributes: { a: { b: 1 } } }), "[0].attributes.a"],
    [
      "40 attributes",
      event({ attributes: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, i])) }),
      "[0].attributes",
    ],
  ])("%s", async (_, body, field) => {
    const text = typeof body === "string" && body !== "null" ? JSON.stringify(body) : body;
    const problem = await problemOf(await ingest(text));
    expect(problem).toMatchObject({ status: 400, code: "invalid" });
    expect(problem.errors?.[0]?.field).toBe(field);
    expect(problem.errors?.[0]?.reason).not.toBe("");
  });

  test("1e999, which JSON reads as infinite", async () => {
    const problem = await problemOf(await ingest(`{"agent_id":"a","cost":1e999}`));
    expect(problem.errors?.[0]?.field).toBe("[0].cost");
  });

  test("a hundred thousand levels", async () => {
    const body = `{"agent_id":"a","attributes":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    expect(await problemOf(await ingest(body))).toMatchObject({ status: 400, code: "invalid" });
  });
});

test("the good ones of a mixed batch are kept, the bad ones named", async () => {
  const answer = await ingest([event({ sequence: 1 }), event({ cost: -1 }), event({ sequence: 2 })]);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ accepted: 2, rejected: [{ index: 1, field: "cost" }] });
});

test("markup, SQL and names that objects have are data, and come back as they were", async () => {
  const names = [
    `<script>alert("x")</script>`,
    `'; DROP TABLE agents; --`,
    `"><img src=x onerror=alert(1)>`,
    "__proto__",
    "constructor",
    "../../etc/passwd",
    "100%25 {{7*7}} ${7*7}",
    "名前 🦊",
  ];
  const answer = await ingest(names.map((agent_id) => event({ agent_id })));
  expect(await answer.json()).toMatchObject({ accepted: names.length, rejected: [] });
  const list = (await (await asPerson("viewer", "/api/v1/agents")).json()) as { agents: { id: string }[] };
  expect(list.agents.map(({ id }) => id)).toEqual(expect.arrayContaining(names));
  for (const name of names) {
    const one = await asPerson("viewer", `/api/v1/agents/${encodeURIComponent(name)}`);
    expect(one.status, name).toBe(200);
    expect(one.headers.get("content-type")).toMatch(/^application\/json/);
    expect(await one.json()).toMatchObject({ agent: { id: name } });
  }
});

test.each([".", ".."])("an agent called %s, which no URL can name, is refused; so is a service", async (name) => {
  const agent = await problemOf(await ingest([event({ agent_id: name })]));
  expect(agent.errors).toEqual([
    { field: "[0].agent_id", reason: expect.stringMatching(/agent_id must not be/) as string },
  ]);
  const change = await asPerson("operator", "/api/v1/changes", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ subject_kind: "service", subject_id: name, kind: "deploy" }),
  });
  expect((await problemOf(change)).errors?.[0]?.field).toBe("subject_id");
});

describe("size", () => {
  test("a 2 MB body is 413", async () => {
    expect(await problemOf(await ingest(event({ filler: "x".repeat(2_000_000) })))).toMatchObject({ status: 413 });
  });

  test("a body of exactly the limit is read", async () => {
    const text = JSON.stringify(event({ filler: "" }));
    const body = JSON.stringify(event({ filler: "x".repeat(1_000_000 - text.length) }));
    expect(body).toHaveLength(1_000_000);
    expect((await ingest(body)).status).toBe(200);
    expect((await ingest(`${body} `)).status).toBe(413);
  });

  const MEGABYTE = Buffer.alloc(1_000_000, " ");
  const FRAMINGS: [string, Record<string, string>][] = [
    ["announced", { "content-length": "100000000" }],
    ["in chunks", { "transfer-encoding": "chunked" }],
  ];

  test.each(FRAMINGS)("100 MB %s are refused before they were sent", async (_, framing) => {
    const headers = { "content-type": "application/json", ...framing };
    expect(await answerTo("/api/v1/ingest", MEGABYTE, 20, headers)).toBe(413);
  });

  test.each(FRAMINGS)("who sends 100 MB %s before it reads finds the answer", async (_, framing) => {
    const headers = { "content-type": "application/json", ...framing };
    expect(await sendThenRead("/api/v1/ingest", MEGABYTE, 100, headers)).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("100 MB with a wrong key are refused unread", async () => {
    const headers = {
      authorization: "Bearer snt_wrong",
      "content-type": "application/json",
      "content-length": "100000000",
    };
    expect(await answerTo("/api/v1/ingest", MEGABYTE, 1, headers)).toBe(401);
    expect(await sendThenRead("/api/v1/ingest", MEGABYTE, 100, headers)).toMatch(/^HTTP\/1\.1 401 /);
  });

  test("a zip bomb (200 MB in 200 kB) is 413, many at once too", async () => {
    // Beside this thread: a client that answers nobody for seconds finds its idle connections closed.
    const bomb = await promisify(gzip)(Buffer.alloc(200_000_000, " "));
    const answers = await Promise.all(Array.from({ length: 10 }, () => ingest(bomb, { "content-encoding": "gzip" })));
    for (const answer of answers) expect((await problemOf(answer)).status).toBe(413);
  });

  test("gzip that is none, or of another kind", async () => {
    expect((await problemOf(await ingest("{}", { "content-encoding": "gzip" }))).status).toBe(400);
    expect((await problemOf(await ingest("{}", { "content-encoding": "br" }))).status).toBe(415);
    const good = await ingest(gzipSync(JSON.stringify(event())), { "content-encoding": "gzip" });
    expect(good.status).toBe(200);
  });
});

describe("keys", () => {
  const as = (secret: string, agent_id = "keyed") =>
    ingest(event({ agent_id }), { authorization: secret === "" ? "" : `Bearer ${secret}` });

  test("wrong, missing and mangled ones are 401", async () => {
    for (const secret of ["", "x", `snt_${"a".repeat(43)}`, "snt_' OR 1=1 --", "x".repeat(5_000)]) {
      const answer = await as(secret);
      expect(answer.headers.get("www-authenticate")).toContain("Bearer");
      expect((await problemOf(answer)).status).toBe(401);
    }
  });

  test("one revoked by another process is refused within a second or so", async () => {
    const { key, secret } = await cli<{ key: { id: string }; secret: string }>(env, "keys", "create", "--name", "gone");
    expect((await as(secret)).status).toBe(200);
    const { status } = await asPerson("admin", `/api/v1/keys/${key.id}`, { method: "DELETE" });
    expect(status).toBe(204);
    expect((await as(secret)).status).toBe(401);
    expect((await asPerson("admin", `/api/v1/keys/${key.id}`, { method: "DELETE" })).status).toBe(404);
  });

  test("one of agents writes no logs or changes of services, and one of services no others'", async () => {
    const make = async (...options: string[]) =>
      (await cli<{ secret: string }>(env, "keys", "create", "--name", "scoped", ...options)).secret;
    const send = async (secret: string, path: string, body: object) => {
      const init = {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      };
      const answer = await fetch(url + path, init);
      return answer.ok ? answer.status : await problemOf(answer);
    };
    const deploy = (service: string) => ({ subject_kind: "service", subject_id: service, kind: "deploy", to: "2" });
    const line = (service: string) => ({ lines: [{ service, line: "started" }] });

    const ofAgents = await make();
    expect(await send(ofAgents, "/api/v1/logs", line("ledger"))).toMatchObject({
      status: 403,
      detail: expect.stringContaining("scope logs"),
    });
    expect(await send(ofAgents, "/api/v1/changes", deploy("ledger"))).toMatchObject({
      status: 403,
      errors: [{ field: "subject_id" }],
    });

    const ofLedger = await make("--scopes", "logs,changes", "--services", "ledger,ledger-*");
    expect(await send(ofLedger, "/api/v1/logs", line("ledger-db"))).toBe(202);
    expect(await send(ofLedger, "/api/v1/changes", deploy("ledger"))).toBe(201);
    expect(await send(ofLedger, "/api/v1/logs", line("checkout"))).toMatchObject({
      status: 400,
      errors: [{ field: "lines[0].service" }],
    });
    // Its own lines count, whatever stands beside them.
    expect(await send(ofLedger, "/api/v1/logs", { lines: [...line("ledger").lines, ...line("checkout").lines] })).toBe(202); // prettier-ignore
    expect(await send(ofLedger, "/api/v1/changes", deploy("checkout"))).toMatchObject({ status: 403 });
    expect(await send(ofLedger, "/api/v1/ingest", { agent_id: "x" })).toMatchObject({
      status: 403,
      detail: expect.stringContaining("scope events"),
    });
  });

  test("one that is bound speaks for its own agents only", async () => {
    const { secret } = await cli<{ secret: string }>(env, "keys", "create", "--name", "bound", "--agent", "mine");
    expect((await as(secret, "mine")).status).toBe(200);
    const problem = await problemOf(await as(secret, "still-alive"));
    expect(problem).toMatchObject({ status: 400, errors: [{ field: "[0].agent_id" }] });
    const headers = { authorization: `Bearer ${secret}` };
    expect((await asAgent("/api/v1/agents/still-alive/directive?version=0", { headers })).status).toBe(403);
    expect((await asAgent("/api/v1/agents/mine/directive?version=0", { headers })).status).toBe(200);
  });

  test("an agent's key opens nothing that is for people, and a cookie nothing that is for agents", async () => {
    for (const path of ["/api/v1/agents", "/api/v1/keys", "/api/v1/session"])
      expect((await asAgent(path)).status).toBe(401);
    const answer = await asPerson("admin", "/api/v1/ingest", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(event()),
    });
    expect(answer.status).toBe(401);
  });
});

test("three hundred fuzzed bodies over HTTP: never a 5xx", async () => {
  const noise = fc.oneof(
    fc.json(),
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.json().map((t) => t.slice(1)),
  );
  await fc.assert(
    fc.asyncProperty(noise, async (body) => {
      const { status } = await ingest(body);
      expect([200, 400]).toContain(status);
    }),
    { numRuns: 300 },
  );
});

test("one bad line of a log refuses no other", async () => {
  const push = (lines: unknown[]) =>
    asAgent("/api/v1/logs", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ lines }),
    });
  const line = { service: "bad-input", line: "ok" };
  const answer = await push([line, { ...line, line: "" }, { ...line, line: "x".repeat(9_000), level: null }, line]);
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({
    accepted: 3,
    cut: 1,
    rejected: [{ index: 1, field: "lines[1].line", reason: "is blank" }],
    rejected_lines: 1,
  });
  expect(await problemOf(await push([{ ...line, line: "" }]))).toMatchObject({ status: 400, code: "invalid" });
  expect((await push([])).status).toBe(400);
});
