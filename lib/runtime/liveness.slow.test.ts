import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentEvent } from "@/lib/contracts/event";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { listAnomaliesOf, listIncidentsInStates } from "@/lib/db/queries/incidents";
import { createSweeper } from "@/lib/detection/sweeper";
import { stepsInRuns, TestFleet } from "./test-fleet";

/** Of a run; then it ends and the next begins. */
const CALLS = 4;
const AGENTS = ["a-1", "a-2", "a-3", "a-4"];

let fleet: TestFleet;
let step: ReturnType<typeof stepsInRuns>;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act");
  step = stepsInRuns(CALLS);
});
afterEach(() => fleet.close());

/** One step of each agent's run. */
const work = (agents: readonly string[], n: number, more: (id: string) => Partial<AgentEvent> = () => ({})) =>
  fleet.ticks(agents, n, (id) => ({ ...step(id), ...more(id) }));

/** Everybody has learned what is normal and is in the middle of a run. */
const learned = (more?: (id: string) => Partial<AgentEvent>) => work(AGENTS, 40 * (CALLS + 1) + 2, more);

const titles = async () => (await listIncidentsInStates(fleet.db, INCIDENT_STATES)).map(({ title }) => title);

it("holds an agent whose run hangs while others go on", async () => {
  await learned();
  // It waits for others whose runs hang as long again as it has hung itself, and is told again meanwhile.
  await work(["a-1", "a-2", "a-4"], 40);
  expect(await fleet.state("a-3")).toBe("quarantined");
  const [incident] = await listIncidentsInStates(fleet.db, INCIDENT_STATES);
  const types = (await listAnomaliesOf(fleet.db, incident!.id)).map(({ type }) => type);
  expect(new Set(types)).toEqual(new Set(["stuck_run"]));
});

it("blames nobody for an outage of all, whoever comes back first", async () => {
  await learned();
  fleet.now += 20_000;
  await work(["a-1"], 2);
  await work(AGENTS, 20);
  expect(await titles()).toEqual([]);
});

it("still finds the run that an outage left hanging", async () => {
  await learned();
  fleet.now += 20_000;
  await work(["a-1", "a-2", "a-4"], 40);
  expect(await fleet.state("a-3")).toBe("quarantined");
  expect(await titles()).toHaveLength(1);
});

it("blames nobody for the time in which nobody swept", async () => {
  await learned();
  fleet.now += 20_000;
  fleet.sweeper = createSweeper();
  await work(["a-1"], 2);
  await work(AGENTS, 20);
  expect(await titles()).toEqual([]);
});

it("minds no clock that is behind", async () => {
  const behind = (id: string) => (id === "a-2" ? { timestamp: fleet.now - 30_000 } : {});
  await learned(behind);
  await work(AGENTS, 40, behind);
  expect(await titles()).toEqual([]);
});

it("calls nobody quiet while there is more to read", async () => {
  await learned();
  const before = fleet.now;
  // More than is judged in one pass stands before what the others said meanwhile.
  await fleet.send(
    Array.from({ length: 20_000 }, (_, i) => fleet.call("busy", { timestamp: before + i / 4, run_id: `busy-${i}` })),
  );
  for (let i = 0; i < 40; i++) {
    const events = AGENTS.map((id) => fleet.call(id, { run_id: `${id}-run-40`, timestamp: fleet.now }));
    await fleet.send(events);
    fleet.now += 500;
  }
  await fleet.sweep();
  expect((await titles()).filter((title) => /stuck/.test(title))).toEqual([]);
});
