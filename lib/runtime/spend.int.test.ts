import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentEvent } from "@/lib/contracts/event";
import { windowAt } from "@/lib/core/budgets/windows";
import { openDb, write } from "@/lib/db/client";
import { type BudgetRow, saveBudget } from "@/lib/db/queries/budgets";
import { listWindows, type WindowKey } from "@/lib/db/queries/spend";
import { createSweeper } from "@/lib/detection/sweeper";
import { register } from "@/lib/ingest/register";
import { sweep } from "./sweep";
import { TestFleet } from "./test-fleet";

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
});
afterEach(() => fleet.close());

const budget = (more: Partial<BudgetRow>): BudgetRow => ({
  id: "b",
  scope: "team",
  subject: "*",
  window: "day",
  zone: "UTC",
  measure: "usd",
  limit: 1e6,
  warnShare: 0.8,
  atLimit: "pause_and_ask",
  createdAt: fleet.now,
  updatedAt: fleet.now,
  updatedBy: "Ada",
  ...more,
});
const set = (more: Partial<BudgetRow>) => write(fleet.db, [saveBudget(fleet.db, budget(more), null)]);

const label = (agentId: string, labels: Record<string, string>) =>
  register(fleet.db, fleet.key, { agent_id: agentId, agent_type: "Research", labels }, fleet.now, fleet.config);

async function window(scope: WindowKey["scope"], subject: string, kind: WindowKey["window"] = "day", zone = "UTC") {
  const start = kind === "run" ? 0 : windowAt(kind, zone, fleet.now).start;
  const [row] = await listWindows(fleet.db, [
    { scope, window: kind, zone: kind === "run" ? "" : zone, start, subject },
  ]);
  return row;
}

it("is told apart by team, user, repository, agent, model and tool, and what nobody priced is no zero", async () => {
  await label("a-1", { team: "ml", user: "ada", repository: "acme/shop" });
  await label("a-2", { team: "ml" });
  const call = (id: string, more: Partial<AgentEvent>) => fleet.call(id, { cost: 0.25, token_count: 100, ...more });
  const { cost: _c, ...unpriced } = call("a-2", { model: "m-new", success: true });
  await fleet.send([
    call("a-1", {}),
    call("a-1", { model: "m-2" }),
    call("a-2", {}),
    unpriced,
    { agent_id: "a-2", kind: "tool_call", tool: "search", timestamp: fleet.now },
    { agent_id: "a-1", kind: "run_end", run_id: "a-1-run-0", cost: 99, token_count: 99, timestamp: fleet.now },
    { agent_id: "a-3", agent_type: "Research", kind: "usage", run_id: "s", cost: 1, token_count: 50, timestamp: fleet.now, attributes: { model_calls: 4, tool_calls: 2 } },
  ]); // prettier-ignore
  await fleet.sweep();
  const told = async (scope: WindowKey["scope"], subject: string) => {
    const row = await window(scope, subject);
    return row && [row.nanoUsd / 1e9, row.unpriced, row.tokens, row.modelCalls, row.toolCalls];
  };
  expect(await told("fleet", "*")).toEqual([1.75, 1, 450, 8, 3]);
  expect(await told("team", "ml")).toEqual([0.75, 1, 400, 4, 1]);
  expect(await told("user", "ada")).toEqual([0.5, 0, 200, 2, 0]);
  expect(await told("repository", "acme/shop")).toEqual([0.5, 0, 200, 2, 0]);
  expect(await told("agent", "a-3")).toEqual([1, 0, 50, 4, 2]);
  expect(await told("model", "m-new")).toEqual([0, 1, 100, 1, 0]);
  expect(await told("tool", "search")).toEqual([0, 0, 0, 0, 1]);
  expect(await told("team", "web")).toBeUndefined();
});

it("counts each event once: sent twice, after a commit that failed, by two processes", async () => {
  const other = await openDb({ url: fleet.url });
  const second = createSweeper();
  const ids = Array.from({ length: 12 }, (_, i) => `a-${i}`);
  let calls = 0;
  for (let round = 0; round < 6; round++) {
    const events = ids.map((id) => fleet.call(id, { cost: 0.5, team: "x" } as Partial<AgentEvent>));
    calls += events.length;
    await Promise.all([fleet.send(events), fleet.send(events)]);
    if (round === 2) {
      await fleet.db.run(sql`CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
      expect((await fleet.sweep()).failed.length).toBeGreaterThan(0);
      await fleet.db.run(sql`DROP TRIGGER full`);
    }
    await Promise.all([fleet.sweep(), sweep(other, fleet.now, fleet.config, second)]);
    fleet.now += 6_000;
  }
  await fleet.sweep();
  expect(await window("fleet", "*")).toMatchObject({ nanoUsd: calls * 5e8, modelCalls: calls });
  expect(await window("fleet", "*", "month")).toMatchObject({ nanoUsd: calls * 5e8, modelCalls: calls });
  other.$client.close();
});

it("a budget that is set later knows of what was spent before, in its own zone", async () => {
  fleet.now = Date.UTC(2026, 4, 20, 18, 0);
  await label("a-1", { team: "ml" });
  await fleet.send([fleet.call("a-1", { cost: 1 })]);
  await fleet.sweep();
  // In Kolkata the next day begins at 18:30 UTC.
  fleet.now = Date.UTC(2026, 4, 20, 18, 40);
  await fleet.send([fleet.call("a-1", { cost: 2 })]);
  await fleet.sweep();
  await set({ id: "india", zone: "Asia/Kolkata" });
  await set({ id: "hour", window: "hour" });
  await set({ id: "tokens", zone: "Asia/Kolkata", measure: "tokens" });
  fleet.now += 60_000;
  await fleet.send([fleet.call("a-1", { cost: 4 })]);
  await fleet.sweep();
  expect((await window("team", "ml", "day", "Asia/Kolkata"))!.nanoUsd).toBe(6e9);
  expect((await window("team", "ml", "hour"))!.nanoUsd).toBe(7e9);
  expect((await window("team", "ml"))!.nanoUsd).toBe(7e9);
  await fleet.send([fleet.call("a-1", { cost: 8 })]);
  await fleet.sweep();
  expect((await window("team", "ml", "day", "Asia/Kolkata"))!.nanoUsd).toBe(14e9);
});

it("sub-agents count for their root, across agents, however deep, also when nobody names the root", async () => {
  await set({ id: "tree", scope: "tree", window: "run", measure: "descendants" });
  await set({ id: "run", scope: "run", window: "run" });
  const step = (agentId: string, runId: string, more: Partial<AgentEvent>) =>
    fleet.call(agentId, { run_id: runId, cost: 0.5, ...more });
  const children = Array.from({ length: 188 }, (_, i) =>
    step(`worker-${i % 7}`, `child-${i}`, { parent_run_id: "root", root_run_id: "root" }),
  );
  await fleet.send([step("lead", "root", {}), ...children.slice(0, 100)]);
  await fleet.sweep();
  await fleet.send([
    ...children.slice(100),
    step("worker-0", "child-0", {}),
    step("worker-0", "grandchild", { parent_run_id: "child-0", root_run_id: "root" }),
    step("worker-0", "great-grandchild", { parent_run_id: "grandchild" }),
  ]);
  await fleet.sweep();
  expect(await window("tree", "key-1\nroot", "run")).toMatchObject({
    descendants: 190,
    depth: 3,
    nanoUsd: (1 + 188 + 3) * 5e8,
    modelCalls: 192,
  });
  expect(await window("run", "worker-0\nchild-0", "run")).toMatchObject({ nanoUsd: 1e9, modelCalls: 2 });
});

it("a budget of runs that is set while they go on begins with what they have used", async () => {
  const steps = (n: number) =>
    Array.from({ length: n }, () => fleet.call("lead", { run_id: "root", root_run_id: "root", cost: 0.5 }));
  await fleet.send([...steps(4), fleet.call("worker", { run_id: "child", root_run_id: "root", parent_run_id: "root", cost: 0.5 })]); // prettier-ignore
  await fleet.sweep();
  await set({ id: "tree", scope: "tree", window: "run" });
  await set({ id: "run", scope: "run", window: "run" });
  await fleet.send(steps(1));
  await fleet.sweep();
  expect(await window("run", "lead\nroot", "run")).toMatchObject({ nanoUsd: 2.5e9, modelCalls: 5 });
  expect(await window("tree", "key-1\nroot", "run")).toMatchObject({ nanoUsd: 3e9, descendants: 1, depth: 1 });
});
