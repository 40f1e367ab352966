import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import { type Db, openDb } from "@/lib/db/client";
import { loadRollupCursor, rollUp } from "@/lib/db/queries/rollup";
import { holdLease } from "@/lib/db/queries/retention";
import { anomalyRow, anomaly, eventRow, insert, NOW, openTestDb } from "@/lib/db/queries/test-world";
import { changeDiffs, logLines } from "@/lib/db/schema";
import { prune } from "./prune";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
const KEEP = { rawMs: 14 * DAY, rollupMs: 90 * DAY, contentMs: 3 * DAY };
const OLD = NOW - 15 * DAY;
const ANCIENT = NOW - 91 * DAY;

let db: Db;
let url: string;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ db, url, close } = await openTestDb());
  await insert(db, "shards", [
    { id: 0, cursor: 1_000_000_000 },
    { id: 1, cursor: 2 },
  ]);
});
afterEach(() => close());

const count = async (table: string) =>
  (await db.all<{ n: number }>(sql.raw(`SELECT count(*) AS n FROM ${table}`)))[0]!.n;
const rollups = () =>
  db.all<{ agent: string; hour: number; metric: string; count: number; sum: number; min: number; max: number }>(
    sql`SELECT agent_id AS agent, hour, metric, count, sum, min, max FROM rollups ORDER BY agent, hour, metric`,
  );
const calls = (agentId: string, from: number, n: number) =>
  Array.from({ length: n }, (_, i) => eventRow(agentId, from + i, { latency_ms: i + 1, success: i % 2 === 0 }));

describe("rollups", () => {
  it("add every event to its own hour, once, however often they are made", async () => {
    const hour = Math.floor(NOW / HOUR);
    await insert(db, "agentEvents", [
      eventRow("a", hour * HOUR + 1, { latency_ms: 10, success: true }),
      eventRow("a", hour * HOUR + 2, { latency_ms: 30, success: false }),
      eventRow("a", hour * HOUR - 1, { latency_ms: 5 }),
      eventRow("a", hour * HOUR, { latency_ms: 7, tool: "t" }, { kind: "tool_call" }),
      eventRow("a", hour * HOUR, {}, { kind: "heartbeat" }),
    ]);
    expect(await rollUp(db)).toBe(5);
    expect(await rollUp(db)).toBe(0);
    // A late event, of an hour that was rolled up before.
    await insert(db, "agentEvents", [
      eventRow("a", hour * HOUR - 2, { latency_ms: 1 }, { receivedAt: NOW, late: true }),
    ]);
    expect(await rollUp(db)).toBe(1);
    expect(await rollups()).toEqual([
      { agent: "a", hour: hour - 1, metric: "latency_ms", count: 2, sum: 6, min: 1, max: 5 },
      { agent: "a", hour, metric: "error", count: 2, sum: 1, min: 0, max: 1 },
      { agent: "a", hour, metric: "latency_ms", count: 2, sum: 40, min: 10, max: 30 },
      { agent: "a", hour, metric: "tool.latency_ms", count: 1, sum: 7, min: 7, max: 7 },
    ]);
  });

  it("lose and double nothing when several processes make them while events arrive", async () => {
    const others = await Promise.all([1, 2].map(() => openDb({ url })));
    const total = 9_000;
    const arrive = async () => {
      for (let n = 0; n < total; n += 1_500) await insert(db, "agentEvents", calls("a", NOW + n, 1_500));
    };
    const roll = async (via: Db) => {
      while ((await loadRollupCursor(via)) < total)
        if (!(await rollUp(via))) await new Promise((done) => setTimeout(done, 5));
    };
    await Promise.all([arrive(), ...[db, ...others].map(roll)]);
    const sums = await db.all<{ n: number; sum: number }>(
      sql`SELECT sum(count) AS n, sum(sum) AS sum FROM rollups WHERE metric = 'latency_ms'`,
    );
    expect(sums).toEqual([{ n: total, sum: 6 * ((1_500 * 1_501) / 2) }]);
    for (const other of others) other.$client.close();
  });
});

describe("pruning", () => {
  it("ends what is past its time, and keeps the record", async () => {
    await insert(db, "agentEvents", [...calls("a", OLD, 10), ...calls("a", NOW - DAY, 7)]);
    await insert(db, "rollups", [
      { agentId: "b", hour: Math.floor(ANCIENT / HOUR), metric: "cost", count: 1, sum: 1, min: 1, max: 1 },
      { agentId: "b", hour: Math.floor(OLD / HOUR), metric: "cost", count: 1, sum: 1, min: 1, max: 1 },
    ]);
    await insert(db, "runs", [
      { agentId: "a", runId: "ended", startedAt: ANCIENT, lastAt: ANCIENT },
      { agentId: "a", runId: "goes on", startedAt: ANCIENT, lastAt: NOW },
    ]);
    await insert(db, "ingestRequests", [
      { keyId: "k", idempotencyKey: "old", digest: "", answer: { accepted: 1, duplicates: 0 }, at: OLD },
      { keyId: "k", idempotencyKey: "new", digest: "", answer: { accepted: 1, duplicates: 0 }, at: NOW },
    ]);
    await insert(db, "agentInstances", [
      { agentId: "a", instanceId: "gone", firstSeenAt: OLD, lastSeenAt: OLD },
      { agentId: "a", instanceId: "here", firstSeenAt: OLD, lastSeenAt: NOW },
    ]);
    await db.insert(logLines).values([
      { node: "api", at: OLD, receivedAt: OLD, line: "old" },
      // Its own time says nothing of when it came: a backlog is sent late.
      { node: "api", at: OLD, receivedAt: NOW, line: "fresh" },
    ]);
    await db.insert(changeDiffs).values([
      { changeId: "c-old", files: [], createdAt: OLD },
      { changeId: "c-new", files: [], createdAt: NOW },
    ]);
    await insert(db, "anomalies", [
      anomalyRow("loose", "a", null, anomaly({ at: ANCIENT })),
      anomalyRow("record", "a", "inc-1", anomaly({ at: ANCIENT })),
      anomalyRow("fresh", "a", null),
    ]);
    await insert(db, "streamEvents", [
      { at: ANCIENT, type: "agent.healthy", text: "loose", data: {} },
      { at: ANCIENT, type: "agent.healthy", text: "record", incidentId: "inc-1", data: {} },
      { at: NOW, type: "agent.healthy", text: "fresh", data: {} },
    ]);

    const report = await prune(db, NOW, KEEP);
    expect(report).toMatchObject({
      rolledUp: 17,
      deleted: {
        events: 10,
        logs: 1,
        diffs: 1,
        rollups: 1,
        runs: 1,
        requests: 1,
        instances: 1,
        anomalies: 1,
        history: 1,
      },
      more: false,
    });
    expect(await count("agent_events")).toBe(7);
    // The numbers of what is gone live on.
    expect(
      (await rollups()).filter((row) => row.agent === "a" && row.metric === "latency_ms").map((row) => row.count),
    ).toEqual([10, 7]);
    expect(await prune(db, NOW, KEEP)).toMatchObject({ rolledUp: 0, deleted: { events: 0, history: 0 } });
  });

  it("keeps what has not been judged, however old", async () => {
    await insert(
      db,
      "agentEvents",
      calls("a", OLD, 5).map((row) => ({ ...row, shard: 1 })),
    );
    await prune(db, NOW, KEEP);
    expect(await count("agent_events")).toBe(3);
    await insert(db, "agentEvents", [{ ...eventRow("z", OLD, {}), shard: 9 }]);
    await prune(db, NOW, KEEP);
    expect(await count("agent_events")).toBe(4);
  });

  it("is done by one at a time, and by the next when the lease ran out", async () => {
    await holdLease(db, { name: "prune", owner: "another", until: NOW + 1_000 }, NOW);
    expect(await prune(db, NOW, KEEP)).toBeNull();
    expect(await prune(db, NOW + 1_001, KEEP)).not.toBeNull();
    expect(await count("leases")).toBe(0);
  });

  it("works in bounded steps and gives the space back", async () => {
    for (let n = 0; n < 30; n++) await insert(db, "agentEvents", calls(`agent-${n}`, OLD, 1_000));
    const pages = async () => (await db.all<{ page_count: number }>(sql`PRAGMA page_count`))[0]!.page_count;
    const before = await pages();
    const first = await prune(db, NOW, KEEP);
    expect(first).toMatchObject({ rolledUp: 30_000, more: true, deleted: { events: 10_000 } });
    const second = await prune(db, NOW, KEEP);
    const third = await prune(db, NOW, KEEP);
    expect([second, third].map((report) => report!.deleted.events)).toEqual([10_000, 10_000]);
    expect(await prune(db, NOW, KEEP)).toMatchObject({ rolledUp: 0, deleted: { events: 0 }, more: false });
    expect(await pages()).toBeLessThan(before / 2);
  });
});
