import { afterEach, describe, expect, it } from "vitest";
import { findDirective, getAgent, listAgentsInStates } from "@/lib/db/queries/agents";
import { listActionRunsOf, listMemory, listPendingApprovals } from "@/lib/db/queries/healing";
import { getIncident, listIncidentsInStates } from "@/lib/db/queries/incidents";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { commandAgent } from "@/lib/response/agents/command";
import { commandIncident } from "@/lib/response/command-incident";
import { decide } from "@/lib/response/decide";
import { declare } from "@/lib/ingest/declare";
import { register } from "@/lib/ingest/register";
import { changeSettings } from "@/lib/response/settings";
import { decideOnly } from "@/lib/response/test-waiting";
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
    await fleet.until(AGENTS, async () => (await incidentsOf(fleet)).length === 1, 5);
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
    await fleet.learn(AGENTS, 80);
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
    await fleet.sweep();
    expect(await listActionRunsOf(fleet.db, approval!.incidentId)).toHaveLength(1);
    expect(await fleet.state("a-2")).toBe("healing");
    await fleet.sweep();
    expect(await listActionRunsOf(fleet.db, approval!.incidentId)).toHaveLength(1);
  });

  it("does nothing in mode observe, and says what it would have done", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "observe");
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-3", flood);
    await fleet.ticks(AGENTS, 10);
    const [incident] = await incidentsOf(fleet);
    expect(incident).toMatchObject({ mode: "observe", state: "verifying" });
    expect(incident!.wouldHave).toMatch(/quarantined it, then applied/);
    expect((await getAgent(fleet.db, "a-3")).directiveVersion).toBe(0);
    expect(await fleet.state("a-3")).toBe("suspected");

    fleet.faults.clear();
    await fleet.until(AGENTS, async () => (await getIncident(fleet.db, incident!.id)).state === "resolved", 120);
    expect((await getIncident(fleet.db, incident!.id)).outcome).toMatch(/without any action/);
    expect(await fleet.state("a-3")).toBe("healthy");
  });
});

describe("healing that fails", () => {
  it("climbs the ladder when a rung does not cure, undoes it, and remembers what did", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await fleet.learn(AGENTS, 80);
    // Only reduced autonomy cures it: the model of this agent was set to say too much.
    const cured = async () => (await findDirective(fleet.db, "a-1"))?.autonomy.level === "reduced";
    let ill = true;
    fleet.faults.set("a-1", (event) => (ill ? { ...event, cost: event.cost! * 30 } : event));
    await fleet.until(
      AGENTS,
      async () => {
        ill = !(await cured());
        return (await fleet.state("a-1")) === "healthy" && !ill;
      },
      400,
    );
    const [incident] = await incidentsOf(fleet);
    const runs = await listActionRunsOf(fleet.db, incident!.id);
    expect(runs.at(-1)).toMatchObject({ action: "reduce_autonomy", outcome: "recovered" });
    expect(runs.slice(0, -1).every((run) => run.outcome !== "recovered" && run.undoneAt !== null)).toBe(true);
    const memory = await listMemory(fleet.db, "a-1", "Research");
    expect(memory.find((e) => e.scope === "agent" && e.action === "reduce_autonomy")).toMatchObject({
      attempts: 1,
      successes: 1,
    });
    // The restriction stays until it is lifted.
    expect((await findDirective(fleet.db, "a-1"))!.autonomy.level).toBe("reduced");
  });

  it("stops contained when the ladder is used up, and stays reachable by hand", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", flood);
    await fleet.until(AGENTS, async () => (await fleet.state("a-1")) === "exhausted", 900);
    const [incident] = await incidentsOf(fleet);
    expect(incident).toMatchObject({ state: "escalated" });
    expect((await findDirective(fleet.db, "a-1"))!.status).toBe("quarantined");
    await commandAgent(fleet.db, "a-1", "release", "looked at it", PERSON, fleet.now);
    expect(await fleet.state("a-1")).toBe("healthy");
    expect((await getIncident(fleet.db, incident!.id)).state).toBe("resolved");
  });

  it("leaves a rejected agent held until somebody heals it now", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act", ["none"], 0);
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-2", (event) => ((event.directive_version ?? 0) >= 2 ? event : flood(event)));
    await fleet.until(AGENTS, async () => (await listPendingApprovals(fleet.db)).length === 1, 10);
    const { incidentId } = await decideOnly(fleet.db, "reject", PERSON, fleet.now);
    await fleet.ticks(AGENTS, 30);
    expect(await fleet.state("a-2")).toBe("quarantined");
    expect((await getIncident(fleet.db, incidentId)).state).toBe("rejected");
    await commandAgent(fleet.db, "a-2", "heal", undefined, PERSON, fleet.now);
    await fleet.until(AGENTS, async () => (await fleet.state("a-2")) === "healthy", 100);
  });

  it("lets an approval expire without doing anything", async () => {
    fleet = await TestFleet.open({ approvalTtlMs: 5_000 });
    await fleet.treat("Research", "act", ["none"], 0);
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-2", flood);
    await fleet.ticks(AGENTS, 30);
    const [incident] = await incidentsOf(fleet);
    expect(incident!.state).toBe("rejected");
    expect(await listPendingApprovals(fleet.db)).toEqual([]);
    expect(await listActionRunsOf(fleet.db, incident!.id)).toEqual([]);
  });

  it("refuses a decision on anything but what was shown, and on what has moved", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act", ["none"], 0);
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-2", flood);
    await fleet.until(AGENTS, async () => (await listPendingApprovals(fleet.db)).length === 1, 10);
    const [approval] = await listPendingApprovals(fleet.db);
    const decision = { decision: "approve" as const, digest: approval!.digest, evidenceOpened: false };
    await expect(
      decide(fleet.db, approval!.id, { ...decision, digest: "other" }, PERSON, fleet.now),
    ).rejects.toMatchObject({ code: "conflict" });
    await commandAgent(fleet.db, "a-2", "release", undefined, PERSON, fleet.now);
    await expect(decide(fleet.db, approval!.id, decision, PERSON, fleet.now)).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await listActionRunsOf(fleet.db, approval!.incidentId)).toEqual([]);
  });
});

describe("the fleet", () => {
  it("takes a provider's brown-out over 400 agents for one external incident, and holds nobody", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    const many = Array.from({ length: 400 }, (_, i) => `agent-${i}`);
    await fleet.learn(many, 45);
    for (const id of many) fleet.faults.set(id, (event) => ({ ...event, latency_ms: event.latency_ms! * 12 }));
    await fleet.ticks(many, 12);
    const incidents = await incidentsOf(fleet);
    expect(incidents.map(({ kind, causeKey, diagnosis }) => ({ kind, causeKey, diagnosis }))).toEqual([
      { kind: "external", causeKey: expect.stringMatching(/^(model:m-1|provider:acme)$/), diagnosis: "external_cause" },
    ]);
    expect(await listAgentsInStates(fleet.db, ["quarantined", "healing", "probation", "exhausted"])).toEqual([]);

    fleet.faults.clear();
    const released = async () => (await listAgentsInStates(fleet.db, ["healthy"])).length >= 0.95 * many.length;
    await fleet.until(many, released, 80);
    expect(await incidentsOf(fleet)).toHaveLength(1);
    expect(await listAgentsInStates(fleet.db, ["quarantined"])).toEqual([]);
  });

  it("holds nobody whose slow calls ended first, while those of others are still under way", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    const five = [...AGENTS, "a-5"];
    await fleet.learn(five, 80);
    // Calls of eleven seconds, that end four seconds apart.
    for (const id of five) {
      fleet.faults.set(id, (event) => ({ ...event, latency_ms: event.latency_ms! * 12 }));
      await fleet.ticks(five, 8);
    }
    expect((await incidentsOf(fleet)).map(({ kind }) => kind)).toEqual(["external"]);
    for (const id of five) expect((await getAgent(fleet.db, id)).directiveVersion).toBe(0);
  });

  it("holds an agent that stays alone with its slow calls", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", (event) => ({ ...event, latency_ms: event.latency_ms! * 12 }));
    // Two seconds, and as long as such a call takes.
    const waited = await fleet.until(AGENTS, async () => (await fleet.state("a-1")) === "quarantined", 60);
    expect(waited).toBeGreaterThan(15);
  });

  it("does nothing while the global stop is on", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await changeSettings(fleet.db, { global_stop: true }, PERSON, fleet.now);
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", flood);
    await fleet.ticks(AGENTS, 10);
    expect((await getAgent(fleet.db, "a-1")).directiveVersion).toBe(0);
    expect(await fleet.state("a-1")).toBe("suspected");
  });

  it("never calls an agent quarantined whose host cannot enforce", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await register(
      fleet.db,
      fleet.key,
      { agent_id: "a-1", agent_type: "Research", enforcement: false },
      fleet.now,
      fleet.config,
    );
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", flood);
    await fleet.ticks(AGENTS, 10);
    expect(await fleet.state("a-1")).toBe("suspected");
    expect((await incidentsOf(fleet))[0]!.wouldHave).toMatch(/if its host could enforce/);
  });
});

describe("what people say is normal", () => {
  it("accepts a new level: the incident closes, the agent goes free, and the level stays quiet", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act", ["none"], 0);
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", (event) => ({
      ...event,
      input_tokens: event.input_tokens! * 6,
      token_count: event.token_count! * 6,
      cost: event.cost! * 6,
    }));
    await fleet.until(AGENTS, async () => (await fleet.state("a-1")) === "quarantined", 30);
    const [incident] = await incidentsOf(fleet);
    await commandIncident(fleet.db, incident!.id, "accept", "a larger corpus", PERSON, fleet.now);
    await fleet.ticks(AGENTS, 120);
    expect(await fleet.state("a-1")).toBe("healthy");
    expect(await incidentsOf(fleet)).toHaveLength(1);
  });

  it.each([
    ["watches", false],
    ["holds for", true],
  ])("%s a change of prompt that nobody announced, as the settings say", async (_, mayQuarantine) => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act", ["none"], 0);
    await changeSettings(fleet.db, { prompt_change_may_quarantine: mayQuarantine }, PERSON, fleet.now);
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", (event) => ({ ...event, prompt_hash: "p-unknown" }));
    await fleet.ticks(AGENTS, 10);
    expect(await fleet.state("a-1")).toBe(mayQuarantine ? "quarantined" : "healthy");
    for (const id of AGENTS.slice(1)) expect(await fleet.state(id)).toBe("healthy");
  });

  it("lets an announced change shift a level threefold without an alarm", async () => {
    fleet = await TestFleet.open();
    await fleet.treat("Research", "act");
    await fleet.learn(AGENTS, 80);
    await declare(
      fleet.db,
      { subject_kind: "agent", subject_id: "a-1", kind: "prompt", to: "p-new" },
      "Ada",
      fleet.now,
    );
    fleet.faults.set("a-1", (event) => ({
      ...event,
      prompt_hash: "p-new",
      input_tokens: event.input_tokens! * 3,
      token_count: event.token_count! * 3,
      cost: event.cost! * 3,
    }));
    await fleet.learn(AGENTS, 80);
    expect(await incidentsOf(fleet)).toEqual([]);
    expect(["healthy", "learning"]).toContain(await fleet.state("a-1"));
  });
});
