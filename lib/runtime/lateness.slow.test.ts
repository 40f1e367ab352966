import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentEvent } from "@/lib/contracts/event";
import { getAgent } from "@/lib/db/queries/agents";
import { listDetectors } from "@/lib/db/queries/sweep";
import { register } from "@/lib/ingest/register";
import { changeSettings } from "@/lib/response/settings";
import { PERSON, TestFleet } from "./test-fleet";

const AGENT = "a-1";
const CONTROL = "c-1";
const OTHERS = ["b-1", "b-2"];
const MINUTE = 60_000;
/** How many samples longer than its control a runaway may take. */
const SLACK = 10;

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act");
  await fleet.treat("Control", "act");
  await changeSettings(fleet.db, { limits: { fleet_share: 1, type_share: 1, per_hour: 100 } }, PERSON, fleet.now);
});
afterEach(() => fleet.close());

type Stamp = (i: number) => Partial<AgentEvent>;
const flooded = (event: Partial<AgentEvent>): Partial<AgentEvent> => ({
  ...event,
  input_tokens: event.input_tokens! * 100,
  token_count: event.token_count! * 100,
  cost: event.cost! * 100,
});
let sample = 0;
/** Calls of everybody; the agent's as it stamps them. */
const said = (stamp: Stamp) => (id: string) =>
  id === AGENT ? stamp(sample++) : id === CONTROL ? { agent_type: "Control" } : {};
const ALL = [AGENT, CONTROL, ...OTHERS];
const ticks = (n: number, stamp: Stamp) => fleet.ticks(ALL, n, said(stamp));
const learn = (n: number, stamp: Stamp) => fleet.learn(ALL, n, said(stamp));

async function samplesUntilHeld(id: string, stamp: Stamp): Promise<number> {
  fleet.faults.set(id, flooded);
  for (let i = 1; i <= 30; i++) {
    await ticks(1, stamp);
    if ((await fleet.state(id)) === "quarantined") return i;
  }
  return Number.POSITIVE_INFINITY;
}

describe("a runaway whose clock is wrong is held as soon as one whose clock is right", () => {
  it.each<[string, Stamp, Stamp]>([
    ["ten minutes behind, always", () => ({ timestamp: fleet.now - 11 * MINUTE }), () => ({ timestamp: fleet.now - 11 * MINUTE })],
    ["an hour ahead, always", () => ({ timestamp: fleet.now + 60 * MINUTE }), () => ({ timestamp: fleet.now + 60 * MINUTE })],
    ["set back when it fell ill", () => ({}), () => ({ timestamp: fleet.now - 11 * MINUTE })],
    ["stopped", () => ({}), () => ({ timestamp: Date.UTC(2026, 0, 1) })],
    ["that jumps", () => ({}), (i) => ({ timestamp: fleet.now - (i % 3 === 0 ? 200 : i % 3 === 1 ? 15 : -90) * MINUTE })],
    ["late under a new instance each time", () => ({}), (i) => ({ instance_id: `new-${i}`, timestamp: fleet.now - 11 * MINUTE })],
    ["late under no instance", () => ({}), () => ({ instance_id: undefined, timestamp: fleet.now - 11 * MINUTE })],
    ["a minute behind and ahead in turn", () => ({}), (i) => ({ timestamp: fleet.now + (i % 2 ? 1 : -1) * MINUTE })],
  ])("%s", async (_, healthy, ill) => {
    await learn(50, healthy);
    expect(await fleet.state(AGENT)).toBe("healthy");
    const control = await samplesUntilHeld(CONTROL, healthy);
    expect(await samplesUntilHeld(AGENT, ill)).toBeLessThanOrEqual(control + SLACK);
    for (const id of OTHERS) expect(await fleet.state(id)).toBe("healthy");
  }); // prettier-ignore
});

describe("the backlog of an outage", () => {
  it("is stored and not judged, and judging goes on after it", async () => {
    await learn(50, () => ({}));
    const before = fleet.now;
    fleet.now += 20 * MINUTE;
    const backlog = Array.from({ length: 20 }, (_, i) =>
      flooded(fleet.call(AGENT, { timestamp: before + (i + 1) * 20_000 })),
    );
    const answer = await fleet.send(backlog);
    expect(answer.accepted).toBe(20);
    expect(answer.notices).toMatchObject([{ agent_id: AGENT, field: "timestamp", events: 20 }]);
    expect(answer.notices[0]!.reason).toMatch(/from an outage: stored, not evaluated/);
    await fleet.sweep();
    expect(await fleet.state(AGENT)).toBe("healthy");
    expect((await getAgent(fleet.db, AGENT)).blindSpots).toEqual(["late_events"]);

    await ticks(3, () => ({}));
    expect((await getAgent(fleet.db, AGENT)).blindSpots).toEqual([]);
    expect(await samplesUntilHeld(AGENT, () => ({}))).toBeLessThanOrEqual(SLACK);
  });

  it("is one also where the instance was restarted meanwhile, and registered first", async () => {
    await learn(50, () => ({}));
    const before = fleet.now;
    fleet.now += 20 * MINUTE;
    await register(fleet.db, fleet.key, { agent_id: AGENT, instance_id: "restarted" }, fleet.now, fleet.config);
    const late = flooded(fleet.call(AGENT, { instance_id: "restarted", timestamp: before + MINUTE }));
    const { notices } = await fleet.send([late]);
    expect(notices[0]!.reason).toMatch(/not evaluated/);
  });
});

it("says in its answer how far a clock is off, one line an instance", async () => {
  const behind = fleet.call(AGENT, { timestamp: fleet.now - 12 * MINUTE });
  const ahead = fleet.call("b-1", { timestamp: fleet.now + 30 * MINUTE });
  const { notices, accepted } = await fleet.send([behind, { ...behind, sequence: 1e6 }, ahead]);
  expect(accepted).toBe(3);
  expect(notices.map(({ agent_id, events, reason }) => [agent_id, events, reason])).toEqual([
    [AGENT, 2, "12 min behind the server's clock: evaluated by its arrival time"],
    ["b-1", 1, "30 min ahead of the server's clock: arrival time is used"],
  ]);
});

it("calls nobody silent for a clock that is minutes behind", async () => {
  const behind = () => ({ timestamp: fleet.now - 5 * MINUTE });
  await ticks(120, behind);
  expect((await getAgent(fleet.db, AGENT)).liveness).toBe("live");
  const [detector] = await listDetectors(fleet.db, [AGENT]);
  expect(detector!.state.silent).toBe(false);
});
