import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { done } from "@/lib/db/audit";
import { type Db, write } from "@/lib/db/client";
import { listAudit } from "@/lib/db/queries/audit";
import { NOW, openTestDb } from "@/lib/db/queries/test-world";
import { auditCheck } from "./audit-check";

let db: Db;
let shut: () => Promise<void>;
beforeAll(async () => {
  ({ db, close: shut } = await openTestDb());
  for (let n = 1; n <= 5; n++)
    await write(db, [{ sql: "SELECT 1", args: [], done: [done(NOW, { id: "u1", name: "Ada" }, "key.create", "key", `k${n}`)] }]); // prettier-ignore
});
afterAll(() => shut());

test("a log that was cut off is not called intact, and a row before the first is neither listed nor passed over", async () => {
  const checked = () => auditCheck(db, Date.now());
  await vi.waitFor(() => expect(checked()).toMatchObject({ state: "intact", verified_to: 5 }), 60_000);
  const row = async (sql: string) => void (await db.$client.execute(sql));
  await row("CREATE TEMP TABLE gone AS SELECT * FROM audit_log WHERE seq = 5");
  await row("DELETE FROM audit_log WHERE seq = 5");
  await vi.waitFor(() => expect(checked()).toMatchObject({ state: "broken", broken: { seq: 5 } }), 60_000);
  await row("INSERT INTO audit_log SELECT * FROM gone");
  await vi.waitFor(() => expect(checked()).toMatchObject({ state: "intact", verified_to: 5 }), 60_000);
  await row("INSERT INTO audit_log SELECT -1, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, details, prev, hash FROM gone");
  expect((await listAudit(db, {}, undefined, 100)).map(({ seq }) => seq)).toEqual([5, 4, 3, 2, 1]);
  await vi.waitFor(() => expect(checked().broken?.reason).toContain("before the first"), 60_000);
}); // prettier-ignore
