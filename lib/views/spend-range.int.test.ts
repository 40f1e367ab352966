import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestDb } from "@/lib/db/queries/test-world";
import { type Db, write } from "@/lib/db/client";
import { agents, spend } from "@/lib/db/schema";
import { spentBetween } from "./spend-range";

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
  const asked = { by: "team" as const, from: NOW - 4 * QUARTER + 1, to: NOW - 1, limit: 5 };
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
  const asked = { from: NOW - 4 * QUARTER, to: NOW, limit: 5 };
  const names = async (by: "agent" | "type") =>
    (await spentBetween(db, { ...asked, by })).rows.map(({ name, usd }) => [name, usd]);
  expect(await names("agent")).toEqual([["gone", 4], ["a-2", 2], ["a-1", 1]]); // prettier-ignore
  expect(await names("type")).toEqual([["(unknown)", 4], ["Research", 3]]); // prettier-ignore
});
