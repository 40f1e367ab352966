import { execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { write } from "@/lib/db/client";
import { openTestDb } from "@/lib/db/queries/test-world";
import { logLines } from "@/lib/db/schema";
import { fetchLogs, type LogQuery, type LogSource } from "./logs";
import { type FileLogsConfig, fileLogs } from "./logs-files";
import { lokiLogs } from "./logs-loki";
import { pushedLogs } from "./logs-pushed";
import { json, serve, type TestServer } from "./test-server";

/** 2026-05-20 12:30:01 UTC. */
const AT = 1_779_280_201;
const pino = (t: number, msg: string, rest: object = {}) =>
  JSON.stringify({ level: 30, time: t * 1_000, ...rest, msg });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "logs-"));
});
afterAll(() => rm(folder, { recursive: true }));

let places = 0;
/** A directory of its own with such files. */
async function place(files: Record<string, string>): Promise<string> {
  const path = join(folder, String(places++));
  for (const [name, body] of Object.entries(files)) {
    await mkdir(join(path, name, ".."), { recursive: true });
    await writeFile(join(path, name), body);
  }
  return path;
}
const read = (config: Omit<FileLogsConfig, "source">, query: Partial<LogQuery> = {}) =>
  fileLogs({ source: "files", ...config }).read({ node: "shop", from: AT - 60, to: AT + 60, limit: 100, ...query });
const texts = async (config: Omit<FileLogsConfig, "source">, query: Partial<LogQuery> = {}) => {
  const looked = await read(config, query);
  if (!looked.ok) throw new Error(looked.reason);
  return looked.value.map(({ line }) => line);
};

describe("files", () => {
  test("JSON lines and plain lines within the window; lines without a time go with the one before", async () => {
    const path = await place({
      "shop.log": [
        "  a trace that began before the file did",
        pino(AT - 61, "before"),
        "  its trace",
        pino(AT, "inside"),
        "  at frame (x.ts:1)",
        "",
        "2026-05-20T12:30:31Z plain",
        pino(AT + 61, "after"),
      ].join("\n"),
    });
    const looked = await read({ path });
    expect(looked).toEqual({
      ok: true,
      source: "files",
      truncated: false,
      value: [
        { t: AT, node: "shop", line: pino(AT, "inside") },
        { t: AT, node: "shop", line: "  at frame (x.ts:1)" },
        { t: AT + 30, node: "shop", line: "2026-05-20T12:30:31Z plain" },
      ],
    });
  });

  test("whose lines they are: by file, by folder, by field, by configuration", async () => {
    const path = await place({
      "shop.log": pino(AT, "own"),
      "shop-2026-05-20.log.1": pino(AT - 30, "rotated"),
      "shop-db.log": pino(AT, "another's"),
      "shop/stdout.txt": pino(AT + 1, "folder"),
      "all.jsonl": [pino(AT, "f1", { service: "shop" }), pino(AT, "f2", { service: "cart" })].join("\n"),
    });
    const msgs = async (config: Partial<FileLogsConfig>, query: Partial<LogQuery> = {}) =>
      (await texts({ path, ...config }, query)).map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(await msgs({})).toEqual(["rotated", "own", "folder"]);
    expect(await msgs({}, { node: "shop-db" })).toEqual(["another's"]);
    expect(await msgs({ field: "service" })).toEqual(["f1"]);
    expect(await msgs({ path: join(path, "all.jsonl"), node: "shop" })).toEqual(["f1", "f2"]);
    expect(await msgs({ path: join(path, "all.jsonl"), node: "shop" }, { node: "cart" })).toEqual([]);
    expect(await msgs({}, { node: "../shop" })).toEqual([]);
  });

  test("a large file costs what the window costs", async () => {
    const path = await place({});
    await mkdir(path);
    const out = createWriteStream(join(path, "shop.log"));
    for (let i = 0; i < 400_000; i++)
      if (
        !out.write(`${pino(AT + i, `request ${i} was answered, and this makes the line longer than it was before`)}\n`)
      )
        await new Promise<void>((done) => void out.once("drain", done));
    out.end();
    await finished(out);
    // 50 MB in all, of which no more than this is read after the window's beginning.
    const looked = await read({ path, maxBytes: 128 * 1024 }, { from: AT + 300_000, to: AT + 300_010, limit: 1_000 });
    expect(looked).toMatchObject({ ok: true, truncated: false });
    expect(looked.ok && looked.value.length).toBe(11);
    expect(await texts({ path }, { from: AT + 399_999, to: AT + 500_000 })).toHaveLength(1);
    expect(await texts({ path }, { from: 0, to: AT })).toHaveLength(1);
    expect(await read({ path }, { from: AT, to: AT + 400_000 })).toMatchObject({ truncated: true });
    expect(await read({ path, maxBytes: 10_000 }, { from: AT, to: AT + 400_000, limit: 1e6 })).toMatchObject({
      ok: true,
      truncated: true,
    });
  });

  test("whatever stands in a file, the search finds what reading all of it would", async () => {
    const line = fc.record({
      step: fc.constantFrom(0, 0, 1),
      timed: fc.integer({ min: 0, max: 9 }).map((n) => n > 1),
      size: fc.integer({ min: 0, max: 400 }),
    });
    const path = await place({ "shop.log": "" });
    const property = fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 30 }),
      // Long enough for the search to have something to halve.
      fc.integer({ min: 1, max: 150 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 40 }),
      async (pattern, times, share, length) => {
        const lines = Array.from({ length: times }, () => pattern).flat();
        const from = Math.floor(share * lines.reduce((sum, { step }) => sum + step, 0));
        let t = AT;
        let last: number | null = null;
        const expected: string[] = [];
        const text = lines.map(({ step, timed, size }, i) => {
          t += step;
          const written = timed ? pino(t, `${i} ${"é".repeat(size)}`) : `  at ${i} ${"x".repeat(size)}`;
          if (timed) last = t;
          if (last !== null && last >= AT + from && last <= AT + from + length) expected.push(written);
          return written;
        });
        await writeFile(join(path, "shop.log"), text.join("\n"));
        const looked = await read({ path }, { from: AT + from, to: AT + from + length, limit: 100_000 });
        if (expected.length > 0 || looked.ok)
          expect(looked.ok && looked.value.map((one) => one.line)).toEqual(expected);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  test("what leads out of the directory, pipes, packed files and files without times are not looked at", async () => {
    const secret = await place({ "secret.txt": pino(AT, "hush") });
    const path = await place({ "cart.log": "no time here\nnor here" });
    await writeFile(join(path, "old.log.zst"), Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]));
    await symlink(join(secret, "secret.txt"), join(path, "shop.log"));
    await symlink(secret, join(path, "linked"));
    await symlink(join(path, "cart.log"), join(path, "inside.log"));
    execFileSync("mkfifo", [join(path, "pipe.log")]);
    const out = { ok: false, reason: "shop.log: a symbolic link points outside the directory" };
    expect(await read({ path })).toMatchObject(out);
    expect(await read({ path: join(path, "shop.log"), node: "shop" })).toMatchObject(out);
    expect(await read({ path }, { node: "cart" })).toMatchObject({
      reason: "cart.log: no line has a readable timestamp",
    });
    expect(await read({ path }, { node: "inside" })).toMatchObject({
      reason: "inside.log: no line has a readable timestamp",
    });
    expect(await read({ path }, { node: "old" })).toMatchObject({
      reason: expect.stringMatching(/^old.log.zst: .*compressed with zstd/),
    });
    expect(await read({ path }, { node: "pipe" })).toMatchObject({ ok: true, value: [] });
    expect(await read({ path: join(path, "pipe.log"), node: "shop" })).toMatchObject({ ok: true, value: [] });
    expect(await read({ path: join(path, "missing") })).toMatchObject({ reason: expect.stringMatching(/ENOENT/) });
    expect(await texts({ path }, { node: "nobody" })).toEqual([]);
  });

  test("one line without end, and bytes that are no text, end in time", async () => {
    const path = await place({ "shop.log": pino(AT, "x"), "cart.log": `${pino(AT, "good")}\n\u0000\u0001\ufffd\n` });
    await truncate(join(path, "shop.log"), 200 * 1024 * 1024);
    expect(await read({ path, maxBytes: 1024 * 1024 })).toMatchObject({ ok: false });
    expect(await texts({ path }, { node: "cart" })).toHaveLength(2);
  });
});

describe("Loki", () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());
  const loki = async (body: unknown, status = 200): Promise<LogSource> => {
    server = await serve((_, response) => json(response, body, status));
    return lokiLogs({ source: "loki", url: server.url, labels: { cluster: "a" } }, { fetch, now: Date.now });
  };
  const query = { node: 'sh"op\\} |= `x`', from: AT, to: AT + 1.5, limit: 2 };
  const streams = (...values: string[][][]) => ({
    status: "success",
    data: { resultType: "streams", result: values.map((one) => ({ stream: {}, values: one })) },
  });

  test("asks for exact labels in the order of time, and merges streams", async () => {
    const looked = await (
      await loki(streams([[`${AT}500000000`, "second"]], [[`${AT}000000001`, "first"]], []))
    ).read(query);
    expect(looked).toMatchObject({
      ok: true,
      truncated: true,
      value: [
        { t: AT, line: "first" },
        { t: AT + 0.5, line: "second" },
      ],
    });
    const asked = new URL(server!.asked[0]!.slice("GET ".length), server!.url);
    expect(asked.pathname).toBe("/loki/api/v1/query_range");
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      query: '{cluster="a",service_name="sh\\"op\\\\} |= `x`"}',
      start: `${AT}000000000`,
      end: `${AT + 1}501000000`,
      limit: "2",
      direction: "forward",
    });
  });

  test("refusals and other answers are not looked at, and say why", async () => {
    expect(await (await loki("parse error", 400)).read(query)).toMatchObject({
      ok: false,
      reason: '400 "parse error"',
    });
    await server?.close();
    expect(await (await loki({ status: "success", data: { resultType: "matrix", result: [] } })).read(query)).toEqual({
      ok: false,
      source: "loki",
      reason: "the answer is not a valid Loki API response",
    });
  });

  const scripted = async (answer: (asked: URL) => [status: number, body: unknown]) => {
    server = await serve((request, response) => {
      const [status, body] = answer(new URL(request.url!, "http://loki"));
      if (typeof body === "string") response.writeHead(status, { "content-type": "text/plain" }).end(body);
      else json(response, body, status);
    });
    return lokiLogs({ source: "loki", url: server.url }, { fetch, now: Date.now });
  };
  const number = (asked: URL, name: string) => Number(asked.searchParams.get(name));

  test("a tenant that is missing is said as Loki says it", async () => {
    const source = await scripted(() => [401, "no org id\n"]);
    expect(await fetchLogs([source], { node: "shop", from: AT, to: AT + 60, limit: 100 })).toMatchObject({
      lines: [],
      looked: [],
      couldNotLook: [{ source: "loki", reason: "401 no org id" }],
    });
  });

  test("fewer lines than were asked for are asked for where Loki allows fewer, and remembered", async () => {
    const all = Array.from({ length: 900 }, (_, i) => [`${AT + i}000000000`, `l${i}`]);
    const source = await scripted((asked) => {
      if (number(asked, "limit") > 500)
        return [
          400,
          `max entries limit per query exceeded, limit > max_entries_limit (${number(asked, "limit")} > 500)`,
        ];
      const within = all.filter(([ns]) => Number(ns) >= number(asked, "start") && Number(ns) < number(asked, "end"));
      return [200, streams(within.slice(0, number(asked, "limit")) as string[][])];
    });
    const logs = await fetchLogs([source], { node: "shop", from: AT, to: AT + 900, limit: 1_500 });
    expect(logs.couldNotLook).toEqual([]);
    expect(logs.lines.length).toBe(900);
    expect(server!.asked.filter((one) => one.includes("limit=1500")).length).toBe(1);
  });

  test.each([
    ["the query time range exceeds the limit (query length: 4h0m0s, limit: 1h0m0s)", 3_600],
    ["the query time range exceeds the limit (query length: 30d1h, limit: 1d2h)", 93_600],
    ["the query would read too many bytes (query: 12 GB, limit: 10 GB)", 5_000],
  ])("a long range is read in parts: %s", async (refusal, most) => {
    const length = most * 3.5;
    const source = await scripted((asked) => {
      const [start, end] = [number(asked, "start") / 1e9, number(asked, "end") / 1e9];
      if (end - start > most) return [400, refusal];
      const times = Array.from({ length: 36 }, (_, i) => AT + (i * length) / 36).filter((t) => t >= start && t < end);
      return [200, streams(times.map((t) => [`${Math.round(t * 1e3)}000000`, `line at ${t}`]))];
    });
    const looked = await source.read({ node: "shop", from: AT, to: AT + length, limit: 1_000 });
    expect(looked.ok && looked.value.length).toBe(36);
    expect(looked).toMatchObject({ ok: true, truncated: false });
  });

  test("a refusal in the midst of it leaves what was read, and is named", async () => {
    const source = await scripted((asked) => {
      const [start, end] = [number(asked, "start") / 1e9, number(asked, "end") / 1e9];
      if (end - start > 60.1) return [400, "the query time range exceeds the limit (query length: 3m, limit: 1m)"];
      return start > AT + 100 ? [503, "too busy"] : [200, streams([[`${AT + 1}000000000`, "first"]])];
    });
    expect(await source.read({ node: "shop", from: AT, to: AT + 180, limit: 1_000 })).toMatchObject({
      ok: true,
      truncated: true,
      missing: [{ source: "loki", reason: "503 too busy" }],
    });
  });

  test("a label that no stream has is no empty log", async () => {
    const source = await scripted((asked) =>
      asked.pathname.endsWith("/labels") ? [200, { status: "success", data: ["app", "job"] }] : [200, streams()],
    );
    expect(await source.read(query)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/service_name \(there are app, job\): set LOKI_SERVICE_LABEL/),
    });
    await server?.close();
    const right = await scripted(
      (asked) =>
      asked.pathname.endsWith("/labels") ? [200, { data: ["service_name"] }] : [200, { status: "success", data: { resultType: "streams", result: null } }], // prettier-ignore
    );
    expect(await right.read(query)).toMatchObject({ ok: true, value: [] });
  });
});

test("lines that were pushed, by node and time", async () => {
  const { db, close } = await openTestDb();
  const rows = [-1, 0, 1, 2].map((s) => ({ node: "shop", at: (AT + s) * 1_000, receivedAt: 0, line: `l${s}` }));
  await write(db, [db.insert(logLines).values([...rows, { node: "cart", at: AT * 1_000, receivedAt: 0, line: "no" }])]);
  const query = { node: "shop", from: AT, to: AT + 2, limit: 2 };
  expect(await pushedLogs(db).read(query)).toEqual({
    ok: true,
    source: "pushed logs",
    truncated: true,
    value: [
      { t: AT, node: "shop", line: "l0" },
      { t: AT + 1, node: "shop", line: "l1" },
    ],
  });
  const levels = [["cart", "it hurts", "error"], ["cart", "ERROR it hurts", "error"], ["cart", '{"msg":"x"}', "warn"]] as const; // prettier-ignore
  await write(db, [
    db.insert(logLines).values(levels.map(([node, line, level], i) => ({ node, line, level, at: (AT + 60 + i) * 1_000, receivedAt: 0 }))), // prettier-ignore
  ]);
  const cart = await pushedLogs(db).read({ node: "cart", from: AT + 60, to: AT + 70, limit: 9 });
  expect(cart.ok && cart.value.map(({ line }) => line)).toEqual(["error it hurts", "ERROR it hurts", '{"msg":"x"}']);
  await close();
  expect(await pushedLogs(db).read(query)).toMatchObject({ ok: false, reason: expect.stringMatching(/^the database/) });
});

describe("sources together", () => {
  const source = (name: string, lines: [number, string][], limit = Infinity): LogSource => ({
    source: name,
    read: ({ node, from, to, ...query }) => {
      const all = lines.filter(([t]) => t >= from && t <= to).map(([t, line]) => ({ t, node, line }));
      const most = Math.min(limit, query.limit);
      return Promise.resolve({ ok: true, source: name, value: all.slice(0, most), truncated: all.length > most });
    },
  });
  const broken: LogSource = {
    source: "c",
    read: () => Promise.resolve({ ok: false, source: "c", reason: "not reached" }),
  };

  test("are merged in the order of time; what two hold is given once, what one says twice stays; failures are named", async () => {
    const a = source("a", [[AT, "x"], [AT, "x"], [AT + 2, "y\u001b[31m red\u0007\u202e"]]); // prettier-ignore
    const b = source("b", [[AT, "x"], [AT + 1, "z"]]); // prettier-ignore
    expect(await fetchLogs([a, b, broken], { node: "n", from: AT, to: AT + 9, limit: 10 })).toEqual({
      lines: [
        { t: AT, node: "n", line: "x" },
        { t: AT, node: "n", line: "x" },
        { t: AT + 1, node: "n", line: "z" },
        { t: AT + 2, node: "n", line: "y red" },
      ],
      truncated: false,
      looked: [
        { source: "a", lines: 3, truncated: false },
        { source: "b", lines: 2, truncated: false },
      ],
      couldNotLook: [{ source: "c", reason: "not reached" }],
    });
  });

  test("long lines are cut; JSON stays JSON", async () => {
    const long = { level: 50, msg: "it failed", err: { message: "no", stack: "at x\n".repeat(5_000) } };
    const a = source("a", [[AT, JSON.stringify(long)], [AT + 1, "x".repeat(9_000)], [AT + 2, `{${"y".repeat(9_000)}`]]); // prettier-ignore
    const { lines } = await fetchLogs([a], { node: "n", from: AT, to: AT + 9, limit: 10 });
    expect(JSON.parse(lines[0]!.line)).toMatchObject({ msg: "it failed", err: { message: "no" } });
    expect(lines.map(({ line }) => line.length <= 4_001)).toEqual([true, true, true]);
  });

  test("of a window with too many lines each part is represented", async () => {
    const many = source(
      "a",
      Array.from({ length: 8_000 }, (_, i) => [AT + i / 10, `l${i}`]),
    );
    const { lines, truncated } = await fetchLogs([many], { node: "n", from: AT, to: AT + 800, limit: 400 });
    expect(truncated).toBe(true);
    expect(lines.length).toBeGreaterThan(350);
    expect(lines.length).toBeLessThanOrEqual(400);
    for (let part = 0; part < 8; part++)
      expect(lines.filter(({ t }) => t >= AT + part * 100 && t < AT + (part + 1) * 100).length).toBeGreaterThan(43);
    const two = await fetchLogs([many, source("b", [[AT + 799, "b"]])], {
      node: "n",
      from: AT,
      to: AT + 800,
      limit: 8,
    });
    expect(two.lines.length).toBe(8);
  });

  test.each([
    ["to its end", 800],
    ["until it fell silent", 761.3],
    ["until it fell silent long before", 230],
    ["for a moment", 3],
  ])("of a node that wrote %s the last words are read, however many lines there were", async (_, until) => {
    const wrote = Array.from({ length: until * 50 }, (__, i): [number, string] => [AT + i / 50, `l${i}`]);
    const last: [number, string] = [AT + until, "fatal uncaught exception"];
    const many = source("a", [...wrote, last]);
    const { lines } = await fetchLogs([many], { node: "n", from: AT, to: AT + 800, limit: 100 });
    expect(lines.at(-1)).toMatchObject({ t: last[0], line: last[1] });
    expect(lines.length).toBeLessThanOrEqual(100);
    expect(new Set(lines.map(({ line }) => line)).size).toBe(lines.length);
  });
});
