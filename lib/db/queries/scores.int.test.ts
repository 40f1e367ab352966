import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Db, write } from "../client";
import { incidentRow, insert, NOW, openTestDb } from "./test-world";
import { goesOnElsewhere, listUnscored } from "./scores";

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => ({ db, close } = await openTestDb()));
afterEach(() => close());

const CLOSED = { state: "resolved", closedAt: NOW, outcome: "over" } as const;

/** How SQLite looks up what `query` asks, a line a step. */
async function planOf(query: () => Promise<unknown>): Promise<string[]> {
  const execute = vi.spyOn(db.$client, "execute");
  await query();
  const asked = execute.mock.calls.map(([statement]) => statement as unknown as { sql: string; args: never });
  execute.mockRestore();
  const plans = await Promise.all(
    asked.map(({ sql, args }) => db.$client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args })),
  );
  return plans.flatMap(({ rows }) => rows.map((row) => row["detail"] as string));
}

test("incidents whose scores are due are found by an index that holds no others", async () => {
  const scored = Array.from({ length: 1_200 }, (_, i) => incidentRow(`scored-${i}`, { ...CLOSED, scoreDue: false }));
  await insert(db, "incidents", scored);
  await insert(db, "incidents", [
    incidentRow("open", {}),
    incidentRow("first", CLOSED),
    incidentRow("last", { ...CLOSED, closedAt: NOW + 1 }),
    incidentRow("left", { ...CLOSED, closedAt: NOW + 2 }),
  ]);
  await write(db, [{ sql: "ANALYZE", args: [] }]);
  const found = () => listUnscored(db, ["left"], 10);
  expect((await found()).map(({ id }) => id)).toEqual(["last", "first"]);
  // One step: no other table, and nothing to sort.
  expect(await planOf(found)).toEqual([expect.stringMatching(/^SEARCH incidents USING INDEX incidents_unscored /)]);
  expect(await planOf(() => goesOnElsewhere(db, "last"))).not.toContainEqual(
    expect.stringMatching(/^SCAN stream_events/),
  );
});
