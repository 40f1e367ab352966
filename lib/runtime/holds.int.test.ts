import { afterEach, expect, it } from "vitest";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { findAgent, findDirective } from "@/lib/db/queries/agents";
import { listActionRunsOf } from "@/lib/db/queries/healing";
import { listIncidentsInStates } from "@/lib/db/queries/incidents";
import { register } from "@/lib/ingest/register";
import { type Fault, TestFleet } from "./test-fleet";

let fleet: TestFleet;
afterEach(() => fleet.close());

const AGENTS = ["a-1", "a-2", "a-3", "a-4"];
/** A loop, whose ladder ends in a successor. */
const loop: Fault = (event) => ({ ...event, tool_calls: 60 });

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
  await fleet.learn(AGENTS, 80);
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
