import { sql } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { findDirective, getAgent } from "@/lib/db/queries/agents";
import { getIncident, listIncidentsInStates } from "@/lib/db/queries/incidents";
import { commandAgent } from "@/lib/response/agents/command";
import { commandIncident } from "@/lib/response/command-incident";
import { TestFleet, type Fault, PERSON } from "./test-fleet";

const AGENTS = ["a-1", "a-2", "a-3", "a-4", "a-5"];

const unavailable: Fault = (event) => ({ ...event, success: false, http_status: 503 });
const flood: Fault = (event) => ({
  ...event,
  input_tokens: event.input_tokens! * 100,
  token_count: event.token_count! * 100,
  cost: event.cost! * 100,
});
/** The same call with an outside effect, again and again. */
const loop: Fault = ({ agent_id, instance_id, timestamp, sequence, directive_version, directive_hash }) => ({
  agent_id,
  instance_id,
  timestamp,
  sequence,
  ...(directive_version === undefined ? {} : { directive_version, directive_hash }),
  kind: "tool_call",
  run_id: `${agent_id}-loop`,
  tool: "send_email",
  side_effect: "write",
  action_hash: "same",
  result_hash: "same",
  success: true,
});

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act", ["none"], 0);
});
afterEach(() => fleet.close());

const incidents = () => listIncidentsInStates(fleet.db, INCIDENT_STATES);
const external = async () => (await incidents()).find(({ kind }) => kind === "external");
const held = (id: string) => async () => (await fleet.state(id)) === "quarantined";

/** Three of the agents fail together, and share one external incident. */
async function failTogether(): Promise<string> {
  await fleet.learn(AGENTS, 80);
  for (const id of AGENTS.slice(0, 3)) fleet.faults.set(id, unavailable);
  const joined = async () => {
    const shared = await external();
    const theirs = await Promise.all(AGENTS.slice(0, 3).map((id) => getAgent(fleet.db, id)));
    return shared !== undefined && theirs.every(({ incidentId }) => incidentId === shared.id);
  };
  await fleet.until(AGENTS, joined, 20);
  expect(await joined()).toBe(true);
  return (await external())!.id;
}

describe("a member of an incident that holds nobody", () => {
  it.each<[string, Fault]>([
    ["makes the same call with an outside effect again and again", loop],
    ["takes a hundred times the tokens", flood],
  ])("is contained when it %s, and the others are left alone", async (_, fault) => {
    const shared = await failTogether();
    fleet.faults.set("a-1", fault);
    // As soon as an agent that is in no incident is.
    fleet.faults.set("a-5", fault);
    const control = await fleet.until(AGENTS, held("a-5"), 40);
    await fleet.until(AGENTS, held("a-1"), 10);
    expect(control).toBeLessThan(40);
    const own = await getIncident(fleet.db, (await getAgent(fleet.db, "a-1")).incidentId!);
    expect(own).toMatchObject({ kind: "agent", closedAt: null });
    for (const id of ["a-2", "a-3"]) expect((await getAgent(fleet.db, id)).incidentId).toBe(shared);
    for (const id of ["a-2", "a-3", "a-4"]) expect((await getAgent(fleet.db, id)).directiveVersion).toBe(0);

    for (const id of ["a-2", "a-3"]) fleet.faults.delete(id);
    await fleet.until(AGENTS, async () => (await getIncident(fleet.db, shared)).closedAt !== null, 80);
    expect(await fleet.state("a-1")).toBe("quarantined");
    expect((await getIncident(fleet.db, shared)).outcome).toMatch(
      /no agent remains in this incident; 1 agent has a separate incident/,
    );
  });

  it("is judged again once the incident has ended, by the same metric and by others", async () => {
    const shared = await failTogether();
    fleet.faults.clear();
    await fleet.until(AGENTS, async () => (await getIncident(fleet.db, shared)).closedAt !== null, 80);
    for (const id of AGENTS) expect(await fleet.state(id)).toBe("healthy");
    await fleet.ticks(AGENTS, 10);
    fleet.faults.set("a-1", unavailable);
    fleet.faults.set("a-2", flood);
    await fleet.until(AGENTS, held("a-1"), 20);
    await fleet.until(AGENTS, held("a-2"), 20);
  });

  it("is contained when it stays ill while the others are well again", async () => {
    const shared = await failTogether();
    for (const id of ["a-2", "a-3"]) fleet.faults.delete(id);
    await fleet.until(AGENTS, held("a-1"), 120);
    expect((await getIncident(fleet.db, shared)).closedAt).not.toBeNull();
    for (const id of AGENTS.slice(1)) expect(await fleet.state(id)).toBe("healthy");
    expect((await incidents()).map(({ kind }) => kind).toSorted()).toEqual(["agent", "external"]);
  });

  it("is watched for all that fired meanwhile: it is not called back in band while one of it is not", async () => {
    await fleet.treat("Research", "observe");
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", flood);
    const opened = async () => (await getAgent(fleet.db, "a-1")).incidentId;
    await fleet.until(AGENTS, async () => (await opened()) !== null, 10);
    const incident = (await opened())!;
    // One illness is traded for another.
    fleet.faults.set("a-1", (event) => ({ ...event, tool_calls: 60 }));
    await fleet.ticks(AGENTS, 100);
    expect(await opened()).toBe(incident);
    expect((await getIncident(fleet.db, incident)).closedAt).toBeNull();

    fleet.faults.clear();
    await fleet.until(AGENTS, async () => (await getIncident(fleet.db, incident)).closedAt !== null, 120);
    expect((await getIncident(fleet.db, incident)).outcome).toMatch(/without any action/);
    expect(await fleet.state("a-1")).toBe("healthy");
  });

  it("that goes in circles in one run is not called back in band because the rule speaks once", async () => {
    await fleet.treat("Research", "observe");
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", loop);
    await fleet.until(AGENTS, async () => (await getAgent(fleet.db, "a-1")).incidentId !== null, 40);
    const { incidentId } = await getAgent(fleet.db, "a-1");
    await fleet.ticks(AGENTS, 60);
    expect((await getAgent(fleet.db, "a-1")).incidentId).toBe(incidentId);
    expect(await fleet.state("a-1")).toBe("suspected");
  });

  it("is contained once its type may be, in an incident that goes on from the one before", async () => {
    await fleet.treat("Research", "observe");
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", flood);
    await fleet.until(AGENTS, async () => (await getAgent(fleet.db, "a-1")).incidentId !== null, 10);
    const before = (await getAgent(fleet.db, "a-1")).incidentId!;
    await fleet.treat("Research", "act", ["none"], 0);
    await fleet.until(AGENTS, held("a-1"), 40);
    const own = await getIncident(fleet.db, (await getAgent(fleet.db, "a-1")).incidentId!);
    expect(own).toMatchObject({ kind: "agent", mode: "act", previousIncidentId: before });
    expect(await getIncident(fleet.db, before)).toMatchObject({
      state: "resolved",
      outcome: expect.stringContaining(own.id),
    });
    expect((await findDirective(fleet.db, "a-1"))!.status).toBe("quarantined");
  });

  it("is judged again after a person dismissed the incident", async () => {
    const shared = await failTogether();
    await commandIncident(fleet.db, shared, "dismiss", undefined, PERSON, fleet.now);
    for (const id of ["a-2", "a-3"]) fleet.faults.delete(id);
    await fleet.until(AGENTS, held("a-1"), 40);
    for (const id of AGENTS.slice(1)) expect(await fleet.state(id)).toBe("healthy");
  });
});

it("a suspicion that a person lifts at once does not blind the judgement", async () => {
  await fleet.learn(AGENTS, 80);
  fleet.faults.set("a-1", unavailable);
  await fleet.until(AGENTS, async () => (await fleet.state("a-1")) === "suspected", 20);
  await commandAgent(fleet.db, "a-1", "release", undefined, PERSON, fleet.now);
  await fleet.until(AGENTS, held("a-1"), 30);
  for (const id of AGENTS.slice(1)) expect(await fleet.state(id)).toBe("healthy");
});

it("a member that a person holds by hand gets an incident of its own, and the others' still closes", async () => {
  const shared = await failTogether();
  await commandAgent(fleet.db, "a-1", "quarantine", undefined, PERSON, fleet.now);
  expect((await getAgent(fleet.db, "a-1")).incidentId).not.toBe(shared);
  for (const id of ["a-2", "a-3"]) fleet.faults.delete(id);
  await fleet.until(AGENTS, async () => (await getIncident(fleet.db, shared)).closedAt !== null, 80);
  expect(await fleet.state("a-1")).toBe("quarantined");
});

it("an agent that runs away while its cure is measured is held again", async () => {
  await fleet.treat("Research", "act");
  await fleet.learn(AGENTS, 80);
  // Its tokens are back in band after the first action; from then on it goes in circles.
  fleet.faults.set("a-1", (event) => ((event.directive_version ?? 0) >= 2 ? loop(event) : flood(event)));
  await fleet.until(AGENTS, async () => (await fleet.state("a-1")) === "probation", 60);
  await fleet.until(AGENTS, held("a-1"), 30);
  for (const id of AGENTS.slice(1)) expect(await fleet.state(id)).toBe("healthy");
});

it("an agent that joined an incident in the moment in which it was closed is decided about like any other", async () => {
  const shared = await failTogether();
  // As if somebody had dismissed it between the look at it and the joining.
  await fleet.db.run(sql`UPDATE incidents SET state = 'dismissed', closed_at = ${fleet.now} WHERE id = ${shared}`);
  for (const id of ["a-2", "a-3"]) fleet.faults.delete(id);
  await fleet.until(AGENTS, held("a-1"), 40);
  for (const id of AGENTS.slice(1)) expect(await fleet.state(id)).toBe("healthy");
});
