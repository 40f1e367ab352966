import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listActionRunsOf, listPendingApprovals, listProposalsOf } from "@/lib/db/queries/healing";
import { getIncident, listFindings, type Incident } from "@/lib/db/queries/incidents";
import { findIncidentDetail } from "@/lib/views/incident-detail";
import { findInvestigation, listCauses, listDiagnoses } from "@/lib/db/queries/investigations";
import { addEdge } from "@/lib/db/queries/services";
import { incidents } from "@/lib/db/schema";
import { write } from "@/lib/db/client";
import { commandIncident } from "@/lib/response/command-incident";
import { decide } from "@/lib/response/decide";
import { TestEstate } from "./test-estate";
import { type Fault, TestFleet } from "./test-fleet";

const PERSON = { id: "user-1", name: "Ada" };
const MINUTE = 60_000;

describe("of a service", () => {
  let estate: TestEstate;
  beforeEach(async () => {
    estate = await TestEstate.open();
  });
  afterEach(() => estate.end());

  const only = async (): Promise<Incident> => {
    const [incident, ...more] = await estate.db.select().from(incidents);
    expect(more).toEqual([]);
    return incident!;
  };
  const ask = (id: string, command: "investigate" | "by_hand", comment?: string) =>
    commandIncident(estate.db, id, command, comment, PERSON, estate.now);

  /** Its CPU is busy from the 20th minute on, until a moment. */
  async function untilAsked(until = Infinity): Promise<Incident> {
    const since = estate.now + 20 * MINUTE;
    const usual: Record<string, number> = { up: 1, cpu: 0.08, latency_p90: 0.05, errors: 0, requests: 4, memory: 8e7 };
    estate.measured.set("api", (signal, at) =>
      signal === "cpu" && at >= since && at < until
        ? 0.96
        : (usual[signal] ?? 0) * (signal === "up" ? 1 : 1 + 0.02 * Math.sin(at / 7_919)),
    );
    await estate.pass(22);
    await estate.rest();
    const incident = await only();
    expect(incident.state).toBe("awaiting_approval");
    return incident;
  }

  test("an incident is investigated again: what waited is void, and is proposed anew on what is found now", async () => {
    const { id } = await untilAsked();
    const [first] = await listPendingApprovals(estate.db);
    const before = await findInvestigation(estate.db, id);
    await ask(id, "investigate");
    await expect(
      decide(
        estate.db,
        first!.id,
        { decision: "approve", digest: first!.digest, evidenceOpened: true },
        PERSON,
        estate.now,
      ),
    ).rejects.toMatchObject({ code: "conflict" });
    await estate.rest();
    const after = await findInvestigation(estate.db, id);
    expect(after!.id).not.toBe(before!.id);
    expect((await listCauses(estate.db, id)).every(({ investigationId }) => investigationId === after!.id)).toBe(true);
    const [second, ...more] = await listPendingApprovals(estate.db);
    expect(more).toEqual([]);
    expect(second!.id).not.toBe(first!.id);
    expect(await only()).toMatchObject({ state: "awaiting_approval" });
  });

  test("an alert of another service that joins has it investigated again", async () => {
    const { id } = await untilAsked();
    const before = await findInvestigation(estate.db, id);
    await write(estate.db, [addEdge("web", "api", "a test", estate.now)]);
    estate.now += 10_000;
    await estate.alert([{ name: "Slow", service: "web" }]);
    expect(await only()).toMatchObject({ state: "investigating" });
    expect(await listPendingApprovals(estate.db)).toEqual([]);
    await estate.rest();
    const after = await findInvestigation(estate.db, id);
    expect(after).toMatchObject({ state: "done" });
    expect(after!.id).not.toBe(before!.id);
    await estate.alert([{ name: "Slower", service: "web" }]);
    await estate.rest();
    expect((await findInvestigation(estate.db, id))!.id).toBe(after!.id);
  });

  test("what a person did by hand is measured like any operation", async () => {
    const cured = estate.now + 24 * MINUTE;
    const { id } = await untilAsked(cured);
    estate.now = cured - MINUTE;
    await ask(id, "by_hand", "moved the batch job to another host");
    expect(await only()).toMatchObject({ state: "verifying" });
    expect(await listPendingApprovals(estate.db)).toEqual([]);
    await estate.pass(5);
    expect(await listActionRunsOf(estate.db, id)).toMatchObject([
      { action: "manual", by: "Ada", outcome: "recovered" },
    ]);
    const incident = await only();
    expect(incident).toMatchObject({ state: "resolved", healedAt: expect.any(Number) });
    expect(incident.outcome).toContain("moved the batch job to another host (by hand)");
    expect(estate.ran()).toEqual([]);
  });

  test("what did not help is said, and the incident goes on", async () => {
    const { id } = await untilAsked();
    await ask(id, "by_hand", "asked it nicely");
    await estate.pass(12);
    expect(await listActionRunsOf(estate.db, id)).toMatchObject([{ action: "manual", outcome: "no_effect" }]);
    // The operation that was proposed before was not tried: it is proposed again.
    expect(await only()).toMatchObject({ state: "awaiting_approval" });
  });

  test("without a word on what was done, or while something is being done, nothing is recorded", async () => {
    const { id } = await untilAsked();
    await expect(ask(id, "by_hand")).rejects.toMatchObject({
      code: "invalid",
      details: { fields: [{ field: "comment" }] },
    });
    await ask(id, "by_hand", "this");
    await expect(ask(id, "by_hand", "and that")).rejects.toMatchObject({ code: "conflict" });
    await expect(ask(id, "investigate")).rejects.toMatchObject({ code: "conflict" });
    expect(await listActionRunsOf(estate.db, id)).toHaveLength(1);
  });
});

describe("of an agent", () => {
  let fleet: TestFleet;
  beforeEach(async () => {
    fleet = await TestFleet.open();
  });
  afterEach(() => fleet.close());

  const AGENTS = Array.from({ length: 8 }, (_, i) => `a-${i}`);
  const flood: Fault = (event) => ({
    ...event,
    token_count: (event.token_count ?? 0) * 12,
    cost: (event.cost ?? 0) * 12,
  });
  const ask = (id: string, command: "investigate" | "by_hand" | "dismiss", comment?: string) =>
    commandIncident(fleet.db, id, command, comment, PERSON, fleet.now);

  /** An agent spends too much, is held, and a person is asked. */
  async function untilAsked(agent: string): Promise<string> {
    fleet.faults.set(agent, flood);
    await fleet.until(
      AGENTS,
      async () => (await listPendingApprovals(fleet.db)).some((one) => one.subjectId === agent),
      40,
    );
    return (await listPendingApprovals(fleet.db)).find(({ subjectId }) => subjectId === agent)!.incidentId;
  }
  beforeEach(async () => {
    await fleet.treat("Research", "act", ["none"], 0);
    await fleet.learn(AGENTS, 80);
  });

  test("is investigated again by the next sweep, and a person is asked anew", async () => {
    const id = await untilAsked("a-1");
    const [first] = await listPendingApprovals(fleet.db, id);
    const before = (await listDiagnoses(fleet.db, id)).map((cause) => cause.id);
    await ask(id, "investigate", "I want to know");
    expect(await listPendingApprovals(fleet.db, id)).toEqual([]);
    await fleet.sweep();
    const after = (await listDiagnoses(fleet.db, id)).map((cause) => cause.id);
    expect(after.length).toBeGreaterThan(0);
    expect(after.filter((cause) => before.includes(cause))).toEqual([]);
    const [second] = await listPendingApprovals(fleet.db, id);
    expect(second!.id).not.toBe(first!.id);
    expect(await getIncident(fleet.db, id)).toMatchObject({ state: "awaiting_approval" });
  });

  test("what was done by hand lets it run, is measured on fresh vitals, and teaches nothing", async () => {
    const id = await untilAsked("a-1");
    await ask(id, "by_hand", "restored its prompt");
    fleet.faults.clear();
    await fleet.until(AGENTS, async () => (await getIncident(fleet.db, id)).state === "resolved", 120);
    expect(await listActionRunsOf(fleet.db, id)).toMatchObject([{ action: "manual", outcome: "recovered", by: "Ada" }]);
    expect(await fleet.state("a-1")).toBe("healthy");
    expect((await getIncident(fleet.db, id)).outcome).toContain("restored its prompt (by hand)");
    expect(await fleet.db.query.immuneMemory.findMany()).toEqual([]);
  });

  test("what was done by hand and did not help has it held again, and its ladder begins", async () => {
    const id = await untilAsked("a-1");
    await ask(id, "by_hand", "asked it nicely");
    await fleet.until(AGENTS, async () => (await listPendingApprovals(fleet.db, id)).length === 1, 120);
    const runs = await listActionRunsOf(fleet.db, id);
    expect(runs).toMatchObject([{ action: "manual" }]);
    expect(["no_effect", "worse"]).toContain(runs[0]!.outcome);
    expect(await fleet.state("a-1")).toBe("quarantined");
    expect((await listProposalsOf(fleet.db, id)).at(-1)!.action).not.toBe("manual");
  });

  test("a closed incident leaves a post-mortem and is found by the next one like it", async () => {
    const first = await untilAsked("a-1");
    await ask(first, "dismiss", "known");
    fleet.faults.clear();
    const detail = await findIncidentDetail(fleet.db, first);
    expect(detail!.postmortem).toContain("# Post-mortem (draft)");
    expect(detail!.postmortem).toContain("agent a-1");
    expect(detail!.postmortem).not.toMatch(/\bfixed\b|caused by/i);
    await fleet.ticks(AGENTS, 40);
    const second = await untilAsked("a-1");
    expect(second).not.toBe(first);
    const found = (await listFindings(fleet.db, second)).filter(({ kind }) => kind === "similar_incident");
    expect(found.map(({ source }) => source)).toContain(`incident ${first}`);
    expect(found.find(({ source }) => source === `incident ${first}`)!.title).toContain("the same agent, a-1");
  });
});
