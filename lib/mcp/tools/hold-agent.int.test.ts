import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db } from "@/lib/db/client";
import { getAgent } from "@/lib/db/queries/agents";
import { agentRow, insert, NOW, openTestDb } from "@/lib/db/queries/test-world";
import * as verbs from "@/lib/response/agents/quarantine";
import { refusalOf, standing, waiting } from "@/lib/response/test-waiting";
import { HOLD_AGENT } from "./hold-agent";

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => ({ db, close } = await openTestDb()));
afterAll(() => close());

const USER = { id: "token:t", name: "t (API token)", email: "", role: "viewer" as const, scopes: ["hold" as const] };
const hold = (id: string, { signal, user = USER }: { signal?: AbortSignal; user?: typeof USER } = {}) =>
  HOLD_AGENT.run({ agent_id: id, reason: "it repeats itself" }, { db, user, now: NOW, origin: "https://s.example", requestId: "r", signal: signal ?? new AbortController().signal }); // prettier-ignore

test("of what people do to agents by hand, the module that tools may import has the quarantine alone", () =>
  expect(Object.keys(verbs)).toEqual(["quarantineAgent"]));

test("what waits for approval becomes void, and the answer counts it", async () => {
  const of = await waiting(db, { agent: { state: "suspected" } });
  expect(await hold(of.agent)).toMatchObject({ state: "quarantined", already_on_hold: false, proposals_voided: 1 });
  expect(await standing(db, of)).toMatchObject({ proposal: "void", approval: "void" });
  expect(await hold(of.agent)).toMatchObject({ already_on_hold: true, proposals_voided: 0 });
  await insert(db, "agents", [agentRow("alone", { stateVersion: 1 })]);
  expect(await hold("alone")).toMatchObject({ already_on_hold: false, proposals_voided: 0 });
});

test.each([
  ["waits", { proposal: { state: "approved" as const }, approval: { state: "approved" as const } }, null],
  ["runs", { proposal: { state: "executed" as const }, approval: { state: "approved" as const } }, "started" as const],
])("refused while an approved action %s, with where people decide; nothing changes, and it is not counted", async (_, rows, run) => {
  const of = await waiting(db, { agent: { state: "suspected" }, ...rows });
  const before = await standing(db, of);
  if (run)
    await insert(db, "actionRuns", [{ id: `run-${of.proposal}`, idempotencyKey: of.proposal, proposalId: of.proposal, incidentId: of.incident, subjectId: of.agent, action: "wait", args: {}, by: "t", why: "t", state: run, startedAt: NOW }]); // prettier-ignore
  const user = { ...USER, id: `token:${of.agent}` };
  const refusal = `conflict: An approved action on ${of.agent} waits or runs. A person can decide at https://s.example/incidents/${of.incident}`;
  for (let i = 0; i < 12; i++) expect(await refusalOf(hold(of.agent, { user }))).toBe(refusal);
  expect(await standing(db, of)).toEqual(before);
  expect((await getAgent(db, of.agent)).state).toBe("suspected");
}); // prettier-ignore

test("an action that is approved between the look and the commit is not cancelled", async () => {
  const of = await waiting(db, { agent: { state: "suspected" } });
  const batch = db.$client.batch.bind(db.$client);
  let approved = false;
  db.$client.batch = (async (...args: Parameters<typeof batch>) => {
    if (!approved) {
      approved = true;
      await db.$client.execute({ sql: "UPDATE proposals SET state = 'approved' WHERE id = ?", args: [of.proposal] });
    }
    return batch(...args);
  }) as typeof batch;
  try {
    expect(await refusalOf(hold(of.agent))).toMatch(/^conflict: An approved action on .+ waits or runs/);
  } finally {
    db.$client.batch = batch;
  }
  expect(approved).toBe(true);
  expect(await standing(db, of)).toMatchObject({ proposal: "approved" });
});

test("a call that nobody waits for any more holds nothing", async () => {
  await insert(db, "agents", [agentRow("left", { stateVersion: 1 })]);
  expect(await refusalOf(hold("left", { signal: AbortSignal.abort() }))).toBe("unavailable: The agent was not put on hold"); // prettier-ignore
  expect((await getAgent(db, "left")).state).toBe("healthy");
});
