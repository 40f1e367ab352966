import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Db, openDb } from "@/lib/db/client";
import { migrateDb } from "@/lib/db/migrate";
import { listKeys, setKeyRevoked } from "@/lib/db/queries/keys";
import { chargeEvents, createKey, type IngestKey, may, revokeKey, verifyKey } from "./keys";

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
  expect(await revokeKey(db, id, 2_000)).toBe(true);
  expect(await verifyKey(db, secret, 2_000)).toBeNull();
  expect(await revokeKey(db, id, 2_000)).toBe(false);
  expect(await revokeKey(db, "nothing", 2_000)).toBe(false);
});

test("a key revoked by another process ends within a second", async () => {
  const { id, secret } = await createKey(db, { name: "k", createdBy: "t" }, 1_000);
  expect(await verifyKey(db, secret, 5_000)).not.toBeNull();
  await setKeyRevoked(db, id, 5_100);
  expect(await verifyKey(db, secret, 6_000)).toBeNull();
});

describe("whom a key may speak for", () => {
  const key = (bound: Partial<IngestKey>): IngestKey => ({
    id: "1",
    name: "k",
    agentId: null,
    namePrefix: null,
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

test("a key's rate is its own, and a request larger than it gets through once", async () => {
  const [a, b] = [
    { id: "rate-a", name: "a", agentId: null, namePrefix: null },
    { id: "rate-b", name: "b", agentId: null, namePrefix: null },
  ] as const;
  await chargeEvents(a, 1e9);
  await expect(chargeEvents(a, 1)).rejects.toMatchObject({
    code: "rate_limited",
    details: { headers: { "retry-after": "1" } },
  });
  await chargeEvents(b, 0);
});
