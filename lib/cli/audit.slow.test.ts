import { execFile } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { done } from "@/lib/db/audit";
import { openDb } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { migrateDb } from "@/lib/db/migrate";

const folder = mkdtempSync(join(tmpdir(), "sentinel-audit-cli-"));
const url = `file:${join(folder, "sentinel.db")}`;
const path = (name: string) => join(folder, name);
const run = promisify(execFile);

/** The command, as people call it. */
async function sentinel(...words: string[]): Promise<{ code: number; said: string }> {
  // oxlint-disable-next-line node/no-process-env -- a child process has the environment of its parent, and another database
  const env = { ...process.env, LIBSQL_URL: url };
  try {
    const { stdout } = await run(process.execPath, ["--import", "tsx", "lib/cli/main.ts", "audit", ...words], { env });
    return { code: 0, said: stdout };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { code, said: stderr };
  }
}
const verify = (...words: string[]) => sentinel("verify", ...words);

let head = "";
beforeAll(async () => {
  const db = await openDb({ url });
  await migrateDb(db);
  for (let n = 1; n <= 600; n++)
    await commit(db, { claims: [], done: [done(n, { id: "u1", name: "Ada" }, "key.create", "key", `k${n}`, { n })] });
  db.$client.close();
  expect(await sentinel("export", "--out", path("log.jsonl"))).toMatchObject({ code: 0 });
  head = (await sentinel("head")).said.trim();
});
afterAll(() => rmSync(folder, { recursive: true }));

const rows = () => readFileSync(path("log.jsonl"), "utf8").trim().split("\n");
function kept(name: string, lines: readonly string[]): string {
  writeFileSync(path(name), `${lines.join("\n")}\n`);
  return path(name);
}

test("an export is recorded, is verified, and carries its head", async () => {
  expect(head).toMatch(/^601:[0-9a-f]{64}$/);
  expect(rows()).toHaveLength(602);
  expect(JSON.parse(rows()[600]!)).toMatchObject({ action: "audit.export", actor: { kind: "command_line" } });
  const plain = await verify(path("log.jsonl"));
  expect(plain).toMatchObject({ code: 0, said: expect.stringContaining("Rows 1 to 601 are as they were written") });
  expect(plain.said).toContain("No anchor was compared");
  expect(await verify(path("log.jsonl"), "--head", head)).toMatchObject({
    code: 0,
    said: expect.stringContaining("1 anchor matched"),
  });
});

describe("the first broken row is named", () => {
  test.each<[string, (lines: string[]) => string[], number]>([
    ["a changed field", (lines) => lines.with(16, lines[16]!.replace("Ada", "Eve")), 17],
    ["a field more", (lines) => lines.with(16, lines[16]!.replace("{", '{"note":"x",')), 17],
    ["a row that is no JSON", (lines) => lines.with(16, lines[16]!.slice(0, 40)), 17],
    ["a row less", (lines) => lines.toSpliced(16, 1), 17],
    ["two rows in the other order", (lines) => lines.with(16, lines[17]!).with(17, lines[16]!), 17],
    ["a cut file", (lines) => lines.slice(0, 500), 501],
    ["a cut file with its last line", (lines) => [...lines.slice(0, 500), lines.at(-1)!], 501],
  ])("%s", async (name, tamper, row) => {
    const answer = await verify(kept(`${name}.jsonl`, tamper(rows())));
    expect(answer).toMatchObject({ code: 1, said: expect.stringContaining(`Row ${row} is broken`) });
  });

  test("a cut log that says it ends there, by a kept head; by the server's log too", async () => {
    const { seq, hash } = JSON.parse(rows()[499]!) as { seq: number; hash: string };
    const cut = kept("cut.jsonl", [...rows().slice(0, 500), JSON.stringify({ head: { seq, hash, at: 500 } })]);
    expect(await verify(cut)).toMatchObject({ code: 0 });
    expect((await verify(cut, "--head", head)).said).toContain("Row 501 is broken: it is missing");
    const [at, of] = head.split(":");
    const logged = kept("server.log", [
      "plain text",
      JSON.stringify({ level: 30, audit_head: { seq: Number(at), hash: of }, msg: "audit log" }),
    ]);
    expect((await verify(cut, "--anchors", logged)).said).toContain("Row 501 is broken: it is missing");
    // An earlier export is as good.
    expect((await verify(cut, "--anchors", path("log.jsonl"))).said).toContain("Row 501 is broken");
  });
});

test("exports that are appended to one another are one log", async () => {
  expect(await sentinel("export", "--after", "601", "--out", path("more.jsonl"))).toMatchObject({ code: 0 });
  const more = readFileSync(path("more.jsonl"), "utf8");
  const alone = await verify(path("more.jsonl"));
  expect(alone).toMatchObject({ code: 1, said: expect.stringContaining("Row 1 is broken: it is missing") });
  expect(await verify(path("more.jsonl"), "--head", head)).toMatchObject({ code: 0 });
  appendFileSync(kept("both.jsonl", rows()), more);
  expect(await verify(path("both.jsonl"), "--head", head)).toMatchObject({
    code: 0,
    said: expect.stringContaining("Rows 1 to 602"),
  });
});

test.each([
  ["a head that is none", ["--head", "abc"], "must be NUMBER:HASH"],
  ["anchors without an anchor", ["--anchors", "README.md"], "names no row with its hash"],
])("%s is refused", async (_, words, why) => {
  expect(await verify(path("log.jsonl"), ...words)).toMatchObject({ code: 1, said: expect.stringContaining(why) });
});
