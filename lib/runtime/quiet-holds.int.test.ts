import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentCommand } from "@/lib/contracts/agent-commands";
import { listAnomaliesSince } from "@/lib/db/queries/incidents";
import { commandAgent } from "@/lib/response/agents/command";
import { PERSON, stepsInRuns, TestFleet } from "./test-fleet";

const AGENTS = ["a-1", "a-2", "a-3", "a-4"];
/** Of a run; then it ends and the next begins. */
const CALLS = 4;
/** Longer than any silence limit of agents that report twice a second, in ticks. */
const LONG = 90;

let fleet: TestFleet;
let step: ReturnType<typeof stepsInRuns>;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act");
  step = stepsInRuns(CALLS);
});
afterEach(() => fleet.close());

/** Everybody has learned what is normal and is in the middle of a run. */
const learned = () => fleet.learn(AGENTS, 40 * (CALLS + 1) + 2, step);
const command = (word: AgentCommand) => commandAgent(fleet.db, "a-1", word, undefined, PERSON, fleet.now);
const quiet = async () =>
  (await listAnomaliesSince(fleet.db, ["a-1"], 0)).filter(({ type }) => type === "silence" || type === "stuck_run");

it.each([
  ["quarantine", "release"],
  ["pause", "resume"],
] as const)(
  "after %s and %s, the time on hold is no silence of the agent's and no hang of its run",
  async (on, off) => {
    await learned();
    await command(on);
    await fleet.ticks(AGENTS, LONG, step);
    expect(await quiet()).toEqual([]);
    await command(off);
    // The host hears of it a few seconds later; meanwhile Sentinel looks every second.
    for (let second = 0; second < 5; second++) {
      fleet.now += 1_000;
      await fleet.send(AGENTS.slice(1).map((id) => fleet.call(id, step(id))));
      await fleet.sweep();
    }
    expect(await quiet()).toEqual([]);
    await fleet.ticks(AGENTS, 20, step);
    expect(await quiet()).toEqual([]);
    expect(await fleet.state("a-1")).toBe("healthy");
  },
);

it("an agent that never comes back after its release is silent, counted from the release", async () => {
  await learned();
  await command("quarantine");
  await fleet.ticks(AGENTS, LONG, step);
  await command("release");
  const released = fleet.now;
  for (let i = 0; i < 4 * LONG && (await quiet()).length === 0; i++) await fleet.tick(AGENTS.slice(1), step);
  const [found] = await quiet();
  expect(found).toMatchObject({ type: "silence" });
  expect(found!.evidence.value).toBeLessThanOrEqual(found!.at - released);
});
