import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentEvent } from "@/lib/contracts/event";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { listIncidentsInStates } from "@/lib/db/queries/incidents";
import { TestFleet } from "./test-fleet";

/** Of a run; then it ends and the next begins. */
const CALLS = 4;
const SLOW = ["a-1", "a-2", "a-3", "a-4"];
const WELL = ["b-1", "b-2", "b-3", "b-4"];
/** A call of the slow provider, in ticks of half a second. */
const CALL_TICKS = 30;

let fleet: TestFleet;
const steps = new Map<string, number>();
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act");
  steps.clear();
});
afterEach(() => fleet.close());

const step = (id: string): Partial<AgentEvent> => {
  const n = steps.get(id) ?? 0;
  steps.set(id, n + 1);
  const within = n % (CALLS + 1);
  const provider = id.startsWith("a-") ? "aurora" : "borealis";
  return {
    provider,
    model: `${provider}-1`,
    run_id: `${id}-run-${Math.floor(n / (CALLS + 1))}`,
    kind: within === CALLS ? "run_end" : "model_call",
  };
};

const learned = () => fleet.learn([...SLOW, ...WELL], 40 * (CALLS + 1) + 2, step);

it("calls that hang at all users of a provider hold none of them, whoever's limit comes first", async () => {
  await learned();
  for (let round = 0; round < 3; round++) {
    await fleet.ticks(WELL, CALL_TICKS, step);
    await fleet.ticks([...SLOW, ...WELL], 1, (id) => ({
      ...step(id),
      ...(id.startsWith("a-") ? { latency_ms: CALL_TICKS * 500 } : {}),
    }));
  }
  for (const id of SLOW) expect(`${id}: ${await fleet.state(id)}`).not.toMatch(/quarantined|healing|exhausted/);
  const incidents = await listIncidentsInStates(fleet.db, INCIDENT_STATES);
  expect(incidents.map(({ kind }) => kind)).toEqual(["external"]);
});

it("a run that hangs alone is held", async () => {
  await learned();
  await fleet.ticks([...SLOW.slice(1), ...WELL], 60, step);
  expect(await fleet.state("a-1")).toBe("quarantined");
});
