import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db } from "@/lib/db/client";
import { agentRow, eventRow, insert, NOW, openServerDb } from "@/lib/db/queries/test-world";
import { spend } from "@/lib/db/schema";
import { type Waiting, waiting } from "@/lib/response/test-waiting";
import type { Asker } from "./tool";
import { TOOLS } from "./tools/index";

/** A replay runs in a process of its own, which has to start. */
const REPLAY_MS = 90_000;

let db: Db;
let close: () => Promise<void>;
let of: Waiting;
beforeAll(async () => {
  ({ db, close } = await openServerDb());
  of = await waiting(db, { agent: { state: "suspected" } });
  await insert(db, "agents", [agentRow("calm", { stateVersion: 1 })]);
  const call = { model: "m", latency_ms: 800, token_count: 1_200, cost: 0.01, success: true };
  await insert(db, "agentEvents", Array.from({ length: 20 }, (_, i) => eventRow("calm", NOW - 600_000 + i * 1_000, call)));
  await insert(db, "changes", [{ id: "c", subjectKind: "agent", subjectId: "calm", kind: "prompt", at: NOW, createdAt: NOW, declared: true, status: "declared", source: "t" }]); // prettier-ignore
  await db.insert(spend).values({ dimension: "agent", name: "calm", quarter: NOW - (NOW % 900_000) - 900_000, nanoUsd: 5e9 });
}); // prettier-ignore
afterAll(() => close());

/** Arguments that let each tool do all that it does, and what shows that it did. A new tool has to be added here. */
const ASKED: Record<string, { args: (of: Waiting) => object; found: object }> = {
  fleet_status: { args: () => ({}), found: { matching: 2 } },
  list_incidents: { args: () => ({}), found: { total: 1 } },
  explain_incident: { args: ({ incident }) => ({ id: incident }), found: { proposals: [{ approval: "pending" }] } },
  spend: { args: () => ({ by: "type" }), found: { rows: [{ usd: 5 }] } },
  search_changes: { args: () => ({ q: "calm" }), found: { changes: [{ id: "c" }] } },
  backtest: {
    args: () => ({ days: 1, settings: { arl: 10_000 } }),
    found: { replayed: { events: 20, agents: 1 }, more: 0 },
  },
  hold_agent: { args: ({ agent }) => ({ agent_id: agent, reason: "t" }), found: { proposals_voided: 1 } },
};

/** Every row of every table. */
async function everything(): Promise<Record<string, unknown[]>> {
  const { rows } = await db.$client.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  const all: Record<string, unknown[]> = {};
  for (const { name } of rows as unknown as { name: string }[])
    all[name] = (await db.$client.execute(`SELECT * FROM "${name}"`)).rows.map((row) => JSON.stringify(row)).toSorted();
  return all;
}
const run = (name: string): Promise<object> => {
  const tool = TOOLS.find((one) => one.name === name)!;
  const user = { id: "token:t", name: "t (API token)", email: "", role: "operator" as const, scopes: ["hold" as const] };
  const asker: Asker = { db, user, now: NOW, origin: "https://s.example", requestId: "r", signal: new AbortController().signal }; // prettier-ignore
  return tool.run(tool.input.parse(ASKED[name]!.args(of)), asker);
}; // prettier-ignore

test.each(TOOLS.filter(({ scope }) => scope === undefined).map(({ name }) => name))(
  "%s answers, and leaves every table as it was",
  async (name) => {
    const before = await everything();
    expect(Object.keys(before).length).toBeGreaterThan(40);
    expect(await run(name)).toMatchObject(ASKED[name]!.found);
    expect(await everything()).toEqual(before);
  },
  REPLAY_MS,
);

test("hold_agent is seen to change them", async () => {
  const before = await everything();
  expect(await run("hold_agent")).toMatchObject(ASKED["hold_agent"]!.found);
  const after = await everything();
  const changed = Object.keys(after).filter((table) => JSON.stringify(after[table]) !== JSON.stringify(before[table]));
  expect(changed).toEqual(expect.arrayContaining(["agents", "approvals", "audit_log", "directives", "proposals"]));
  expect(changed).not.toContain("settings");
});
