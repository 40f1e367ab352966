import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Db } from "@/lib/db/client";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { getAgent } from "@/lib/db/queries/agents";
import { getApproval } from "@/lib/db/queries/healing";
import { actionRow, insert, NOW, openTestDb, proposalRow } from "@/lib/db/queries/test-world";
import { commit } from "@/lib/db/commit";
import { decide, decideAll, type Decision } from "./decide";
import { expire } from "./expire";
import { healNow } from "./heal-now";
import {
  ANA,
  BO,
  doneOf,
  LONG_AGO,
  proposalsOf,
  refusalOf,
  runsOf,
  standing,
  toldOf,
  type Waiting,
  waiting,
} from "./test-waiting";

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => ({ db, close } = await openTestDb()));
afterAll(() => close());

const decision = (of: Waiting, rest: Partial<Decision> = {}): Decision => ({
  decision: "approve",
  digest: of.digest,
  evidenceOpened: true,
  ...rest,
});

describe("decide", () => {
  test.each([
    ["approve", "awaiting_approval", { incident: "awaiting_approval", proposal: "approved", approval: "approved" }],
    ["reject", "awaiting_approval", { incident: "rejected", proposal: "rejected", approval: "rejected" }],
    // An incident that went on meanwhile keeps its state: only what was asked is answered.
    ["reject", "verifying", { incident: "verifying", proposal: "rejected", approval: "rejected" }],
  ] as const)("%s, in an incident that is %s", async (said, state, expected) => {
    const of = await waiting(db, { incident: { state } });
    const answer = await decide(db, of.approval, decision(of, { decision: said, comment: "seen" }), ANA, NOW);
    expect(answer).toEqual({ id: of.approval, state: expected.approval, incident_id: of.incident });
    expect(await standing(db, of)).toEqual(expected);
    expect(await getApproval(db, of.approval)).toMatchObject({
      decidedBy: ANA.id,
      decidedByName: "Ana",
      comment: "seen",
      decidedAt: NOW,
      evidenceOpened: true,
    });
    expect(await toldOf(db, of)).toEqual([`approval.${expected.approval}`]);
    // A decision starts nothing by itself: the loop does.
    expect(await runsOf(db, of)).toEqual([]);
  });

  test.each<[what: string, Parameters<typeof waiting>[1], Partial<Decision>, refusal: RegExp]>([
    [
      "another digest than was seen",
      {},
      { digest: "of-yesterday" },
      /^conflict: The proposal has changed since you reviewed it \(digest mismatch\)/,
    ],
    [
      "one that was approved",
      { approval: { state: "approved", decidedByName: "Bo" } },
      {},
      /^conflict: Already approved by Bo$/,
    ],
    ["one that is void", { approval: { state: "void" } }, {}, /^conflict: Already void$/],
    ["one that has expired", { approval: { expiresAt: NOW } }, {}, /^conflict: The approval has expired$/],
  ])("refused: %s", async (_what, of, said, refusal) => {
    const asked = await waiting(db, of);
    const before = await standing(db, asked);
    expect(await refusalOf(decide(db, asked.approval, decision(asked, said), ANA, NOW))).toMatch(refusal);
    expect(await standing(db, asked)).toEqual(before);
    expect(await toldOf(db, asked)).toEqual([]);
  });

  test("refused: an approval that nobody asked for", async () => {
    const of = await waiting(db);
    expect(await refusalOf(decide(db, "apr-none", decision(of), ANA, NOW))).toMatch(/^not_found: /);
  });

  test("an agent that has moved since voids the approval, and its incident is investigated again", async () => {
    const of = await waiting(db, { agent: { state: "exhausted", stateVersion: 2 } });
    expect(await refusalOf(decide(db, of.approval, decision(of), ANA, NOW))).toMatch(/^conflict: Void: .+ exhausted/);
    expect(await standing(db, of)).toEqual({ incident: "investigating", proposal: "void", approval: "void" });
    expect(await toldOf(db, of)).toEqual(["approval.void"]);
  });

  test("ten people who decide at once: one is heard, the others are told", async () => {
    const of = await waiting(db);
    const asked = Array.from({ length: 10 }, (_, i) =>
      decide(
        db,
        of.approval,
        decision(of, { decision: i % 2 === 0 ? "approve" : "reject" }),
        i % 2 === 0 ? ANA : BO,
        NOW,
      ),
    );
    expect(await doneOf(asked)).toBe(1);
    const told = (await toldOf(db, of)).filter((type) => /approved|rejected/.test(type));
    const { proposal, approval } = await standing(db, of);
    expect(told).toEqual([`approval.${approval}`]);
    expect(proposal).toBe(approval);
  });

  test("who decides as the agent moves either decided on it as it was, or is told that it moved", async () => {
    const of = await waiting(db);
    const agent = await getAgent(db, of.agent);
    const [refusal] = await Promise.all([
      refusalOf(decide(db, of.approval, decision(of), ANA, NOW)),
      commit(db, { claims: [agentClaim(agent, { state: "exhausted" }, NOW)] }),
    ]);
    const { proposal } = await standing(db, of);
    expect([
      [null, "approved"],
      ["conflict", "void"],
    ]).toContainEqual([refusal?.slice(0, 8) ?? null, proposal]);
  });
});

test("of a list, what cannot be decided is told with its reason and keeps nothing else back", async () => {
  const [first, gone, last] = [
    await waiting(db),
    await waiting(db, { approval: { state: "void" } }),
    await waiting(db),
  ];
  const items = [first, gone, last].map(({ approval: id, digest }) => ({ id, digest }));
  const answer = await decideAll(db, { decision: "reject", items }, ANA, NOW);
  expect(answer.done.map(({ id }) => id)).toEqual([first.approval, last.approval]);
  expect(answer.failed).toEqual([{ id: gone.approval, reason: "Already void" }]);
});

describe("expire", () => {
  test.each([
    ["nobody decided", { approval: { expiresAt: LONG_AGO } }, "rejected", "expired"],
    [
      "it went on meanwhile",
      { approval: { expiresAt: LONG_AGO }, incident: { state: "verifying" } },
      "verifying",
      "expired",
    ],
    ["there is still time", {}, "awaiting_approval", "pending"],
    [
      "it was decided in time",
      { approval: { expiresAt: LONG_AGO, state: "approved" } },
      "awaiting_approval",
      "approved",
    ],
  ] as const)("%s", async (_what, of, incident, approval) => {
    const asked = await waiting(db, of);
    await expire(db, NOW);
    expect(await standing(db, asked)).toMatchObject({ incident, approval });
    expect(await toldOf(db, asked)).toEqual(approval === "expired" ? ["approval.expired"] : []);
    expect(await runsOf(db, asked)).toEqual([]);
  });

  test("a decision and its expiry at the same moment: one of them counts", async () => {
    const of = await waiting(db, { approval: { expiresAt: NOW + 1 } });
    const [refusal, expired] = await Promise.all([
      refusalOf(decide(db, of.approval, decision(of), ANA, NOW)),
      expire(db, NOW + 2),
    ]);
    const { proposal, approval } = await standing(db, of);
    expect(expired === 1).toBe(refusal !== null);
    expect([proposal, approval]).toEqual(expired === 1 ? ["expired", "expired"] : ["approved", "approved"]);
  });
});

describe("heal now", () => {
  const over = {
    proposal: { state: "rejected" },
    approval: { state: "rejected" },
    incident: { state: "rejected" },
  } as const;

  test.each([["rejected"], ["escalated"]] as const)(
    "of an incident that is %s: approved anew, for the agent as it is now",
    async (state) => {
      const of = await waiting(db, { ...over, incident: { state }, agent: { stateVersion: 7 } });
      await healNow(db, of.incident, ANA, NOW, "try it");
      const [, renewed, ...more] = await proposalsOf(db, of);
      expect(renewed).toMatchObject({ state: "approved", action: "reset_memory", targetVersion: 7, policy: "ask" });
      expect(renewed!.digest).not.toBe(of.digest);
      expect(more).toEqual([]);
      expect(await toldOf(db, of)).toEqual(["approval.approved"]);
      expect(await runsOf(db, of)).toEqual([]);
    },
  );

  test.each<[what: string, Parameters<typeof waiting>[1], refusal: RegExp]>([
    ["one that waits for a decision", {}, /this one is awaiting approval/],
    ["one that is closed", { ...over, incident: { state: "resolved", closedAt: NOW } }, /this one is resolved/],
    [
      "one for which nothing but a deed by hand is known",
      { ...over, proposal: { state: "executed", action: "manual" } },
      /No action was proposed for this incident/,
    ],
  ])("refused: %s", async (_what, of, refusal) => {
    const asked = await waiting(db, of);
    expect(await refusalOf(healNow(db, asked.incident, ANA, NOW))).toMatch(refusal);
    expect(await proposalsOf(db, asked)).toHaveLength(1);
  });

  test("refused while an action is measured", async () => {
    const of = await waiting(db, over);
    const run = actionRow(`r-${of.incident}`, proposalRow(of.proposal, of.incident, of.agent), { outcome: "pending" });
    await insert(db, "actionRuns", [run]);
    expect(await refusalOf(healNow(db, of.incident, ANA, NOW))).toMatch(/An action is already in progress/);
  });

  test("asked for by ten at once, one action is allowed", async () => {
    const of = await waiting(db, over);
    expect(await doneOf(Array.from({ length: 10 }, () => healNow(db, of.incident, ANA, NOW)))).toBe(1);
    expect((await proposalsOf(db, of)).filter(({ state }) => state === "approved")).toHaveLength(1);
  });
});
