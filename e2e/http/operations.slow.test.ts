import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asPerson, cookies, ingest, problemOf, url } from "./client";
import { cli, type Sentinel, startSentinel, stopSentinel } from "./process";

describe("operations", () => {
  test("/healthz and /readyz", async () => {
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
      ready: true,
      database: "ok",
      migrations: "done",
    });
  });

  test("/metrics counts what happened, and no label holds what a user named", async () => {
    expect((await ingest({ agent_id: "metrics-agent-name" })).status).toBe(200);
    await fetch(`${url}/api/v1/agents/metrics-agent-name`);
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
    const text = await answer.text();
    expect(text).not.toContain("metrics-agent-name");
    expect(text).toMatch(
      /sentinel_http_requests_total\{route="\/api\/v1\/agents\/\{id\}",method="GET",status="401"\} [1-9]/,
    );
    for (const name of [
      "events_ingested_total",
      "sweep_seconds_count",
      "incidents_open",
      "approvals_pending",
      "directive_waiters",
    ]) {
      expect(text).toMatch(new RegExp(`^sentinel_${name} \\d`, "m"));
    }
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
  });

  test("pages and answers carry the headers that browsers are held by", async () => {
    const { headers } = await fetch(`${url}/healthz`);
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-powered-by")).toBeNull();
  });

  test("doctor finds nothing wrong, on a server that runs", async () => {
    const { env } = await import("./client");
    const { findings } = await cli<{ findings: { what: string; verdict: string }[] }>(env, "doctor", "--url", url);
    expect(findings.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
    expect(findings.map(({ what }) => what)).toEqual(expect.arrayContaining(["database", "sweep", "clock", "server"]));
  });
});

describe("people", () => {
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url, ...headers },
      body: JSON.stringify(body),
    });
  const cookieOf = (answer: Response) => answer.headers.getSetCookie()[0]!.split(";")[0]!;
  const tokenOf = (link: string) => new URL(link).hash.replace("#token=", "");

  test("who is signed in", async () => {
    const answer = await asPerson("operator", "/api/v1/session");
    expect(await answer.json()).toMatchObject({ user: { email: "operator@example.com", role: "operator" } });
    expect((await problemOf(await fetch(`${url}/api/v1/session`))).status).toBe(401);
  });

  test("from invitation to sign-out, and the end of an account", async () => {
    const invitation = { email: "Grace@Example.com", role: "viewer" };
    const invited = await asPerson("admin", "/api/v1/users", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(invitation),
    });
    expect(invited.status).toBe(201);
    const { link } = (await invited.json()) as { link: string };
    expect(link).toMatch(new RegExp(`^${url}/setup#token=`));
    const token = tokenOf(link);
    const checked = await post("/api/v1/auth/link/check", { token });
    expect(await checked.json()).toMatchObject({ kind: "invite", email: "grace@example.com", role: "viewer" });

    const short = await problemOf(await post("/api/v1/auth/link", { token, name: "Grace", password: "short" }));
    expect(short).toMatchObject({ status: 400, errors: [{ field: "password" }] });
    const made = await post("/api/v1/auth/link", { token, name: "Grace", password: "a compiler of one" });
    expect(made.headers.getSetCookie()[0]).toMatch(/HttpOnly/i);
    expect(await made.json()).toMatchObject({ user: { email: "grace@example.com" } });
    expect(
      (await problemOf(await post("/api/v1/auth/link", { token, name: "G", password: "a compiler of one" }))).status,
    ).toBe(410);

    const wrong = await post("/api/auth/sign-in/email", { email: "grace@example.com", password: "a compiler of two" });
    expect((await problemOf(wrong)).status).toBe(401);
    const good = await post("/api/auth/sign-in/email", { email: "grace@example.com", password: "a compiler of one" });
    expect(await good.clone().text()).not.toMatch(/token/i);
    const cookie = cookieOf(good);
    const { user } = (await good.json()) as { user: { id: string } };
    const session = () => fetch(`${url}/api/v1/session`, { headers: { cookie } });
    expect((await session()).status).toBe(200);

    const cross = await post("/api/auth/sign-out", {}, { cookie, origin: "https://evil.example" });
    expect((await problemOf(cross)).status).toBe(403);
    expect((await session()).status).toBe(200);
    expect((await post("/api/auth/sign-out", {}, { cookie })).status).toBe(200);
    expect((await session()).status).toBe(401);

    const again = cookieOf(
      await post("/api/auth/sign-in/email", { email: "grace@example.com", password: "a compiler of one" }),
    );
    expect((await asPerson("admin", `/api/v1/users/${user.id}`, { method: "DELETE" })).status).toBe(204);
    expect((await fetch(`${url}/api/v1/session`, { headers: { cookie: again } })).status).toBe(401);
  });

  test("guesses are slowed down, and only for the account they are for", async () => {
    const guess = () => post("/api/auth/sign-in/email", { email: "viewer@example.com", password: "not this one" });
    const statuses: number[] = [];
    let limited: Response | null = null;
    for (let i = 0; i < 30 && !limited; i++) {
      const answer = await guess();
      statuses.push(answer.status);
      if (answer.status === 429) limited = answer;
    }
    expect(Number(limited?.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await problemOf(limited!)).code).toBe("rate_limited");
    expect(statuses.length).toBeLessThanOrEqual(11);
    // What a header says of the address changes nothing: the connection's own counts.
    const elsewhere = { "x-forwarded-for": "203.0.113.77" };
    const again = await post("/api/auth/sign-in/email", { email: "viewer@example.com", password: "no" }, elsewhere);
    expect(again.status).toBe(429);
    // Whoever is signed in stays so.
    expect((await asPerson("viewer", "/api/v1/session")).status).toBe(200);
  });
});

/** Of a key, on the server of its own. */
const EVENTS_PER_SECOND = 20;
/** How long a long-poll would wait, in s, if the shutdown did not end it. */
const POLL_S = 25;

describe("a server of its own", () => {
  let folder: string;
  let env: Record<string, string>;
  let sentinel: Sentinel;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sentinel-own-"));
    env = {
      LIBSQL_URL: `file:${join(folder, "s.db")}`,
      KEY_EVENTS_PER_SECOND: String(EVENTS_PER_SECOND),
      KEY_MAX_AGENTS: "3",
    };
    sentinel = await startSentinel({ ...env, METRICS_TOKEN: "a-token-for-the-metrics" });
  });
  afterAll(() => {
    sentinel.process.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  test("prints a set-up link once nobody has an account, and it works once", async () => {
    const link = /http\S+\/setup#token=(snl_[\w-]+)/.exec(sentinel.output());
    expect(link?.[0]).toMatch(new RegExp(`^http://[^/]+:${new URL(sentinel.url).port}/`));
    const body = JSON.stringify({
      token: link![1],
      name: "Ada",
      email: "ada@example.com",
      password: "correct horse battery",
    });
    const use = () =>
      fetch(`${sentinel.url}/api/v1/auth/link`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
    const statuses = (await Promise.all([use(), use(), use()])).map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([200, 410, 410]);
  });

  test("a key's rate and its cap of new agents", async () => {
    const { secret } = await cli<{ secret: string }>(env, "keys", "create", "--name", "k");
    const send = (ids: string[]) =>
      fetch(`${sentinel.url}/api/v1/ingest`, {
        method: "POST",
        headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
        body: JSON.stringify(ids.map((agent_id) => ({ agent_id }))),
      });
    expect(await (await send(["a", "b", "c", "d", "a"])).json()).toMatchObject({
      accepted: 4,
      rejected: [{ index: 3, field: "agent_id" }],
    });
    // Each request asks for a whole second's allowance: two within one second never both pass, however slow the machine is.
    const began = performance.now();
    const answers: Response[] = [];
    const limited = () => answers.filter(({ status }) => status === 429);
    const full = Array.from({ length: EVENTS_PER_SECOND }, () => "a");
    while (limited().length === 0) answers.push(...(await Promise.all(Array.from({ length: 10 }, () => send(full)))));
    const seconds = (performance.now() - began) / 1_000;
    const passed = answers.length - limited().length;
    expect(passed).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
    expect(limited()[0]!.headers.get("retry-after")).toBe("1");
    expect((await problemOf(limited()[0]!)).code).toBe("rate_limited");
  });

  test("metrics and cron ask for their tokens", async () => {
    const get = (path: string, token?: string) =>
      fetch(sentinel.url + path, token ? { headers: { authorization: `Bearer ${token}` } } : {});
    expect((await problemOf(await get("/metrics"))).status).toBe(401);
    expect((await get("/metrics", "a-token-for-the-metrics")).status).toBe(200);
    // No secret is set here, so the route is closed to everybody.
    expect((await problemOf(await get("/api/cron/sentinel", "guess"))).status).toBe(403);
  });

  test("no secret is in the log", async () => {
    const output = sentinel.output();
    expect(output).not.toMatch(/snt_[\w-]{20}|correct horse/);
    expect(output.match(/snl_[\w-]{20}/g)?.length ?? 0).toBe(1);
  });

  test("SIGTERM closes streams and long-polls, and no idle connection holds it", async () => {
    const { link } = await cli<{ link: string }>(
      env,
      "user",
      "link",
      "--email",
      "ada@example.com",
      "--url",
      sentinel.url,
    );
    const signedIn = await fetch(`${sentinel.url}/api/v1/auth/link`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: new URL(link).hash.replace("#token=", "") }),
    });
    const cookie = signedIn.headers.getSetCookie()[0]!.split(";")[0]!;
    const { secret } = await cli<{ secret: string }>(env, "keys", "create", "--name", "poll", "--agent", "a");
    const streams = await Promise.all(
      Array.from({ length: 3 }, () => fetch(`${sentinel.url}/api/v1/events/stream`, { headers: { cookie } })),
    );
    for (const stream of streams) expect(stream.status).toBe(200);
    const read = streams.map((stream) => stream.text());
    const polls = Array.from({ length: 3 }, () =>
      fetch(`${sentinel.url}/api/v1/agents/a/directive?version=999&wait=${POLL_S}`, {
        headers: { authorization: `Bearer ${secret}` },
      }),
    );
    await expect
      .poll(async () => {
        const headers = { authorization: "Bearer a-token-for-the-metrics" };
        return (await fetch(`${sentinel.url}/metrics`, { headers })).text();
      })
      .toMatch(/^sentinel_directive_waiters 3$/m);
    // A connection on which nothing is ever sent, as browsers keep in reserve.
    const silent = connect(Number(new URL(sentinel.url).port), "127.0.0.1").on("error", () => undefined);
    await once(silent, "connect");
    const { code, ms } = await stopSentinel(sentinel);
    silent.destroy();
    expect(ms).toBeLessThan(POLL_S * 1_000);
    // 128 + 15: ended by SIGTERM, by its own exit.
    expect(code).toBe(143);
    for (const text of await Promise.all(read)) expect(text).toContain("retry:");
    for (const answer of await Promise.all(polls)) expect(answer.status).toBe(200);
  });
});

test("roles: what a viewer and an operator may not", async () => {
  for (const role of ["viewer", "operator"]) {
    expect(cookies[role]).toBeDefined();
    for (const path of ["/api/v1/keys", "/api/v1/users"]) {
      expect((await problemOf(await asPerson(role, path))).status).toBe(403);
    }
  }
});
