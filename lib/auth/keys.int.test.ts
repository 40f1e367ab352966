import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Db, openDb } from "@/lib/db/client";
import { migrateDb } from "@/lib/db/migrate";
import { findOwner, listKeys, setKeyRevoked } from "@/lib/db/queries/keys";
import { agentRow, insert } from "@/lib/db/queries/test-world";
import {
  assertBound,
  createKey,
  type IngestKey,
  may,
  mayForService,
  type NewKey,
  revokeKey,
  mayReportFor,
  verifyKey,
} from "./keys";

let folder: string;
let db: Db;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sentinel-keys-"));
  db = await openDb({ url: `file:${join(folder, "s.db")}` });
  await migrateDb(db);
});
afterAll(async () => {
  db.$client.close();
  await rm(folder, { recursive: true });
});

test("a key is known by its secret, which is kept nowhere", async () => {
  const { id, secret } = await createKey(db, { name: "k", createdBy: "t" }, 1_000);
  expect(secret).toMatch(/^snt_[\w-]{43}$/);
  expect(await verifyKey(db, secret, 1_000)).toMatchObject({ id, agentId: null, namePrefix: null });
  expect(JSON.stringify(await listKeys(db))).not.toContain(secret);
  expect(await verifyKey(db, `${secret}x`, 1_000)).toBeNull();
  expect(await verifyKey(db, "", 1_000)).toBeNull();
});

test("a key revoked here ends at once", async () => {
  const { id, secret } = await createKey(db, { name: "k", createdBy: "t" }, 1_000);
  expect(await verifyKey(db, secret, 2_000)).not.toBeNull();
  expect(await revokeKey(db, id, 2_000, { id: "ada" })).toBe(true);
  expect(await verifyKey(db, secret, 2_000)).toBeNull();
  expect(await revokeKey(db, id, 2_000, { id: "ada" })).toBe(false);
  expect(await revokeKey(db, "nothing", 2_000, { id: "ada" })).toBe(false);
});

test("a key revoked by another process ends within a second", async () => {
  const { id, secret } = await createKey(db, { name: "k", createdBy: "t" }, 1_000);
  expect(await verifyKey(db, secret, 5_000)).not.toBeNull();
  await setKeyRevoked(db, id, 5_100, { id: "ada" });
  expect(await verifyKey(db, secret, 6_000)).toBeNull();
});

describe("whom a key may speak for", () => {
  const key = (bound: Partial<IngestKey>): IngestKey => ({
    id: "1",
    name: "k",
    agentId: null,
    namePrefix: null,
    scopes: ["events", "changes"],
    services: [],
    ...bound,
  });
  test.each([
    [key({}), "anyone", true],
    [key({ agentId: "a" }), "a", true],
    [key({ agentId: "a" }), "A", false],
    [key({ agentId: "a" }), "ab", false],
    [key({ namePrefix: "team-" }), "team-1", true],
    [key({ namePrefix: "team-" }), "team", false],
    [key({ namePrefix: "team-" }), "other-team-1", false],
  ])("%j for %j: %s", (bound, agentId, expected) => expect(may(bound, agentId)).toBe(expected));
});

test("an agent belongs to the key that introduced it, to keys of its name, and to those that an admin binds to it", async () => {
  const made = async (more: Partial<NewKey>) => {
    const { id, secret } = await createKey(db, { name: "billing", createdBy: "t", ...more }, 1);
    return { id, key: (await verifyKey(db, secret, 1))! };
  };
  const first = await made({});
  await insert(db, "agents", [agentRow("b-1", { keyId: first.id })]);
  const speaks = async ({ key }: { key: IngestKey }) => mayReportFor(key, "b-1", await findOwner(db, "b-1"));
  const other = await made({ name: "search" });
  expect(await speaks(first)).toBe(true);
  expect(await speaks(other)).toBe(false);
  expect(await speaks(await made({ name: "search", namePrefix: "b-" }))).toBe(true);
  expect(await speaks(await made({ name: "search", agentId: "b-2" }))).toBe(false);
  // A key takes turns with the one that it replaces; once that is revoked, anybody who is let in may take the agent over.
  expect(await speaks(await made({}))).toBe(true);
  await revokeKey(db, first.id, 2, { id: "ada" });
  expect(await speaks(other)).toBe(true);
});

test.each([
  [[], "checkout", false],
  [["checkout"], "checkout", true],
  [["checkout"], "checkout-2", false],
  [["payments-*", "ledger"], "payments-api", true],
  [["payments-*", "ledger"], "payments", false],
  [["payments-*", "ledger"], "ledger", true],
  [["*"], "anything", true],
])("a key bound to the services %j, for %s: %s", (services, service, expected) => {
  expect(mayForService({ id: "1", name: "k", agentId: null, namePrefix: null, scopes: [], services }, service)).toBe(expected); // prettier-ignore
});

test("a key is bound to subjects of each kind by themselves", async () => {
  const { secret } = await createKey(db, { name: "k", agentId: "shop", services: ["ledger"], createdBy: "t" }, 1);
  const key = (await verifyKey(db, secret, 1))!;
  await assertBound(db, key, "agent", "shop", "subject_id");
  await assertBound(db, key, "service", "ledger", "subject_id");
  // An agent's name gives no right to a service of the same name, nor the reverse.
  await expect(assertBound(db, key, "service", "shop", "subject_id")).rejects.toThrow("not bound to the service");
  await expect(assertBound(db, key, "agent", "ledger", "subject_id")).rejects.toThrow("not bound to the agent");
});

test("keys from before scopes may do what they could rightly do, and keep their bounds", async () => {
  const old = join(folder, "old.db");
  const client = createClient({ url: `file:${old}` });
  const all = (await readdir("drizzle")).filter((name) => name.endsWith(".sql")).toSorted();
  const migration = all.find((name) => name.endsWith("key-scopes.sql"))!;
  const before = all.slice(0, all.indexOf(migration));
  for (const name of before)
    await client.executeMultiple(
      (await readFile(join("drizzle", name), "utf8")).replaceAll("--> statement-breakpoint", ""),
    );
  const insert = (id: string, agent: string | null, prefix: string | null) =>
    client.execute({
      sql: "INSERT INTO ingest_keys (id, hash, shown, name, agent_id, name_prefix, created_by, created_at) VALUES (?1, ?1, '', ?1, ?2, ?3, 't', 1)",
      args: [id, agent, prefix],
    });
  await insert("any", null, null);
  await insert("one", "shop-1", null);
  await insert("team", null, "team-");
  await client.executeMultiple(
    (await readFile(join("drizzle", migration), "utf8")).replaceAll("--> statement-breakpoint", ""),
  );
  const { rows } = await client.execute("SELECT id, scopes, services FROM ingest_keys ORDER BY id");
  client.close();
  const every = '["events","changes","logs"]';
  expect(rows.map(({ id, scopes, services }) => [id, scopes, services])).toEqual([
    ["any", every, '["*"]'],
    ["one", every, '["shop-1"]'],
    ["team", every, '["team-*"]'],
  ]);
});
