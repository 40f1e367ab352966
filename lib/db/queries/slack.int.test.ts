import { expect, test, vi } from "vitest";
import { incidents } from "../schema";
import { readIncidentNow } from "./slack";
import { NOW, openTestDb } from "./test-world";

test("what a message says of its incident is read by indexes, however many approvals there were", async () => {
  const { db, close } = await openTestDb();
  try {
    await db.insert(incidents).values({ id: "inc_1", kind: "agent", state: "open", title: "t", severity: 8, mode: "act", onsetAt: NOW, openedAt: NOW }); // prettier-ignore
    const execute = vi.spyOn(db.$client, "execute");
    expect((await readIncidentNow(db, "inc_1"))?.incident.id).toBe("inc_1");
    const asked = execute.mock.calls.map(([statement]) => statement as unknown as { sql: string; args: never });
    execute.mockRestore();
    const plans = await Promise.all(asked.map(({ sql, args }) => db.$client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args }))); // prettier-ignore
    const steps = plans.flatMap(({ rows }) => rows.map((row) => row["detail"] as string));
    expect(steps).toContainEqual(expect.stringContaining("USING INDEX approvals_incident (incident_id=?)"));
    expect(steps.filter((step) => step.startsWith("SCAN"))).toEqual([]);
  } finally {
    await close();
  }
});
