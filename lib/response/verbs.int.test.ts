import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { IncidentState, Outcome } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { findProposal, listActionRunsOf } from "@/lib/db/queries/healing";
import { getIncident, listTimeline } from "@/lib/db/queries/incidents";
import { actionRow, incidentRow, insert, NOW, openTestDb, proposalRow } from "@/lib/db/queries/test-world";
import { act } from "./act";
import type { Driver, Failure, Prepared, Target, Verdict } from "./driver";
import { verify } from "./verify";

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => ({ db, close } = await openTestDb()));
afterEach(() => close());

const INCIDENT = "inc-1";
const PROPOSED = proposalRow("p-1", INCIDENT, "sick", { state: "executed" });
const ready: Prepared = {
  kind: "ready",
  claims: [],
  writes: [],
  title: "the action",
  data: { action: "reset_memory", args: {} },
  perform: async () => undefined,
};

/** A driver that answers what a test says, and counts what was carried out. */
function scripted(
  of: Partial<{ target: Target | null; prepared: Prepared; verdict: Verdict | null; failure: Failure }>,
): Driver & { performed: string[] } {
  const performed: string[] = [];
  const prepared = of.prepared ?? ready;
  return {
    performed,
    db,
    now: NOW,
    load: async () => (of.target === undefined ? { id: "sick", stateVersion: 1 } : of.target),
    prepare: async () =>
      prepared.kind === "ready"
        ? {
            ...prepared,
            perform: async (run) => {
              performed.push(run.id);
            },
          }
        : prepared,
    unjudged: () => listActionRunsOf(db, INCIDENT),
    measure: async () => of.verdict ?? null,
    recovered: async () => ({ outcome: "recovered after the action" }),
    failed: async () => of.failure ?? { next: "investigating" },
  };
}

describe("act", () => {
  const begin = async (state: IncidentState) => {
    await insert(db, "incidents", [incidentRow(INCIDENT, { state })]);
    await insert(db, "proposals", [
      proposalRow("p-1", INCIDENT, "sick", { state: "approved", policy: "run", targetVersion: 1 }),
    ]);
    return (await findProposal(db, "p-1"))!;
  };
  const standing = async () => ({
    proposal: (await findProposal(db, "p-1"))!.state,
    incident: (await getIncident(db, INCIDENT)).state,
    runs: (await listActionRunsOf(db, INCIDENT)).length,
  });

  test.each<
    [what: string, Parameters<typeof scripted>[0], IncidentState, Awaited<ReturnType<typeof standing>>, number]
  >([
    ["as it was proposed", {}, "awaiting_approval", { proposal: "executed", incident: "acting", runs: 1 }, 1],
    ["while another is acted upon", {}, "acting", { proposal: "executed", incident: "acting", runs: 1 }, 1],
    [
      "a target that is gone",
      { target: null },
      "awaiting_approval",
      { proposal: "void", incident: "investigating", runs: 0 },
      0,
    ],
    [
      "a target that has changed",
      { target: { id: "sick", stateVersion: 2 } },
      "awaiting_approval",
      { proposal: "void", incident: "investigating", runs: 0 },
      0,
    ],
    [
      "what cannot be done any more",
      { prepared: { kind: "void", reason: "no longer allowed" } },
      "awaiting_approval",
      { proposal: "void", incident: "investigating", runs: 0 },
      0,
    ],
    [
      "too early",
      { prepared: { kind: "waiting" } },
      "awaiting_approval",
      { proposal: "approved", incident: "awaiting_approval", runs: 0 },
      0,
    ],
    ["in a closed incident", {}, "resolved", { proposal: "void", incident: "resolved", runs: 0 }, 0],
  ])("%s", async (_what, script, state, expected, carriedOut) => {
    const driver = scripted(script);
    await act(driver, await begin(state));
    expect(await standing()).toEqual(expected);
    expect(driver.performed).toHaveLength(carriedOut);
  });

  test("asked for many times at once, it is carried out once", async () => {
    const driver = scripted({});
    const proposal = await begin("awaiting_approval");
    const acted = await Promise.all(Array.from({ length: 10 }, () => act(driver, proposal)));
    expect(acted.filter(({ kind }) => kind === "begun")).toHaveLength(1);
    expect(driver.performed).toHaveLength(1);
    expect(await standing()).toEqual({ proposal: "executed", incident: "acting", runs: 1 });
  });
});

describe("verify", () => {
  beforeEach(async () => {
    await insert(db, "incidents", [incidentRow(INCIDENT, { state: "verifying" })]);
    await insert(db, "proposals", [PROPOSED]);
    await insert(db, "actionRuns", [actionRow("r-1", PROPOSED, { outcome: "pending", judgedAt: null })]);
  });
  const verdict = (outcome: Exclude<Outcome, "pending">): Verdict => ({
    outcome,
    reason: "as measured",
    verification: { reason: "as measured" },
  });

  test.each<[what: string, Parameters<typeof scripted>[0], Outcome, IncidentState, undone: boolean]>([
    ["nothing to say yet", { verdict: null }, "pending", "verifying", false],
    ["recovered", { verdict: verdict("recovered") }, "recovered", "resolved", false],
    ["no effect", { verdict: verdict("no_effect") }, "no_effect", "investigating", false],
    [
      "worse, taken back and handed to a person",
      { verdict: verdict("worse"), failure: { next: "escalated", undone: true } },
      "worse",
      "escalated",
      true,
    ],
    [
      "inconclusive, and a person has it",
      { verdict: verdict("cannot_tell"), failure: { next: null } },
      "cannot_tell",
      "verifying",
      false,
    ],
  ])("%s", async (_what, script, outcome, state, undone) => {
    const { judged } = await verify(scripted(script));
    const [run] = await listActionRunsOf(db, INCIDENT);
    expect(run).toMatchObject({ outcome, undoneAt: undone ? NOW : null });
    expect((await getIncident(db, INCIDENT)).state).toBe(state);
    expect(judged).toBe(outcome === "pending" ? 0 : 1);
    const told = (await listTimeline(db, INCIDENT)).map(({ type }) => type).filter((type) => type === "action.judged");
    expect(told).toHaveLength(judged);
  });

  test("what cannot be measured keeps nobody else waiting", async () => {
    await insert(db, "actionRuns", [actionRow("r-2", PROPOSED, { outcome: "pending", judgedAt: null })]);
    const driver: Driver = {
      ...scripted({}),
      measure: async (run) => {
        if (run.id === "r-1") throw new Error("the source is away");
        return verdict("no_effect");
      },
    };
    expect(await verify(driver)).toEqual({ judged: 1 });
    const outcomes = new Map((await listActionRunsOf(db, INCIDENT)).map(({ id, outcome }) => [id, outcome]));
    expect([outcomes.get("r-1"), outcomes.get("r-2")]).toEqual(["pending", "no_effect"]);
  });
});
