import { afterEach, describe, expect, it } from "vitest";
import { getAgent } from "@/lib/db/queries/agents";
import { listActionRunsOf, listPendingApprovals } from "@/lib/db/queries/healing";
import { getIncident, listIncidentsInStates } from "@/lib/db/queries/incidents";
import { INCIDENT_STATES } from "@/lib/core/vocabulary";
import { decide } from "./decide";
import { TestFleet, type Fault, PERSON } from "./test-fleet";

let fleet: TestFleet;
afterEach(() => fleet.close());

const AGENTS = ["a-1", "a-2", "a-3", "a-4"];
const flood: Fault = (event) => ({
  ...event,
  input_tokens: event.input_tokens! * 100,
  token_count: event.token_count! * 100,
  cost: event.cost! * 100,
});

const incidentsOf = async (fleet: TestFleet) => listIncidentsInStates(fleet.db, INCIDENT_STATES);

describe("the loop, from a sample to the memory it leaves", () => {
  it("learns, detects, contains, heals and verifies one ill agent, and touches nobody else", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await fleet.ticks(AGENTS, 80);
    for (const id of AGENTS) expect(await fleet.state(id)).toBe("healthy");

    // Ill until its memory is a fresh one: what the directive says is what decides.
    fleet.faults.set("a-1", (event) => ((event.directive_version ?? 0) >= 2 ? event : flood(event)));
    await fleet.until(AGENTS, async () => (await fleet.state("a-1")) === "quarantined", 5);
    await fleet.until(AGENTS, async () => (await fleet.state("a-1")) === "healthy", 100);

    const [incident, ...others] = await incidentsOf(fleet);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ kind: "agent", state: "resolved" });
    expect(incident!.healedAt).toBeGreaterThan(incident!.containedAt!);
    const runs = await listActionRunsOf(fleet.db, incident!.id);
    expect(runs.at(-1)).toMatchObject({ outcome: "recovered", state: "done" });
    for (const id of AGENTS.slice(1)) expect(await fleet.state(id)).toBe("healthy");
  });

  it("waits for a person at or above the threshold, and acts once when approved", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act", ["none"], 0);
    await fleet.ticks(AGENTS, 80);
    fleet.faults.set("a-2", flood);
    await fleet.until(AGENTS, async () => (await listPendingApprovals(fleet.db)).length === 1, 10);
    const [approval] = await listPendingApprovals(fleet.db);
    await fleet.ticks(AGENTS, 20);
    expect(await fleet.state("a-2")).toBe("quarantined");
    expect(await listActionRunsOf(fleet.db, approval!.incidentId)).toEqual([]);

    const decision = { decision: "approve" as const, digest: approval!.digest, evidenceOpened: true };
    await decide(fleet.db, approval!.id, decision, PERSON, fleet.now);
    await expect(decide(fleet.db, approval!.id, decision, PERSON, fleet.now)).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await listActionRunsOf(fleet.db, approval!.incidentId)).toHaveLength(1);
    expect(await fleet.state("a-2")).toBe("healing");
  });

  it("does nothing in mode observe, and says what it would have done", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "observe");
    await fleet.ticks(AGENTS, 80);
    fleet.faults.set("a-3", flood);
    await fleet.ticks(AGENTS, 10);
    const [incident] = await incidentsOf(fleet);
    expect(incident).toMatchObject({ mode: "observe", state: "verifying" });
    expect(incident!.wouldHave).toMatch(/quarantine it, then/);
    expect((await getAgent(fleet.db, "a-3")).directiveVersion).toBe(0);
    expect(await fleet.state("a-3")).toBe("suspected");

    fleet.faults.clear();
    await fleet.until(AGENTS, async () => (await getIncident(fleet.db, incident!.id)).state === "resolved", 120);
    expect((await getIncident(fleet.db, incident!.id)).outcome).toMatch(/nothing was done/);
    expect(await fleet.state("a-3")).toBe("healthy");
  });
});
