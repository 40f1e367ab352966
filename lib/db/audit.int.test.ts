import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AuditEntry, ChainCheck } from "@/lib/core/base/audit-chain";
import { done, keyActor, sha256 } from "./audit";
import { type Db, openDb, write } from "./client";
import { commit } from "./commit";
import { migrateDb } from "./migrate";
import { findAuditHead, listAudit, listAuditAfter } from "./queries/audit";
import { writeOnThread } from "./write-thread";

const folder = mkdtempSync(join(tmpdir(), "sentinel-audit-"));
const url = `file:${join(folder, "sentinel.db")}`;
let db: Db;

beforeAll(async () => {
  db = await openDb({ url });
  await migrateDb(db);
  await write(db, [{ sql: "CREATE TABLE t (n INTEGER PRIMARY KEY)", args: [] }]);
  await write(db, [
    {
      sql: "INSERT INTO users (id, name, email, role, email_verified, created_at, updated_at) VALUES ('u1', 'Ada', 'ada@example.com', 'admin', 1, 0, 0)",
      args: [],
    },
  ]);
});
afterAll(() => {
  db.$client.close();
  rmSync(folder, { recursive: true });
});

const all = async () => listAuditAfter(db, 0, Number.MAX_SAFE_INTEGER, 100_000);
const newest = async () => (await listAudit(db, {}, undefined, 1))[0]!;
function firstBroken(entries: AuditEntry[]) {
  const check = new ChainCheck(sha256);
  for (const entry of entries) if (!check.take(entry)) break;
  return check.end();
}

/** Writes rows with an entry each, as another process that has the file open. */
const WRITER = `
  import { openDb, write } from "./lib/db/client.ts";
  import { done } from "./lib/db/audit.ts";
  const [url, from, count] = [process.argv[1], Number(process.argv[2]), Number(process.argv[3])];
  const db = await openDb({ url });
  console.log("open");
  for await (const _ of process.stdin) break;
  for (let n = from; n < from + count; n++)
    await write(db, [{ sql: "INSERT INTO t (n) VALUES (?)", args: [n], done: [done(n, { id: "p" + from, name: "P" }, "key.create", "key", String(n))] }]);
  process.exit(0);`;

describe("entries are written with what they tell of", () => {
  test("of a transaction that failed, or whose claim was lost, there is none", async () => {
    const before = await findAuditHead(db);
    const insert = { sql: "INSERT INTO t (n) VALUES (?)", args: [-1] };
    const told = done(1, { id: "u1" }, "key.create", "key", "k1");
    await expect(write(db, [insert, { ...insert, done: [told] }])).rejects.toThrow(/UNIQUE/);
    const lost = { sql: "UPDATE t SET n = 0 WHERE n = -1", args: [] };
    expect(await commit(db, { claims: [lost], done: [told] })).toBeNull();
    expect(await findAuditHead(db)).toEqual(before);
    expect((await db.$client.execute("SELECT count(*) FROM t")).rows[0]![0]).toBe(0);
  });

  test("an event that is an act is one, by who did it, under their name at the time; an observation is none", async () => {
    await commit(db, {
      claims: [],
      events: [
        { at: 5, type: "agent.healthy", agentId: "a", text: "back" },
        { at: 6, type: "stop.on", text: "Global stop: password=hunter2hunter2", data: { by: "u1", page: true } },
        { at: 7, type: "agent.quarantined", agentId: "a", incidentId: "inc_1", text: "held", data: { version: 2, auto: true } }, // prettier-ignore
      ],
    });
    const [second, first] = await listAudit(db, {}, undefined, 2);
    expect(first).toMatchObject({
      at: 6,
      actor: { kind: "person", id: "u1", name: "Ada" },
      action: "stop.on",
      subject: { kind: "settings", id: "settings" },
    });
    expect(JSON.stringify(first!.details)).not.toContain("hunter2");
    expect(first!.details).not.toHaveProperty("by");
    expect(second).toMatchObject({
      actor: { kind: "sentinel", id: "sentinel", name: "Sentinel" },
      action: "agent.quarantine",
      subject: { kind: "agent", id: "a" },
      details: { text: "held", incident: "inc_1", version: 2 },
    });
  });

  test.each([
    ["half a character and a NUL", "a\ud800b\0c", "a\ufffdb\ufffdc"],
    ["a long name", "x".repeat(5_000), "x".repeat(1_000)],
    ["an emoji that the cut divides", `${"x".repeat(999)}😀`, `${"x".repeat(999)}\ufffd`],
  ])("a name with %s comes back as it was hashed", async (_, name, kept) => {
    await commit(db, { claims: [], done: [done(8, { id: "k", name }, "key.create", "key", name, { name, n: NaN })] });
    expect(await newest()).toMatchObject({ actor: { name: kept }, subject: { id: kept }, details: { n: null } });
    expect(firstBroken(await all())).toBeNull();
  });

  test("details that are too many are named by their hash", async () => {
    const list = Array.from({ length: 3_000 }, (_, n) => `item ${n}`);
    await commit(db, { claims: [], done: [done(9, keyActor({ id: "k9", name: "ci" }), "key.create", "key", "a", { list })] }); // prettier-ignore
    expect(await newest()).toMatchObject({
      actor: { kind: "key" },
      details: { sha256: sha256(JSON.stringify({ list })) },
    });
  });
});

test("writers of several processes and threads never fork the chain, and lose nothing", async () => {
  const before = (await findAuditHead(db)).seq;
  const stop = writeOnThread(db, { url });
  const other = await openDb({ url });
  const EACH = 60;
  const processes = [1_000, 2_000].map((from) =>
    spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", WRITER, url, String(from), String(EACH)], {
      stdio: ["pipe", "pipe", "inherit"],
    }),
  );
  await Promise.all(processes.map(({ stdout }) => once(stdout, "data")));
  for (const { stdin } of processes) stdin.end("go\n");
  const here = [db, other].map(async (mine, i) => {
    for (let n = 0; n < EACH; n++) {
      const at = 3_000 + 1_000 * i + n;
      await write(mine, [{ sql: "INSERT INTO t (n) VALUES (?)", args: [at], done: [done(at, { id: `h${i}`, name: "H" }, "key.create", "key", String(at))] }]); // prettier-ignore
    }
  });
  await Promise.all([...here, ...processes.map((child) => once(child, "exit"))]);
  expect(processes.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  await stop();
  other.$client.close();

  const entries = await all();
  expect(firstBroken(entries)).toBeNull();
  expect(entries.length - before).toBe(4 * EACH);
  const rows = await db.$client.execute("SELECT n FROM t ORDER BY n");
  const told = entries.slice(before).map(({ subject }) => Number(subject.id));
  expect(told.toSorted((a, b) => a - b)).toEqual(rows.rows.map((row) => Number(row["n"])));
});
