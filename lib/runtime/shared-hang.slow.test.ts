import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentEvent } from "@/lib/contracts/event";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { listAnomaliesOf, listIncidentsInStates } from "@/lib/db/queries/incidents";
import { stepsInRuns, TestFleet } from "./test-fleet";

/** Of a run; then it ends and the next begins. */
const CALLS = 4;
const SLOW = ["a-1", "a-2", "a-3", "a-4"];
const WELL = ["b-1", "b-2", "b-3", "b-4"];
const TICK_MS = 500;
/** A call of the slow provider, in ticks. */
const CALL_TICKS = 30;
/** Longer than all waiting for others, twice: until a hang is told again, and until it has been waited for once more. */
const ALONE_TICKS = 600;
/** Looked at this often meanwhile. */
const LOOK_TICKS = 20;

let fleet: TestFleet;
let inRuns: ReturnType<typeof stepsInRuns>;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act");
  inRuns = stepsInRuns(CALLS);
});
afterEach(() => fleet.close());

const step = (id: string): Partial<AgentEvent> => {
  const provider = id.startsWith("a-") ? "aurora" : "borealis";
  return {
    provider,
    model: `${provider}-1`,
    ...inRuns(id),
  };
};

const learned = () => fleet.learn([...SLOW, ...WELL], 40 * (CALLS + 1) + 2, step);
const incidents = async () => listIncidentsInStates(fleet.db, INCIDENT_STATES);

/** Everybody on aurora waits for a call of fifteen seconds, `rounds` times, but who never comes back. */
async function slowProvider(rounds: number, lost: readonly string[] = []) {
  const back = SLOW.filter((id) => !lost.includes(id));
  for (let round = 0; round < rounds; round++) {
    await fleet.ticks(WELL, CALL_TICKS, step);
    await fleet.ticks([...back, ...WELL], 1, (id) => ({
      ...step(id),
      ...(id.startsWith("a-") ? { latency_ms: CALL_TICKS * TICK_MS } : {}),
    }));
  }
}

it("calls that hang at all users of a provider hold none of them, whoever's limit comes first", async () => {
  await learned();
  await slowProvider(3);
  for (const id of SLOW) expect(`${id}: ${await fleet.state(id)}`).not.toMatch(/quarantined|healing|exhausted/);
  expect((await incidents()).map(({ kind }) => kind)).toEqual(["external"]);
});

it("a run that goes on hanging when the others are well again is held, out of the incident that they share", async () => {
  await learned();
  await slowProvider(3, ["a-1"]);
  expect(await fleet.state("a-1")).toBe("suspected");
  expect((await incidents()).map(({ kind }) => kind)).toEqual(["external"]);

  for (let n = 0; n < ALONE_TICKS && (await fleet.state("a-1")) === "suspected"; n += LOOK_TICKS)
    await fleet.ticks([...SLOW.slice(1), ...WELL], LOOK_TICKS, step);
  expect(await fleet.state("a-1")).toBe("quarantined");
  const own = (await incidents()).find(({ kind }) => kind === "agent");
  expect((await listAnomaliesOf(fleet.db, own!.id)).map(({ agentId, type }) => `${agentId} ${type}`)).toContain(
    "a-1 stuck_run",
  );
  for (const id of SLOW.slice(1)) expect(`${id}: ${await fleet.state(id)}`).not.toMatch(/quarantined/);
});

it("a run that hangs alone is held", async () => {
  await learned();
  await fleet.ticks([...SLOW.slice(1), ...WELL], 60, step);
  expect(await fleet.state("a-1")).toBe("quarantined");
});

it("a run that hangs far longer than a busy host makes others slow is held, though its key's agents are slow on every call", async () => {
  const own = (id: string) => ({ ...step(id), provider: `provider of ${id}`, model: `model of ${id}` });
  await fleet.learn([...SLOW, ...WELL], 40 * (CALLS + 1) + 2, own);
  const slow = (id: string) => ({ ...own(id), latency_ms: 4_000 });
  const others = [...SLOW.slice(1), ...WELL];
  await fleet.ticks([...SLOW, ...WELL], 20, slow);
  expect((await incidents()).map(({ causeKey }) => causeKey)).toEqual([expect.stringMatching(/^key:/)]);
  for (let n = 0; n < ALONE_TICKS && (await fleet.state("a-1")) === "suspected"; n += LOOK_TICKS)
    await fleet.ticks(others, LOOK_TICKS, slow);
  expect(await fleet.state("a-1")).toBe("quarantined");
  for (const id of others) expect(`${id}: ${await fleet.state(id)}`).not.toMatch(/quarantined/);
});

it("an outage of most of an hour holds none of those who hang in it, whenever their last call began", async () => {
  await learned();
  const providers = ["a-1", "a-2", "a-3", "a-4"];
  // a-4 goes on for a while before its call hangs as well, and hosts without heartbeats are heard of no more.
  await fleet.ticks(["a-4", ...WELL], 240, step);
  for (let minute = 0; minute < 40; minute++) {
    await fleet.ticks(WELL, 1, step);
    fleet.now += 30_000;
    await fleet.ticks(WELL, 1, step);
    fleet.now += 29_000;
  }
  for (const id of providers) expect(`${id}: ${await fleet.state(id)}`).not.toMatch(/quarantined|healing|exhausted/);
});
