import { afterAll, beforeAll, expect, test } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeDb, getDb } from "@/lib/db/client";
import { migrateDb } from "@/lib/db/migrate";
import { listRuns } from "@/lib/db/queries/evals";
import { GET, POST } from "./route";

const folder = mkdtempSync(join(tmpdir(), "improve-route-"));
const SECRET = "cron-secret-of-this-test";
beforeAll(async () => {
  Object.assign(process.env, {
    LIBSQL_URL: `file:${join(folder, "s.db")}`,
    CRON_SECRET: SECRET,
    IMPROVE_REPOSITORY: "",
  });
  await migrateDb(await getDb());
});
afterAll(async () => {
  await closeDb();
  rmSync(folder, { recursive: true });
});

const ask = (handler: typeof GET, method: string, headers: Record<string, string>) =>
  handler(new Request("http://localhost/api/cron/improve", { method, headers }), { params: Promise.resolve({}) });

test.each([
  ["GET", GET],
  ["POST", POST],
] as const)("%s: the scheduler's secret is asked for, and without a repository it is off", async (method, handler) => {
  expect((await ask(handler, method, {})).status).toBe(401);
  expect((await ask(handler, method, { authorization: "Bearer wrong-secret-of-this-test" })).status).toBe(401);
  const answer = await ask(handler, method, { authorization: `Bearer ${SECRET}` });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining("IMPROVE_REPOSITORY is not set") });
  expect(await listRuns(await getDb(), 1)).toEqual([]);
});
