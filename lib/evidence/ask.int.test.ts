import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test } from "vitest";
import { createAsk, type Endpoint } from "./ask";
import { json, serve, type TestServer } from "./test-server";

/** The response takes more, or takes no more at all. */
const written = (response: ServerResponse) =>
  new Promise<void>((done) => {
    const ready = () => {
      response.off("drain", ready).off("close", ready);
      done();
    };
    response.on("drain", ready).on("close", ready);
  });

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Of a server that answers: how busy the machine is must not decide. */
const PATIENCE_MS = 60_000;
/** Of one that does not. */
const SHORT_MS = 300;

const askOf = (url: string, rest: Partial<Endpoint> = {}, now: () => number = Date.now) =>
  createAsk({ source: "test", url, timeoutMs: PATIENCE_MS, maxBytes: 64 * 1024, ...rest }, { fetch, now });

test("asks under the base address, with its credentials and headers, and reads JSON", async () => {
  const headers: Record<string, unknown>[] = [];
  server = await serve((request, response) => {
    headers.push(request.headers);
    json(response, { fine: true });
  });
  const ask = askOf(`${server.url}/prefix`, {
    auth: { kind: "basic", user: "u", password: "p:1" },
    headers: { "X-Scope-OrgID": "a" },
  });
  expect(await ask("/api/v1/query", { query: [["query", 'up{job="a b"}']] })).toEqual({
    ok: true,
    body: { fine: true },
  });
  expect(server.asked).toEqual(["GET /prefix/api/v1/query?query=up%7Bjob%3D%22a+b%22%7D"]);
  expect(headers[0]).toMatchObject({
    authorization: `Basic ${Buffer.from("u:p:1").toString("base64")}`,
    "x-scope-orgid": "a",
  });
});

test("a long question goes as a form", async () => {
  const bodies: string[] = [];
  server = await serve(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    bodies.push(body);
    json(response, {});
  });
  expect((await askOf(server.url)("q", { query: [["query", "x".repeat(3_000)]] })).ok).toBe(true);
  expect(server.asked).toEqual(["POST /q"]);
  expect(bodies[0]).toBe(`query=${"x".repeat(3_000)}`);
});

test("nobody there, wrong credentials, a server's trouble, HTML: each is a reason, and no secret is in it", async () => {
  server = await serve((request, response) => {
    if (request.url === "/401") return json(response, { error: "no" }, 401);
    if (request.url === "/503") return response.writeHead(503).end("<h1>Service Unavailable</h1>\n\u0007");
    return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Log in</title>");
  });
  const ask = askOf(server.url, { auth: { kind: "bearer", token: "hush-hush" } });
  const reasons = [await ask("401"), await ask("503"), await ask("html")].map((a) => (a.ok ? "" : a.reason));
  expect(reasons).toEqual([
    'answered 401: "{\\"error\\":\\"no\\"}"',
    'answered 503: "<h1>Service Unavailable</h1>"',
    'the answer is not JSON: "<!doctype html><title>Log in</title>"',
  ]);
  const gone = await askOf("http://127.0.0.1:1", { auth: { kind: "bearer", token: "hush-hush" } })("x");
  expect(gone).toMatchObject({ ok: false, reason: expect.stringMatching(/could not connect/) });
  expect(JSON.stringify([reasons, gone])).not.toContain("hush");
});

test("secrets are kept out of reasons, wherever they stood", async () => {
  server = await serve((request, response) => {
    if (request.url === "/ok") return json(response, { sent: request.headers.authorization });
    return json(response, { status: "error", error: `bad credentials ${request.headers.authorization}` }, 401);
  });
  const inUrl = askOf(server.url.replace("://", "://me:pa%20ss@"));
  expect(await inUrl("ok")).toEqual({
    ok: true,
    body: { sent: `Basic ${Buffer.from("me:pa ss").toString("base64")}` },
  });
  const bearer = (token: string) => askOf(server!.url, { auth: { kind: "bearer", token } });
  const answers = [await inUrl("x"), await bearer("hush-hush")("x"), await bearer("hush\nhush")("x")];
  expect(answers.map(({ ok }) => ok)).toEqual([false, false, false]);
  const told = JSON.stringify(answers);
  for (const secret of ["pa ss", Buffer.from("me:pa ss").toString("base64"), "hush"])
    expect(told).not.toContain(secret);
  expect(() => askOf("not an address")).toThrow("Invalid URL");
});

test("a redirect is not followed, so that the token goes nowhere else", async () => {
  const elsewhere = await serve((_, response) => json(response, {}));
  server = await serve((_, response) => response.writeHead(302, { location: `${elsewhere.url}/steal` }).end());
  const answer = await askOf(server.url, { auth: { kind: "bearer", token: "t" } })("x");
  expect(answer).toMatchObject({ ok: false, reason: "answered 302, a redirect, which is not followed" });
  expect(elsewhere.asked).toEqual([]);
  await elsewhere.close();
});

test("a server that never answers, and one that drips, cost no more than the time limit", async () => {
  server = await serve((request, response) => {
    if (request.url === "/hang") return;
    response.writeHead(200);
    const drip = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(drip));
  });
  const ask = askOf(server.url, { timeoutMs: SHORT_MS });
  for (const path of ["hang", "drip"])
    expect(await ask(path)).toMatchObject({ ok: false, reason: "no complete answer within 300 ms" });
});

test("even a fetch that heeds no signal ends in time", async () => {
  const deaf = createAsk(
    { source: "test", url: "http://deaf.test", timeoutMs: 50 },
    { fetch: () => new Promise<Response>(() => undefined), now: Date.now },
  );
  expect(await deaf("x")).toMatchObject({ ok: false, reason: "no complete answer within 50 ms" });
});

test("a huge answer is cut while it streams; one that inflates without end as well", async () => {
  let sent = 0;
  const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, " "));
  server = await serve(async (request, response) => {
    if (request.url === "/bomb") return response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    const chunk = Buffer.alloc(64 * 1024, "x");
    response.writeHead(200);
    while (sent < 100 * 1024 * 1024 && !response.destroyed) {
      sent += chunk.length;
      if (!response.write(chunk)) await written(response);
    }
    return response.end();
  });
  const ask = askOf(server.url);
  const reason = "the answer is larger than 65536 bytes; narrow the query";
  expect(await ask("huge")).toMatchObject({ ok: false, reason });
  expect(sent).toBeLessThan(16 * 1024 * 1024);
  expect(await ask("bomb")).toMatchObject({ ok: false, reason });
});

test("the asker may stop", async () => {
  server = await serve(() => undefined);
  const stop = new AbortController();
  const answer = askOf(server.url)("x", { signal: stop.signal });
  stop.abort();
  expect(await answer).toMatchObject({ ok: false, reason: "stopped before it answered" });
});

test("an outage meets a pause, not a storm; afterwards one question tries first", async () => {
  let now = 1_000_000;
  let broken = true;
  server = await serve((_, response) => json(response, {}, broken ? 500 : 200));
  const ask = askOf(server.url, {}, () => now);
  for (let i = 0; i < 50; i++) await ask("x");
  expect(server.asked.length).toBe(3);
  expect(await ask("x")).toMatchObject({ reason: 'answered 500: "{}"; paused after repeated failures' });
  now += 5_001;
  await Promise.all(Array.from({ length: 20 }, () => ask("x")));
  expect(server.asked.length).toBe(4);
  now += 5_001; // The second pause is twice as long.
  await ask("x");
  expect(server.asked.length).toBe(4);
  now += 5_000;
  broken = false;
  expect((await ask("x")).ok).toBe(true);
  expect((await ask("x")).ok).toBe(true);
});

test("after a pause the others wait for the one that tries, and are answered when it is", async () => {
  let now = 1_000_000;
  let broken = true;
  server = await serve((_, response) => json(response, {}, broken ? 500 : 200));
  const ask = askOf(server.url, {}, () => now);
  for (let i = 0; i < 3; i++) await ask("x");
  now += 5_001;
  broken = false;
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask("x")));
  expect(answers.every(({ ok }) => ok)).toBe(true);
});

test("a server that speaks no TLS, no such host: the reason is more than that it failed", async () => {
  server = await serve((_, response) => json(response, {}));
  const tls = await askOf(server.url.replace("http:", "https:"))("x");
  expect(tls).toMatchObject({ ok: false, reason: expect.stringMatching(/^could not connect: .*SSL/) });
  const nowhere = await askOf("http://nowhere.invalid")("x");
  expect(nowhere).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/(ENOTFOUND|EAI_AGAIN).*nowhere\.invalid/),
  });
});

test("headers are secrets too, but for the tenant's name", async () => {
  server = await serve((request, response) =>
    response
      .writeHead(401)
      .end(`no ${String(request.headers["x-api-key"])} of ${String(request.headers["x-scope-orgid"])}`),
  );
  const ask = askOf(server.url, { headers: { "X-Api-Key": "hush-hush", "X-Scope-OrgID": "team-blue" } });
  expect(await ask("x")).toMatchObject({ reason: 'answered 401: "no *** of team-blue"' });
});

test("bad questions pause nothing", async () => {
  server = await serve((_, response) => json(response, {}, 400));
  const ask = askOf(server.url);
  for (let i = 0; i < 10; i++) await ask("x");
  expect(server.asked.length).toBe(10);
});

test("a minute's budget is spent and fills again", async () => {
  let now = 0;
  server = await serve((_, response) => json(response, {}));
  const ask = askOf(server.url, { gate: { perMinute: 6 } }, () => now);
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask("x")));
  expect(answers.filter(({ ok }) => ok).length).toBe(6);
  expect(answers.find(({ ok }) => !ok)).toMatchObject({ reason: "its limit of 6 requests a minute is reached" });
  now += 20_000;
  expect((await Promise.all(Array.from({ length: 5 }, () => ask("x")))).filter(({ ok }) => ok).length).toBe(2);
});

test("few questions at once; those in line are answered in turn", async () => {
  let open = 0;
  let most = 0;
  server = await serve((_, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open -= 1;
      json(response, {});
    }, 10);
  });
  const ask = askOf(server.url, { gate: { concurrency: 3 } });
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask("x")));
  expect(answers.every(({ ok }) => ok)).toBe(true);
  expect(most).toBe(3);
});

test("those in line when their time ends are told so, and leave the line", async () => {
  const stop = new AbortController();
  let answering = false;
  server = await serve((_, response) => (answering ? json(response, {}) : undefined));
  const ask = askOf(server.url, { gate: { concurrency: 1 }, timeoutMs: 2_000 });
  const first = ask("x");
  while (server.asked.length === 0) await new Promise((done) => setImmediate(done));
  const inLine = [ask("x", { signal: stop.signal }), ask("x", { signal: stop.signal })];
  const last = ask("x");
  stop.abort();
  for (const answer of await Promise.all(inLine))
    expect(answer).toMatchObject({ reason: "timed out waiting in the queue behind other requests" });
  answering = true;
  expect(await first).toMatchObject({ ok: false, reason: "no complete answer within 2000 ms" });
  expect((await last).ok || (await ask("x")).ok).toBe(true);
  expect(server.asked.length).toBeLessThanOrEqual(3);
});
