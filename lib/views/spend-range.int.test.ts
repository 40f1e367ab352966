import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestDb } from "@/lib/db/queries/test-world";
import { type Db, write } from "@/lib/db/client";
import { agents, spend } from "@/lib/db/schema";
import { spentBetween } from "./spend-range";

const { signal } = new AbortController();

const NOW = Date.UTC(2026, 4, 20, 14, 0);
const QUARTER = 900_000;

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => ({ db, close } = await openTestDb()));
afterEach(() => close());

const row = (dimension: "team" | "agent" | "fleet", name: string, ago: number, usd: number, more = {}) =>
  db.insert(spend).values({ dimension, name, quarter: NOW - ago * QUARTER, nanoUsd: usd * 1e9, ...more });

test("sums a range in whole quarters of an hour, the highest first", async () => {
  await write(db, [
    row("team", "web", 4, 3, { tokens: 10, modelCalls: 2 }),
    row("team", "web", 2, 1, { tokens: 5, unpriced: 1, toolCalls: 4 }),
    row("team", "ml", 1, 2),
    row("team", "early", 9, 50),
    row("fleet", "*", 4, 3),
    row("fleet", "*", 1, 3),
    row("fleet", "*", 0, 99),
  ]);
  const asked = { by: "team" as const, from: NOW - 4 * QUARTER + 1, to: NOW - 1, limit: 5, signal };
  const spent = await spentBetween(db, asked);
  expect(spent).toMatchObject({ from: NOW - 4 * QUARTER, to: NOW, names: 2, total: { usd: 6 } });
  expect(spent.rows).toEqual([
    { name: "web", usd: 4, tokens: 15, modelCalls: 2, toolCalls: 4, unpriced: 1, uncounted: 0 },
    { name: "ml", usd: 2, tokens: 0, modelCalls: 0, toolCalls: 0, unpriced: 0, uncounted: 0 },
  ]);
  expect(await spentBetween(db, { ...asked, limit: 1 })).toMatchObject({ rows: [{ name: "web" }], names: 2 });
  expect(await spentBetween(db, { ...asked, by: "user" })).toMatchObject({ rows: [], names: 0, total: { usd: 6 } });
});

test("by agent and by type; an agent that is not known any more counts as (unknown)", async () => {
  const agent = (id: string, type: string) => db.insert(agents).values({ id, type, shard: 0, firstSeenAt: 1, lastSeenAt: 1, stateSince: 1, createdBy: "k" } as typeof agents.$inferInsert); // prettier-ignore
  await write(db, [
    agent("a-1", "Research"),
    agent("a-2", "Research"),
    row("agent", "a-1", 1, 1),
    row("agent", "a-2", 1, 2),
    row("agent", "gone", 1, 4),
    row("agent", "a-1", 900, 64),
  ]);
  const asked = { from: NOW - 4 * QUARTER, to: NOW, limit: 5, signal };
  const names = async (by: "agent" | "type") =>
    (await spentBetween(db, { ...asked, by })).rows.map(({ name, usd }) => [name, usd]);
  expect(await names("agent")).toEqual([["gone", 4], ["a-2", 2], ["a-1", 1]]); // prettier-ignore
  expect(await names("type")).toEqual([["(unknown)", 4], ["Research", 3]]); // prettier-ignore
});

/** Every name of a dimension in each quarter of an hour of some days, as a large fleet has them. */
const fill = (dimension: string, names: number, quarters: number) =>
  write(db, [
    {
      sql: `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?2 - 1),
              q(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM q WHERE i < ?3)
            INSERT INTO spend (dimension, name, quarter, nano_usd) SELECT ?1, 'x-' || n.i, ?4 - q.i * ?5, 1e9 FROM q, n`,
      args: [dimension, names, quarters, NOW, QUARTER],
    },
  ]);

test("of a large fleet others are answered in between, one caller comes after another, and who left is not summed for", async () => {
  await fill("agent", 2_000, 96);
  const order: string[] = [];
  let turns = 0;
  const count = () => (turns++, order.length < 2 && setImmediate(count));
  const ask = async (name: string, quarters: number) => {
    const from = NOW - quarters * QUARTER;
    const { rows, names } = await spentBetween(db, { by: "agent", from, to: NOW, limit: 1, signal });
    order.push(name);
    return [rows[0]!.usd, names];
  };
  const leaver = new AbortController();
  setImmediate(count);
  const asked = [ask("first, large", 96), ask("second, small", 1)];
  const left = spentBetween(db, { by: "agent", from: NOW - 86_400_000, to: NOW, limit: 1, signal: leaver.signal });
  leaver.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  expect(await Promise.all(asked)).toEqual([[96, 2_000], [1, 2_000]]); // prettier-ignore
  expect(order).toEqual(["first, large", "second, small"]);
  expect(turns).toBeGreaterThan(8);
}, 30_000); // prettier-ignore

test.each(["agent", "type", "team", "fleet"] as const)("by %s only the range is read, by its index", async (by) => {
  await fill(by === "type" ? "agent" : by, 5, 9_000);
  const read: string[] = [];
  const { $client: client } = db;
  const execute = client.execute.bind(client);
  client.execute = (async (statement: { sql: string; args: [] }) => {
    if (statement.sql?.includes("FROM spend")) {
      const plan = await execute({ ...statement, sql: `EXPLAIN QUERY PLAN ${statement.sql}` });
      read.push(plan.rows.map((row) => row["detail"] as string).find((detail) => detail.includes(" spend"))!);
    }
    return execute(statement);
  }) as never;
  expect(await spentBetween(db, { by, from: NOW - 3_600_000, to: NOW, limit: 5, signal })).toMatchObject({ rows: by === "type" ? [{ usd: 20 }] : Array(5).fill({ usd: 4 }) }); // prettier-ignore
  expect(new Set(read)).toEqual(new Set(["SEARCH spend USING INDEX spend_dimension (dimension=? AND quarter>? AND quarter<?)"])); // prettier-ignore
});
