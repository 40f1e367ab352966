import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Db, openDb, write } from "./client";
import { commit } from "./commit";
import { migrateDb } from "./migrate";
import { writeOnThread } from "./write-thread";

const folder = mkdtempSync(join(tmpdir(), "sentinel-writer-"));
const url = `file:${join(folder, "sentinel.db")}`;
let db: Db;
let stop: () => Promise<void>;

beforeAll(async () => {
  db = await openDb({ url });
  await migrateDb(db);
  await write(db, [{ sql: "CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)", args: [] }]);
  stop = writeOnThread(db, { url });
});
afterAll(async () => {
  await stop();
  db.$client.close();
  rmSync(folder, { recursive: true });
});

const add = (n: number) => ({ sql: "INSERT INTO t (n) VALUES (?)", args: [n] });
const count = async () => (await db.$client.execute("SELECT count(*) FROM t")).rows[0]![0];

it("answers with what was written, which whoever reads then sees", async () => {
  const [inserted, back] = await write(db, [
    { sql: "INSERT INTO t VALUES (1, ?)", args: [new Uint8Array([1, 2])] },
    { sql: "UPDATE t SET n = 2 WHERE n = 1 RETURNING n AS number, b", args: [] },
  ]);
  expect(inserted).toMatchObject({ rowsAffected: 1, lastInsertRowid: 1n });
  expect(back!.rows).toEqual([{ number: 2, b: new Uint8Array([1, 2]).buffer }]);
  expect(await count()).toBe(1);
});

it("says what the database says, and writes nothing of what failed", async () => {
  await expect(write(db, [add(7), add(7)])).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT", statementIndex: 1 });
  // A claim that another won is no error.
  expect(
    await commit(db, { claims: [{ sql: "UPDATE t SET n = 9 WHERE n = 8", args: [] }], writes: [add(8)] }),
  ).toBeNull();
  expect(await count()).toBe(1);
});

/** Another process that holds the file from when it says so until its input ends. */
const HOLDER = `
  import { createClient } from "@libsql/client";
  const held = await createClient({ url: process.argv[1] }).transaction("write");
  console.log("held");
  for await (const _ of process.stdin);
  await held.commit();`;

it("keeps nobody waiting while another process holds the file", async () => {
  const args = ["--input-type=module", "-e", HOLDER, url];
  const holder = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  const before = await count();
  let done = false;
  const written = write(db, [add(20)]).finally(() => (done = true));
  // On the thread of whoever writes, none of these turns would come before the lock is free or given up.
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  expect(done).toBe(false);
  expect(await count()).toBe(before);
  // It may have ended before what waited is written.
  const ended = once(holder, "exit");
  holder.stdin.end();
  await written;
  await ended;
  expect(await count()).toBe(Number(before) + 1);
});

it("fails what a thread was doing that ended, and not what the next one does", async () => {
  await stop();
  const blocked = join(folder, "blocked");
  writeFileSync(blocked, "where a folder has to be");
  const end = writeOnThread(db, { url: `file:${join(blocked, "other.db")}` });
  const create = () => write(db, [{ sql: "CREATE TABLE u (n INTEGER)", args: [] }]);
  await create().then(
    () => expect.unreachable("there is no such folder"),
    () => rmSync(blocked),
  );
  await create();
  await end();
  stop = writeOnThread(db, { url });
});

it("ends, and this thread writes again", async () => {
  await stop();
  await write(db, [add(30)]);
  expect((await db.$client.execute("SELECT n FROM t WHERE n = 30")).rows).toHaveLength(1);
});
