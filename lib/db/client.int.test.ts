import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openDb, write } from "./client";

const folder = mkdtempSync(join(tmpdir(), "sentinel-client-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Another process that holds the file from when it says so until its input ends. */
const HOLDER = `
  import { createClient } from "@libsql/client";
  const held = await createClient({ url: process.argv[1] }).transaction("write");
  await held.execute("INSERT INTO t VALUES (1)");
  console.log("held");
  for await (const _ of process.stdin);
  await held.commit();`;

it("goes on once a file is free again that was held for longer than a write waits", async () => {
  const url = `file:${join(folder, "held.db")}`;
  const db = await openDb({ url });
  const add = (n: number) => write(db, [{ sql: "INSERT INTO t VALUES (?)", args: [n] }]);
  const first = async (sql: string) => (await db.$client.execute(sql)).rows[0]![0];
  await write(db, [{ sql: "CREATE TABLE t (n INTEGER)", args: [] }]);

  const args = ["--input-type=module", "-e", HOLDER, url];
  const holder = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  await expect(add(2)).rejects.toThrow(/SQLITE_BUSY/);
  holder.stdin.end();
  await once(holder, "exit");

  expect(await first("SELECT count(*) FROM t")).toBe(1);
  await add(3);
  expect(await first("SELECT count(*) FROM t")).toBe(2);
  expect(await first("PRAGMA synchronous"), "NORMAL").toBe(1);
  db.$client.close();
});
