import { afterEach, expect, it } from "vitest";
import { INCIDENT_STATES } from "@/lib/core/vocabulary";
import { findAgent, findDirective, listAgentsInStates } from "@/lib/db/queries/agents";
import { listActionRunsOf } from "@/lib/db/queries/healing";
import { listIncidentsInStates } from "@/lib/db/queries/incidents";
import { incidentSubjects } from "@/lib/db/schema";
import { register } from "./register";
import { changeSettings } from "./settings";
import { type Fault, TestFleet, PERSON } from "./test-fleet";

let fleet: TestFleet;
afterEach(() => fleet.close());

const AGENTS = ["a-1", "a-2", "a-3", "a-4"];
const slow: Fault = (event) => ({ ...event, latency_ms: event.latency_ms! * 12 });
/** A loop, whose ladder ends in a successor. */
const loop: Fault = (event) => ({ ...event, tool_calls: 60 });

it("an earlier hold is released once others leave with the same cause: one external incident, nobody held", async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act", ["none"], 0);
  await changeSettings(fleet.db, { limits: { fleet_share: 1, type_share: 1, per_hour: 100 } }, PERSON, fleet.now);
  await fleet.ticks(AGENTS, 80);
  fleet.faults.set("a-1", slow);
  await fleet.until(AGENTS, async () => (await fleet.state("a-1")) === "quarantined", 60);
  const held = (await findDirective(fleet.db, "a-1"))!;

  for (const id of AGENTS) fleet.faults.set(id, slow);
  const external = async () =>
    (await listIncidentsInStates(fleet.db, INCIDENT_STATES)).find(({ kind }) => kind === "external");
  await fleet.until(AGENTS, async () => (await external()) !== undefined, 20);
  await fleet.ticks(AGENTS, 4);

  const released = (await findDirective(fleet.db, "a-1"))!;
  expect(released.version).toBeGreaterThan(held.version);
  expect(released.status).toBe("run");
  expect(await listAgentsInStates(fleet.db, ["quarantined"])).toEqual([]);
  const incident = (await external())!;
  const subjects = await fleet.db.select().from(incidentSubjects);
  const members = subjects.filter(({ incidentId }) => incidentId === incident.id).map(({ subjectId }) => subjectId);
  expect(members.toSorted()).toEqual(AGENTS);
});

it("a successor that is as ill as the agent it replaced is held like it, and waits for the same people", async () => {
  fleet = await TestFleet.open({ probationSamples: 5 });
  await fleet.treat("Research", "act");
  await register(
    fleet.db,
    fleet.key,
    { agent_id: "a-1", agent_type: "Research", enforcement: true, can_clone: true },
    fleet.now,
    fleet.config,
  );
  await fleet.ticks(AGENTS, 80);
  fleet.faults.set("a-1", loop);
  const incidentOf = async () => (await listIncidentsInStates(fleet.db, INCIDENT_STATES))[0]!;
  const clone = async () => {
    const incident = (await listIncidentsInStates(fleet.db, INCIDENT_STATES))[0];
    const runs = incident ? await listActionRunsOf(fleet.db, incident.id) : [];
    return runs.find((run) => run.action === "clone_agent");
  };
  await fleet.until(AGENTS, async () => (await clone()) !== undefined, 250);
  const successor = (await clone())!.args.successor as string;

  // Whatever made the first one ill makes the second one ill.
  fleet.faults.set(successor, loop);
  const all = [...AGENTS, successor];
  await fleet.until(all, async () => (await findAgent(fleet.db, successor))?.state === "quarantined", 200);
  expect((await findDirective(fleet.db, successor))!.status).toBe("quarantined");
  expect((await findAgent(fleet.db, successor))!.incidentId).toBe((await incidentOf()).id);
  expect((await clone())!.outcome).toMatch(/^(worse|no_effect)$/);
  expect((await findDirective(fleet.db, "a-1"))!.status).not.toBe("run");
  for (const id of AGENTS.slice(1)) expect(await fleet.state(id)).toBe("healthy");
});
