import { afterEach, beforeEach, expect, test } from "vitest";
import type { Db } from "@/lib/db/client";
import { listApiTokens, setApiTokenRevoked } from "@/lib/db/queries/api-tokens";
import { openTestDb } from "@/lib/db/queries/test-world";
import { createApiToken, isApiToken, verifyApiToken } from "./api-tokens";

const NOW = Date.UTC(2026, 4, 20);
const DAY = 86_400_000;

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => ({ db, close } = await openTestDb()));
afterEach(() => close());

const make = (more: { expiresAt?: number | null } = {}) =>
  createApiToken(
    db,
    { name: "deploy bot", role: "operator", expiresAt: null, createdBy: "a@example.com", ...more },
    NOW,
  );

test("a token speaks for a person of its own, named after it; only its hash is kept", async () => {
  const { secret, row } = await make();
  expect(isApiToken(secret)).toBe(true);
  expect(await verifyApiToken(db, secret, NOW)).toEqual({
    id: `token:${row.id}`,
    name: "deploy bot (API token)",
    email: "",
    role: "operator",
    scopes: [],
  });
  expect(JSON.stringify(await listApiTokens(db))).not.toContain(secret.slice(row.shown.length));
  for (const other of ["", `${secret}x`, secret.slice(0, -1), secret.toLowerCase()])
    expect(await verifyApiToken(db, other, NOW)).toBeNull();
});

test("it ends when its time is over, and at once when it is revoked, once", async () => {
  const { secret } = await make({ expiresAt: NOW + DAY });
  expect(await verifyApiToken(db, secret, NOW + DAY - 1)).not.toBeNull();
  expect(await verifyApiToken(db, secret, NOW + DAY)).toBeNull();
  const other = await make();
  expect(await setApiTokenRevoked(db, other.row.id, NOW, { id: "ada" })).toBe(true);
  expect(await setApiTokenRevoked(db, other.row.id, NOW, { id: "ada" })).toBe(false);
  expect(await verifyApiToken(db, other.secret, NOW)).toBeNull();
});

test("its last use is noted, at most once a minute", async () => {
  const { secret } = await make();
  const lastUsed = async () => (await listApiTokens(db))[0]!.lastUsedAt;
  await verifyApiToken(db, secret, NOW + 1);
  await expect.poll(lastUsed).toBe(NOW + 1);
  await verifyApiToken(db, secret, NOW + 59_000);
  await verifyApiToken(db, secret, NOW + 61_000);
  await expect.poll(lastUsed).toBe(NOW + 61_000);
});

test("what it may do over MCP is what it was made with, and nothing unless it was said", async () => {
  const { secret } = await createApiToken(
    db,
    { name: "assistant", role: "viewer", scopes: ["hold"], expiresAt: null, createdBy: "a@example.com" },
    NOW,
  );
  expect(await verifyApiToken(db, secret, NOW)).toMatchObject({ role: "viewer", scopes: ["hold"] });
  expect(await verifyApiToken(db, (await make()).secret, NOW)).toMatchObject({ role: "operator", scopes: [] });
});
