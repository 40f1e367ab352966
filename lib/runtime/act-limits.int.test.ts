import { afterEach, describe, expect, it } from "vitest";
import type { AgentTypePatch } from "@/lib/contracts/agent-types";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { countWouldHave, findScores, incidentScoresView } from "@/lib/db/queries/scores";
import { write } from "@/lib/db/client";
import { findDirective } from "@/lib/db/queries/agents";
import { listActionRunsOf, listPendingApprovals, listProposalsOf } from "@/lib/db/queries/healing";
import { listIncidentsInStates, listTimeline } from "@/lib/db/queries/incidents";
import { agentStanding } from "@/lib/ingest/register";
import { scoreClosed } from "@/lib/response/score";
import { changeType } from "@/lib/response/settings";
import { giveVerdict } from "@/lib/response/verdict";
import { listAgentTypes } from "@/lib/views/agent-types";
import { type Fault, PERSON, TestFleet } from "./test-fleet";

let fleet: TestFleet;
afterEach(() => fleet.close());

const AGENTS = ["a-1", "a-2", "a-3", "a-4"];
const flood: Fault = (event) => ({ ...event, token_count: event.token_count! * 100, cost: event.cost! * 100 });
const incidents = () => listIncidentsInStates(fleet.db, INCIDENT_STATES);
const limit = (patch: AgentTypePatch) => changeType(fleet.db, "Research", patch, PERSON, fleet.now);
/** The fleet's clock begins on Wednesday, 2026-05-20 at 14:00 in Berlin. */
const hours = { days: ["wed" as const], from: "15:00", until: "16:00", time_zone: "Europe/Berlin" };

describe("mode act, limited to hours", () => {
  it("asks outside of them, and holds in them what is still ill", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await limit({ act_hours: hours });
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", flood);
    await fleet.until(AGENTS, async () => (await listPendingApprovals(fleet.db)).length === 1, 10);
    const [asked] = await incidents();
    expect(asked).toMatchObject({ mode: "recommend", containedAt: null });
    expect(await findDirective(fleet.db, "a-1")).toBeNull();
    const [proposal] = await listProposalsOf(fleet.db, asked!.id);
    expect(proposal).toMatchObject({ policy: "ask" });
    expect(proposal!.reason).toMatch(/outside the hours .*Wed 15:00–16:00 Europe\/Berlin/);

    fleet.now = Date.UTC(2026, 4, 20, 13, 0, 1);
    await fleet.until(AGENTS, async () => (await findDirective(fleet.db, "a-1"))?.status === "quarantined", 60);
    expect((await incidents()).filter(({ mode }) => mode === "act")).toMatchObject([{ wouldHave: null }]);
  });
});

describe("mode act, limited to actions", () => {
  /** Until an agent is ill, and a person is asked about what may not be done without them. */
  async function untilAsked(): Promise<void> {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await limit({ act_actions: [] });
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", flood);
    await fleet.until(AGENTS, async () => (await listPendingApprovals(fleet.db)).length === 1, 20);
  }

  it("holds, and asks about what is not among them", async () => {
    await untilAsked();
    expect((await findDirective(fleet.db, "a-1"))!.status).toBe("quarantined");
    const [incident] = await incidents();
    expect((await listProposalsOf(fleet.db, incident!.id))[0]!.reason).toMatch(/not among the actions/);
  });

  it("does not carry out what it allowed itself before they were set", async () => {
    await untilAsked();
    const { id, incidentId, proposalId } = (await listPendingApprovals(fleet.db))[0]!;
    // As it is left where it had been allowed and then had to wait for its hold.
    await write(fleet.db, [
      { sql: "UPDATE proposals SET state = 'approved', policy = 'run' WHERE id = ?", args: [proposalId] },
      { sql: "DELETE FROM approvals WHERE id = ?", args: [id] },
    ]);
    await fleet.sweep();
    expect(await listActionRunsOf(fleet.db, incidentId)).toEqual([]);
    expect((await listProposalsOf(fleet.db, incidentId)).map(({ state }) => state)).toEqual(["void", "pending"]);
    const told = (await listTimeline(fleet.db, incidentId)).find(({ type }) => type === "proposal.void");
    expect(told!.text).toMatch(/was not run: .*not among the actions/);
  });

  it("keeps what it is set to, tells hosts the mode of the moment, and takes the limits back", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await limit({ act_hours: { ...hours, days: ["mon"], until: "15:01" }, act_actions: ["wait"] });
    await fleet.tick(AGENTS);
    const [type] = await listAgentTypes(fleet.db, fleet.now);
    expect(type).toMatchObject({ mode: "act", act_hours: { days: ["mon"], from: "15:00" }, act_actions: ["wait"] });
    await limit({ act_hours: null, act_actions: null });
    expect((await agentStanding(fleet.db, "a-1")).mode).toBe("act");
    expect((await listAgentTypes(fleet.db, fleet.now))[0]).toMatchObject({ act_hours: null, act_actions: null });
  });
});

describe("would-have quarantines", () => {
  const count = () => countWouldHave(fleet.db, 0);

  it.each(["observe", "recommend"] as const)(
    "in %s are labelled while they go on, and scored with the label",
    async (mode) => {
      fleet = await TestFleet.open();
      await fleet.treat("Research", mode);
      await fleet.learn(AGENTS, 80);
      fleet.faults.set("a-1", flood);
      await fleet.until(AGENTS, async () => (await incidents()).length === 1, 10);
      const { id } = (await incidents())[0]!;
      expect(await count()).toEqual(new Map([["Research", { right: 0, wrong: 0, unlabelled: 1 }]]));

      await expect(
        giveVerdict(fleet.db, id, { cause_right: true, hold_right: true }, PERSON, fleet.now),
      ).rejects.toMatchObject({ code: "conflict" });
      await giveVerdict(fleet.db, id, { hold_right: false }, PERSON, fleet.now);
      expect(await count()).toEqual(new Map([["Research", { right: 0, wrong: 1, unlabelled: 0 }]]));
      await giveVerdict(fleet.db, id, { hold_right: true }, PERSON, fleet.now);
      expect((await incidentScoresView(fleet.db, id))!).toMatchObject({
        hold: { decided: "would_hold", right: true, by: "Ada" },
        scored: null,
      });
      expect((await listTimeline(fleet.db, id)).at(-1)!.text).toBe(
        "Verdict of Ada: the would-have quarantine was right",
      );
      expect((await listAgentTypes(fleet.db, fleet.now))[0]!.would_have).toMatchObject({
        right: 1,
        needed: 15,
        ready: false,
      });

      fleet.faults.clear();
      await fleet.until(AGENTS, async () => (await incidents())[0]!.closedAt !== null, 200);
      await scoreClosed(fleet.db, new Set(), fleet.now);
      expect(await findScores(fleet.db, id)).toMatchObject({ verdicts: { heldRight: true }, verdictBy: "Ada" });
      expect(await count()).toEqual(new Map([["Research", { right: 1, wrong: 0, unlabelled: 0 }]]));
      await giveVerdict(fleet.db, id, { hold_right: false }, PERSON, fleet.now);
      expect(await count()).toEqual(new Map([["Research", { right: 0, wrong: 1, unlabelled: 0 }]]));
      // Labels of long ago count no more.
      expect((await listAgentTypes(fleet.db, fleet.now + 91 * 86_400_000))[0]!.would_have).toMatchObject({
        precision: null,
      });
    },
  );

  it("are none in mode act: a verdict waits for the end, and counts towards no precision", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", flood);
    await fleet.until(AGENTS, async () => (await incidents()).length === 1, 10);
    const { id } = (await incidents())[0]!;
    await expect(giveVerdict(fleet.db, id, { hold_right: true }, PERSON, fleet.now)).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await count()).toEqual(new Map());
  });
});
