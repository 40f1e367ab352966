import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { findDirective, getAgent, listAgentsInStates } from "@/lib/db/queries/agents";
import { getIncident, listAnomaliesSince, listIncidentsInStates, listTimeline } from "@/lib/db/queries/incidents";
import { commandAgent } from "@/lib/response/agents/command";
import { TestFleet, type Fault, PERSON } from "./test-fleet";

/** Four agents of one key, and what depends on it: whether their reports can be anybody's alibi but their own. */
const THEIRS = ["x-1", "x-2", "x-3", "x-4"];
const OURS = ["v-1", "v-2"];
const ALL = [...THEIRS, ...OURS];

const slow: Fault = (event) => ({ ...event, latency_ms: event.latency_ms! * 12 });

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act", ["none"], 0);
});
afterEach(() => fleet.close());

const speak = (keyId: string, ids: readonly string[]) => ids.forEach((id) => fleet.keys.set(id, keyId));
const incidents = () => listIncidentsInStates(fleet.db, INCIDENT_STATES);
const external = async () => (await incidents()).find(({ kind }) => kind === "external");
const held = (id: string) => async () => (await fleet.state(id)) === "quarantined";
const nobodyHeld = async () => expect(await listAgentsInStates(fleet.db, ["quarantined"])).toEqual([]);

describe("agents of one other key", () => {
  const learn = async () => {
    speak("theirs", THEIRS);
    speak("ours", OURS);
    await fleet.learn(ALL, 80);
  };

  it("do not shield an agent that is slow on the same model at the same time", async () => {
    await learn();
    for (const id of [...THEIRS, "v-1"]) fleet.faults.set(id, slow);
    await fleet.until(ALL, held("v-1"), 60);
    // Among themselves they share a cause: one incident, and nobody held.
    const shared = (await external())!;
    for (const id of THEIRS) expect((await getAgent(fleet.db, id)).incidentId).toBe(shared.id);
    for (const id of [...THEIRS, "v-2"]) expect((await getAgent(fleet.db, id)).directiveVersion).toBe(0);
  });

  it("do not shield one that becomes slow while their incident is open", async () => {
    await learn();
    for (const id of THEIRS) fleet.faults.set(id, slow);
    await fleet.until(ALL, async () => (await external()) !== undefined, 60);
    fleet.faults.set("v-1", slow);
    await fleet.until(ALL, held("v-1"), 60);
    for (const id of [...THEIRS, "v-2"]) expect((await getAgent(fleet.db, id)).directiveVersion).toBe(0);
  });

  it("do not release one that is held: a person is asked, once, and can release it", async () => {
    await learn();
    fleet.faults.set("v-1", slow);
    await fleet.until(ALL, held("v-1"), 60);
    for (const id of THEIRS) fleet.faults.set(id, slow);
    await fleet.until(ALL, async () => (await external()) !== undefined, 60);
    await fleet.ticks(ALL, 10);
    expect(await fleet.state("v-1")).toBe("quarantined");
    expect((await findDirective(fleet.db, "v-1"))!.status).toBe("quarantined");
    const { incidentId } = await getAgent(fleet.db, "v-1");
    const asked = (await listTimeline(fleet.db, incidentId!)).filter(
      ({ type }) => type === "incident.shared_cause_asked",
    );
    expect(asked.map(({ data, text }) => ({ page: data.page, text }))).toEqual([
      { page: true, text: expect.stringMatching(/^[34] other agents that share model m-1 .* v-1 stays quarantined/) },
    ]);
    await commandAgent(fleet.db, "v-1", "release", "theirs", PERSON, fleet.now);
    expect(await fleet.state("v-1")).toBe("healthy");
  });

  it("do not decide whether a cure counts by falling ill and getting well beside it", async () => {
    await learn();
    await fleet.treat("Research", "act");
    const flood: Fault = (event) => ({ ...event, input_tokens: event.input_tokens! * 100, token_count: event.token_count! * 100, cost: event.cost! * 100 }); // prettier-ignore
    await fleet.treat("Decoy", "observe");
    let ill = true;
    for (const id of THEIRS)
      fleet.faults.set(id, (event) => ({ ...(ill ? flood(event) : event), agent_type: "Decoy" }));
    fleet.faults.set("v-1", (event) => ((event.directive_version ?? 0) >= 2 ? event : flood(event)));
    await fleet.until(ALL, async () => (await fleet.state("v-1")) === "probation", 60);
    ill = false;
    await fleet.until(ALL, async () => (await fleet.state("v-1")) === "healthy", 60);
    const own = (await incidents()).find(({ kind, mode }) => kind === "agent" && mode === "act")!;
    expect(own).toMatchObject({ state: "resolved", outcome: expect.stringMatching(/^recovered after/) });
  });
});

it("a shared cause of one key's agents is one external incident, and nobody is held", async () => {
  await fleet.learn(THEIRS, 80);
  for (const id of THEIRS) fleet.faults.set(id, slow);
  await fleet.until(THEIRS, async () => (await external()) !== undefined, 60);
  await fleet.ticks(THEIRS, 40);
  await nobodyHeld();
  expect((await incidents()).map(({ kind }) => kind)).toEqual(["external"]);
});

it("once three keys suffer, the cause is shared by a lone agent of a fourth as well", async () => {
  const ids = ["p-1", "p-2", "q-1", "q-2", "r-1", "r-2", "s-1"];
  for (const id of ids) speak(`key ${id[0]}`, [id]);
  await fleet.learn(ids, 80);
  for (const id of ids) fleet.faults.set(id, slow);
  await fleet.until(ids, async () => (await external()) !== undefined, 60);
  await fleet.ticks(ids, 40);
  await nobodyHeld();
  expect((await incidents()).map(({ kind }) => kind)).toEqual(["external"]);
});

it("an earlier hold stays when others of its own key leave with the same cause: they are not held, a person is asked", async () => {
  await fleet.learn(THEIRS, 80);
  fleet.faults.set("x-1", slow);
  await fleet.until(THEIRS, held("x-1"), 60);
  for (const id of THEIRS) fleet.faults.set(id, slow);
  await fleet.until(THEIRS, async () => (await external()) !== undefined, 60);
  await fleet.ticks(THEIRS, 40);
  expect(await fleet.state("x-1")).toBe("quarantined");
  const { incidentId } = await getAgent(fleet.db, "x-1");
  expect(await getIncident(fleet.db, incidentId!)).toMatchObject({ causeKey: "model:m-1", closedAt: null });
  for (const id of THEIRS.slice(1)) expect((await getAgent(fleet.db, id)).directiveVersion).toBe(0);
});

it("an agent whose own tool fails is held, though its siblings' model is slow at the same time", async () => {
  const tool =
    (success: boolean): Fault =>
    (event) => ({
      agent_id: event.agent_id!,
      agent_type: event.agent_type!,
      instance_id: event.instance_id!,
      timestamp: event.timestamp!,
      sequence: event.sequence!,
      ...(event.directive_version === undefined
        ? {}
        : { directive_version: event.directive_version, directive_hash: event.directive_hash }),
      model: event.model!,
      provider: event.provider!,
      kind: "tool_call",
      tool: "db",
      latency_ms: event.latency_ms!,
      success,
    });
  const ids = [...THEIRS, "t-1"];
  fleet.faults.set("t-1", tool(true));
  await fleet.learn(ids, 80);
  for (const id of THEIRS) fleet.faults.set(id, slow);
  fleet.faults.set("t-1", tool(false));
  await fleet.until(ids, held("t-1"), 60);
  await fleet.ticks(ids, 20);
  for (const id of THEIRS) expect((await getAgent(fleet.db, id)).directiveVersion).toBe(0);
});

describe("others that are only watched", () => {
  const watched = async (id: string) =>
    (await listAnomaliesSince(fleet.db, [id], 0)).some(({ type }) => type === "latency_spike");

  it("keep one that is proved slow from being held, and do not hide that it stays so alone", async () => {
    await fleet.learn(THEIRS, 80);
    const others = ["x-2", "x-3"];
    for (const id of others) fleet.faults.set(id, (event) => ({ ...event, latency_ms: event.latency_ms! * 3 }));
    const bothWatched = async () => {
      for (const id of others) if (await watched(id)) fleet.faults.delete(id);
      return others.every((id) => !fleet.faults.has(id));
    };
    await fleet.until(THEIRS, bothWatched, 60);
    expect(await external()).toBeUndefined();
    fleet.faults.set("x-1", slow);
    await fleet.until(THEIRS, async () => (await getAgent(fleet.db, "x-1")).incidentId !== null, 60);
    await nobodyHeld();
    expect((await getAgent(fleet.db, "x-1")).incidentId).toBe((await external())!.id);
    await fleet.until(THEIRS, held("x-1"), 200);
    for (const id of others) expect((await getAgent(fleet.db, id)).directiveVersion).toBe(0);
  });
});
