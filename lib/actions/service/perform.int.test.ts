import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EMPTY_ALLOW_LIST, type Means, parseAllowList } from "./allow-list";
import { dryRun, type OperationPorts, perform, prepare } from "./index";

const SECRET = `whsec_${Buffer.from("0123456789abcdef01234567").toString("base64")}`;
const MEANS: Means = { secrets: { default: SECRET }, github: true };
const ports: OperationPorts = {
  env: { PATH: process.env["PATH"], HOME: "/home/x", KUBECONFIG: "/k", EXTRA: "e", SENTINEL_SECRET: "s3cr3ts3cr3t" },
  github: null,
  now: () => Date.now(),
};
const BASE = { name: "do", title: "Do", services: ["*"], remedies: ["slow"], risk: "reversible", blast_radius: "none" };

function operation(entry: object, args: Record<string, unknown> = {}, service = "api") {
  const prepared = prepare(parseAllowList({ operations: [{ ...BASE, ...entry }] }, MEANS), "do", args, service);
  if (!prepared.ok) throw new Error(prepared.reason);
  return prepared.value;
}
const run = (entry: object, args?: Record<string, unknown>) => perform(operation(entry, args), ports, { idempotencyKey: "act_1" }); // prettier-ignore

describe("a command", () => {
  const node = (script: string, ...args: string[]) => ({
    kind: "command",
    argv: [process.execPath, "-e", script, "--", ...args],
  });

  it("gets what was prepared, and nothing of Sentinel's own", async () => {
    const entry = node(
      `console.log(JSON.stringify([process.argv.slice(1), process.env]))`,
      "{service}",
      "n={n}",
      "{mode}",
    );
    const params = {
      n: { type: "int", min: 1, max: 3, default: 1 },
      mode: { type: "enum", values: ["; touch /tmp/x", "$(id)"], default: "$(id)" },
    };
    const done = await run({ ...entry, params, env: ["EXTRA"] }, { n: 3, mode: "; touch /tmp/x" });
    expect(done).toMatchObject({ ok: true, detail: expect.stringMatching(/^exit code 0 after \d+ ms$/) });
    const [argv, env] = JSON.parse(String(done.result["stdout"])) as [string[], Record<string, string>];
    expect(argv).toEqual(["api", "n=3", "; touch /tmp/x"]);
    expect(env).toEqual({
      PATH: process.env["PATH"],
      HOME: "/home/x",
      KUBECONFIG: "/k",
      EXTRA: "e",
      SENTINEL_RUN: "act_1",
    });
  });

  it("that fails, is missing or is too slow says so", async () => {
    expect(await run(node(`console.error("no such container: password=hunter22"); process.exit(2)`))).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/^exit code 2 after \d+ ms: “no such container: password=\[redacted:password\]”$/),
      result: { kind: "ended", code: 2 },
    });
    expect(await run({ kind: "command", argv: ["sentinel-no-such-program"] })).toMatchObject({
      ok: false,
      detail: "nothing was run: program not found: sentinel-no-such-program",
    });
    expect(await run({ ...node("setInterval(() => {}, 1000)"), timeout_ms: 300 })).toMatchObject({
      ok: false,
      detail: "ended after 300 ms, its time limit; how far it got is unknown",
      result: { timedOut: true },
    });
  });

  it("is not run by its dry run, which says what would be", async () => {
    const entry = { kind: "command", argv: ["sentinel-no-such-program", "{service}"] };
    expect(await dryRun(operation(entry), ports)).toEqual({
      ok: true,
      detail: `Would run ["sentinel-no-such-program","api"]`,
      result: { argv: ["sentinel-no-such-program", "api"], cwd: null },
    });
    const dry = await dryRun(operation({ ...entry, dry_run: [process.execPath, "-p", "40 + 2", "{service}"] }), ports);
    expect(dry).toMatchObject({ ok: true, result: { dryRun: { code: 0, stdout: "42\n" } } });
  });
});

describe("a webhook", () => {
  let url: string;
  let received: { headers: IncomingMessage["headers"]; body: string }[];
  let reply: (response: ServerResponse) => void;
  let close: () => Promise<void>;
  beforeEach(async () => {
    received = [];
    reply = (response) => void response.writeHead(202).end("queued, api_key=abcdef123456");
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => {
        received.push({ headers: request.headers, body });
        reply(response);
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    close = () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
  });
  afterEach(() => close());
  const hook = (more: object = {}) => ({ kind: "webhook", url, ...more });
  const verified = () => new Webhook(SECRET).verify(received[0]!.body, received[0]!.headers as Record<string, string>);

  it("is signed so that a receiver by the standard accepts it, and carries the run", async () => {
    const done = await run(hook());
    expect(done).toMatchObject({ ok: true, detail: "127.0.0.1 answered 202", result: { status: 202 } });
    expect(done.result["answer"]).toBe("queued, api_key=[redacted:password]");
    expect(verified()).toMatchObject({
      type: "sentinel.operation",
      data: { run: "act_1", operation: "do", service: "api", args: {} },
    });
    expect(received[0]!.headers["webhook-id"]).toBe("act_1");
    expect(JSON.stringify(done)).not.toContain(SECRET);
  });

  it("sends the entry's own body, values of their own type", async () => {
    const params = { keep: { type: "int", min: 0, max: 9, default: 3 } };
    await run(hook({ body: { queue: "q-{service}", keep: "{keep}", text: 'keep "{keep}"', fixed: true }, params }), {
      keep: 7,
    });
    expect(verified()).toEqual({ queue: "q-api", keep: 7, text: 'keep "7"', fixed: true });
  });

  it("that was changed on the way is not accepted", async () => {
    await run(hook());
    received[0]!.body = received[0]!.body.replace("api", "db");
    expect(verified).toThrow(/No matching signature/);
  });

  it("is not sent elsewhere", async () => {
    reply = (response) => void response.writeHead(307, { location: `${url}/elsewhere` }).end();
    expect(await run(hook())).toMatchObject({
      ok: false,
      detail: "127.0.0.1 answered with a redirect (307), which is not followed",
    });
    expect(received).toHaveLength(1);
  });

  it("that is refused, never answered, cut off or endless is sent once", async () => {
    reply = (response) => void response.writeHead(500).end("broken");
    expect(await run(hook())).toMatchObject({
      ok: false,
      detail: "127.0.0.1 answered 500",
      result: { answer: "broken" },
    });
    reply = () => undefined;
    expect(await run(hook({ timeout_ms: 300 }))).toMatchObject({ ok: false, detail: expect.stringMatching(/did not answer \(too slow\); it is unknown whether it took effect/) }); // prettier-ignore
    reply = (response) => void response.socket?.destroy();
    expect(await run(hook())).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/did not answer \(.*\); it is unknown whether/),
    });
    reply = (response) => {
      const more = () => response.writable && response.write("x".repeat(65_536), () => setImmediate(more));
      more();
    };
    expect((await run(hook({ timeout_ms: 20_000 }))).result["answer"]).toMatch(/^x{4000}$/);
    expect(received).toHaveLength(4);
  });

  it("is not sent by a dry run", async () => {
    expect(await dryRun(operation(hook()), ports)).toMatchObject({
      ok: true,
      detail: `Would send a signed POST to ${url}`,
    });
    expect(received).toEqual([]);
  });
});

it("notify changes nothing, and says so", async () => {
  const prepared = prepare(EMPTY_ALLOW_LIST, "notify", {}, "api");
  if (!prepared.ok) throw new Error(prepared.reason);
  expect(await perform(prepared.value, ports, { idempotencyKey: "act_1" })).toEqual({ ok: true, detail: "Nothing was changed", result: {} }); // prettier-ignore
});
