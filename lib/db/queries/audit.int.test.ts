import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { done } from "../audit";
import { type Db, write } from "../client";
import { listAudit, listAuditActors } from "./audit";
import { NOW, openTestDb } from "./test-world";

const MINUTE = 60_000;
const DONE = [
  // Another process's clock is a minute behind.
  ["u1", "Ada", "key.create", "k1", NOW - 90 * MINUTE],
  ["u2", "Bo", "key.revoke", "k1", NOW - 91 * MINUTE],
  ["u1", "Ada", "keyring.open", "k2", NOW - 50 * MINUTE],
  ["u3", "Cy", "key.create", "k3", NOW - 51 * MINUTE],
  ["u1", "Ada Lovelace", "user.create", "u4", NOW],
] as const;

let db: Db;
let shut: () => Promise<void>;
beforeAll(async () => {
  ({ db, close: shut } = await openTestDb());
  for (const [id, name, action, subject, at] of DONE)
    await write(db, [{ sql: "SELECT 1", args: [], done: [done(at, { id, name }, action as "key.create", "key", subject)] }]); // prettier-ignore
});
afterAll(() => shut());

const seqs = async (filter: Parameters<typeof listAudit>[1]) =>
  (await listAudit(db, filter, undefined, 100)).map(({ seq }) => seq);

test("actors are listed once, by their newest name, whoever did last first", async () => {
  expect((await listAuditActors(db)).map(({ id, name }) => [id, name])).toEqual([
    ["u1", "Ada Lovelace"],
    ["u3", "Cy"],
    ["u2", "Bo"],
  ]);
});

test.each([
  [{}, [5, 4, 3, 2, 1]],
  [{ action: "key" }, [4, 2, 1]],
  [{ action: "key.create" }, [4, 1]],
  [{ from: NOW - 60 * MINUTE }, [5, 4, 3]],
  [{ from: NOW - 50 * MINUTE }, [5, 3]],
  [{ from: NOW - 91 * MINUTE, to: NOW - 51 * MINUTE }, [4, 2, 1]],
  [{ from: NOW + 1 }, []],
  [{ actor: "u1", action: "key" }, [1]],
])("%j lets through %j", async (filter, expected) => {
  expect(await seqs(filter)).toEqual(expected);
});

/** What `EXPLAIN QUERY PLAN` says of the statements that `work` reads with. */
async function plansOf(work: () => Promise<unknown>): Promise<string[]> {
  const asked = vi.spyOn(db.$client, "execute");
  await work();
  const statements = asked.mock.calls.map(([statement]) => statement as unknown as { sql: string; args: never[] });
  asked.mockRestore();
  expect(statements.length).toBeGreaterThan(0);
  const plans = await Promise.all(statements.map(({ sql, args }) => db.$client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args }))); // prettier-ignore
  return plans.flatMap(({ rows }) => rows.map(({ detail }) => detail as unknown as string));
}

test.each([
  ["actors", () => listAuditActors(db)],
  ["a group of actions", () => listAudit(db, { action: "fault" }, undefined, 100)],
  ["the last hour", () => listAudit(db, { from: NOW - 60 * MINUTE }, undefined, 100)],
])("%s are found without reading the whole log", async (_, work) => {
  const plans = await plansOf(work);
  expect(plans.filter((plan) => /SCAN (?:audit_log|entry)/.test(plan))).toEqual([]);
});
