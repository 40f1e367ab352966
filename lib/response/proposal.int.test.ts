import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PolicyDecision } from "@/lib/core/base/policy";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { Plan } from "@/lib/db/plan";
import { findApprovalOf, findProposal } from "@/lib/db/queries/healing";
import { getIncident } from "@/lib/db/queries/incidents";
import { NOW, openTestDb } from "@/lib/db/queries/test-world";
import { type Draft, planProposal, proposalDigest, voidProposal } from "./proposal";
import { proposalsOf, runsOf, standing, toldOf, waiting } from "./test-waiting";

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => ({ db, close } = await openTestDb()));
afterAll(() => close());

const draft = (subjectId: string): Draft => ({
  subjectKind: "agent",
  subjectId,
  action: "rollback_prompt",
  args: { to: "p1" },
  rung: 0,
  risk: "reversible",
  reversible: true,
  blastRadius: "one agent",
  expected: "works with the earlier prompt",
  skipped: [],
  reason: "the prompt changed before it began",
  targetVersion: 1,
  considered: null,
});

describe("what policy makes of a proposal", () => {
  test.each<[verdict: PolicyDecision, proposal: string, approval: string | undefined, incident: string, told: string]>([
    [{ kind: "run" }, "approved", undefined, "acting", "proposal.allowed"],
    [{ kind: "ask", reason: "it is severe" }, "pending", "pending", "awaiting_approval", "approval.requested"],
    [{ kind: "record", reason: "mode observe" }, "proposed", undefined, "verifying", "proposal.recorded"],
    [{ kind: "refuse", reason: "not for this type" }, "void", undefined, "escalated", "proposal.refused"],
  ])("%o", async (verdict, state, approval, incident, told) => {
    const of = await waiting(db, {
      incident: { state: "investigating" },
      approval: { state: "void" },
      proposal: { state: "void" },
    });
    const plan = new Plan();
    planProposal(
      plan,
      db,
      await getIncident(db, of.incident),
      {
        draft: draft(of.agent),
        verdict,
        cites: ["f-1"],
        name: "roll back prompt",
        approvalTtlMs: 60_000,
        observed: { state: "verifying", wouldHave: "rolled back the prompt" },
      },
      NOW,
    );
    expect(await commit(db, plan)).not.toBeNull();
    const proposed = (await proposalsOf(db, of)).find(({ id }) => id !== of.proposal)!;
    expect(proposed).toMatchObject({ state, policy: verdict.kind });
    expect((await findApprovalOf(db, proposed.id))?.state).toBe(approval);
    expect((await getIncident(db, of.incident)).state).toBe(incident);
    expect(await toldOf(db, of)).toEqual([told]);
    // Whatever policy says, nothing is carried out here.
    expect(await runsOf(db, of)).toEqual([]);
  });
});

test("a digest differs with all that is decided on, and not with the order of the evidence", async () => {
  const { proposal } = await waiting(db);
  const row = (await findProposal(db, proposal))!;
  const digest = proposalDigest(row, ["f-1", "f-2"]);
  expect(proposalDigest(row, ["f-2", "f-1"])).toBe(digest);
  const others = [
    { ...row, args: { epoch: 2 } },
    { ...row, action: "quarantine" },
    { ...row, targetVersion: row.targetVersion + 1 },
    { ...row, subjectId: "another" },
    { ...row, incidentId: "another" },
  ].map((other) => proposalDigest(other as typeof row, ["f-1", "f-2"]));
  expect(new Set([digest, proposalDigest(row, ["f-1"]), ...others]).size).toBe(others.length + 2);
});

test.each([
  ["awaiting_approval", "investigating"],
  ["acting", "investigating"],
  ["resolved", "resolved"],
] as const)("an approved proposal that may not run any more, in an incident that is %s", async (state, expected) => {
  const of = await waiting(db, {
    incident: { state },
    proposal: { state: "approved" },
    approval: { state: "approved" },
  });
  await voidProposal(db, (await findProposal(db, of.proposal))!, "it has changed", NOW);
  expect(await standing(db, of)).toMatchObject({ incident: expected, proposal: "void" });
  expect(await toldOf(db, of)).toEqual(["proposal.void"]);
});

test("one that was carried out meanwhile is not void", async () => {
  const of = await waiting(db, { incident: { state: "acting" }, proposal: { state: "executed" } });
  const row = (await findProposal(db, of.proposal))!;
  await voidProposal(db, { ...row, state: "approved" }, "it has changed", NOW);
  expect(await standing(db, of)).toMatchObject({ incident: "acting", proposal: "executed" });
  expect(await toldOf(db, of)).toEqual([]);
});
