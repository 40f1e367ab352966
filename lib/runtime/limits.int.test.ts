import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { findDirective, getAgent, listAgentsInStates } from "@/lib/db/queries/agents";
import { getIncident, listIncidentsInStates, listTimeline } from "@/lib/db/queries/incidents";
import { commandAgent } from "@/lib/response/agents/command";
import { commandIncident } from "@/lib/response/command-incident";
import { changeSettings, changeType } from "@/lib/response/settings";
import { TestFleet, type Fault, PERSON } from "./test-fleet";

const AGENTS = ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"];

const times =
  (factor: number): Fault =>
  (event) => ({
    ...event,
    input_tokens: event.input_tokens! * factor,
    token_count: event.token_count! * factor,
    cost: event.cost! * factor,
  });
const flood = times(100);

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act", ["none"], 0);
});
afterEach(() => fleet.close());

const heldIds = async () => (await listAgentsInStates(fleet.db, ["quarantined"])).map(({ id }) => id).toSorted();
const isHeld = (id: string) => async () => (await fleet.state(id)) === "quarantined";
const limit = async () => (await listIncidentsInStates(fleet.db, INCIDENT_STATES)).find(({ kind }) => kind === "limit");
const pages = async (id: string) =>
  (await listTimeline(fleet.db, id)).filter(({ data }) => data.page).map(({ agentId, type }) => ({ agentId, type }));

describe("the floor of a type", () => {
  const three = AGENTS.slice(0, 3);
  const type = (patch: Parameters<typeof changeType>[2]) => changeType(fleet.db, "Research", patch, PERSON, fleet.now);

  it("leaves so many healthy agents, asks a person beyond that, and does not bind a person", async () => {
    await type({ floor: 2, level: "hold_new" });
    await fleet.learn(three, 80);
    fleet.faults.set("a-1", flood);
    await fleet.until(three, isHeld("a-1"), 10);
    expect(await findDirective(fleet.db, "a-1")).toMatchObject({ status: "quarantined", level: "hold_new" });
    fleet.faults.set("a-2", flood);
    await fleet.until(three, async () => (await limit()) !== undefined, 10);
    expect(await heldIds()).toEqual(["a-1"]);
    const asked = (await listTimeline(fleet.db, (await limit())!.id)).find((e) => e.type === "containment.limited");
    expect(asked!.text).toContain("only 1 healthy agent of its type would be left, and the minimum is 2");
    await commandAgent(fleet.db, "a-2", "quarantine", undefined, PERSON, fleet.now);
    expect(await heldIds()).toEqual(["a-1", "a-2"]);
  });

  it("does not count one that a person paused", async () => {
    await type({ floor: 2 });
    await fleet.learn(three, 80);
    await commandAgent(fleet.db, "a-3", "pause", undefined, PERSON, fleet.now);
    fleet.faults.set("a-1", flood);
    await fleet.until(three, async () => (await limit()) !== undefined, 10);
    expect(await heldIds()).toEqual([]);
  });
});

describe("automatic holds in a small fleet", () => {
  it("are not used up by one sacrificed agent", async () => {
    await fleet.learn(AGENTS, 80);
    fleet.faults.set("a-1", flood);
    await fleet.until(AGENTS, isHeld("a-1"), 10);
    for (const id of ["a-2", "a-3"]) fleet.faults.set(id, flood);
    await fleet.ticks(AGENTS, 6);
    expect(await heldIds()).toEqual(["a-1", "a-2", "a-3"]);
    expect(await limit()).toBeUndefined();
  });

  it("end at the limit: one incident, a page for each further runaway, and the others are left alone", async () => {
    await fleet.learn(AGENTS, 80);
    for (const id of AGENTS.slice(0, 5)) fleet.faults.set(id, flood);
    await fleet.ticks(AGENTS, 8);
    const held = await heldIds();
    expect(held).toHaveLength(3);
    const waiting = AGENTS.slice(0, 5).filter((id) => !held.includes(id));
    const incident = (await limit())!;
    for (const id of waiting) expect((await getAgent(fleet.db, id)).incidentId).toBe(incident.id);
    const paged = await pages(incident.id);
    expect(paged.map(({ agentId }) => agentId ?? "").toSorted()).toEqual(waiting);
    expect(new Set(paged.map(({ type }) => type))).toEqual(new Set(["containment.limited"]));
    expect(await fleet.state("a-6")).toBe("healthy");
  });

  it("go to those that wait the moment there is room, the mostSevere first", async () => {
    await fleet.learn(AGENTS, 80);
    await changeSettings(fleet.db, { limits: { at_least: 1, per_hour: 100 } }, PERSON, fleet.now);
    fleet.faults.set("a-1", flood);
    await fleet.until(AGENTS, isHeld("a-1"), 10);
    fleet.faults.set("a-2", times(6));
    await fleet.until(AGENTS, async () => (await getAgent(fleet.db, "a-2")).incidentId !== null, 20);
    fleet.faults.set("a-3", flood);
    await fleet.until(AGENTS, async () => (await getAgent(fleet.db, "a-3")).incidentId !== null, 10);
    const incident = (await limit())!;
    expect(await heldIds()).toEqual(["a-1"]);

    fleet.faults.delete("a-1");
    await commandAgent(fleet.db, "a-1", "release", undefined, PERSON, fleet.now);
    await fleet.tick(AGENTS);
    expect(await heldIds()).toEqual(["a-3"]);
    expect(await getIncident(fleet.db, (await getAgent(fleet.db, "a-3")).incidentId!)).toMatchObject({ kind: "agent" });

    await changeSettings(fleet.db, { limits: { at_least: 2 } }, PERSON, fleet.now);
    await fleet.tick(AGENTS);
    expect(await heldIds()).toEqual(["a-2", "a-3"]);
    await fleet.tick(AGENTS);
    expect((await getIncident(fleet.db, incident.id)).closedAt).not.toBeNull();
  });

  it("can be allowed beyond the limit by a person, as many as wait", async () => {
    await fleet.learn(AGENTS, 80);
    for (const id of AGENTS.slice(0, 5)) fleet.faults.set(id, flood);
    await fleet.ticks(AGENTS, 8);
    const incident = (await limit())!;
    await commandIncident(fleet.db, incident.id, "allow", "all of them", PERSON, fleet.now);
    await expect(commandIncident(fleet.db, incident.id, "allow", undefined, PERSON, fleet.now)).rejects.toMatchObject({
      code: "conflict",
    });
    await fleet.tick(AGENTS);
    expect(await heldIds()).toEqual(AGENTS.slice(0, 5));
    expect(await fleet.state("a-6")).toBe("healthy");
    await fleet.tick(AGENTS);
    expect(await getIncident(fleet.db, incident.id)).toMatchObject({ state: "resolved", holdsAllowed: 0 });
    const own = (await getAgent(fleet.db, "a-1")).incidentId!;
    await expect(commandIncident(fleet.db, own, "allow", undefined, PERSON, fleet.now)).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("let go of one that is back in band before there was room", async () => {
    await fleet.learn(AGENTS, 80);
    for (const id of AGENTS.slice(0, 4)) fleet.faults.set(id, flood);
    await fleet.ticks(AGENTS, 8);
    const held = await heldIds();
    const [waiting] = AGENTS.slice(0, 4).filter((id) => !held.includes(id));
    fleet.faults.delete(waiting!);
    await fleet.until(AGENTS, async () => (await fleet.state(waiting!)) === "healthy", 80);
    expect((await limit())!.closedAt).not.toBeNull();
  });
});

it("one key's sacrificed agents leave room for another key's runaways", async () => {
  const theirs = ["x-1", "x-2", "x-3", "x-4"];
  const ours = ["v-1", "v-2", "v-3"];
  const all = [...theirs, ...ours];
  for (const id of theirs) fleet.keys.set(id, "theirs");
  for (const id of ours) fleet.keys.set(id, "ours");
  await fleet.learn(all, 80);
  for (const id of theirs) fleet.faults.set(id, flood);
  await fleet.ticks(all, 8);
  expect(await heldIds()).toHaveLength(3);
  for (const id of ["v-1", "v-2"]) fleet.faults.set(id, flood);
  await fleet.until(all, isHeld("v-1"), 10);
  await fleet.until(all, isHeld("v-2"), 10);
  expect(await fleet.state("v-3")).toBe("healthy");
});
