import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentEvent } from "@/lib/contracts/event";
import { findDirective } from "@/lib/db/queries/agents";
import { findCard } from "@/lib/views/agents";
import { commandAgent } from "@/lib/response/agents/command";
import { PERSON, TestFleet } from "./test-fleet";

const AGENT = "a-1";
const ONE = "one";
const TWO = "two";

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.learn([AGENT], 30, () => ({ instance_id: ONE }));
});
afterEach(() => fleet.close());

const hold = () => commandAgent(fleet.db, AGENT, "quarantine", undefined, PERSON, fleet.now);
const directive = async () => (await findDirective(fleet.db, AGENT))!;
const card = async () => (await findCard(fleet.db, AGENT, { ...fleet.config, now: fleet.now }))!;

/** A heartbeat that says the directive in force is enforced. */
async function confirmation(more: Partial<AgentEvent> = {}): Promise<Partial<AgentEvent>> {
  const { version, hash } = await directive();
  return {
    agent_id: AGENT,
    instance_id: ONE,
    kind: "heartbeat",
    timestamp: fleet.now,
    directive_version: version,
    directive_hash: hash,
    enforced: true,
    ...more,
  };
}

/** One request, one sweep, and a second goes by. */
async function report(...events: Partial<AgentEvent>[]) {
  const answer = await fleet.send(events);
  await fleet.sweep();
  fleet.now += 1_000;
  return answer;
}

describe("a hold that is obeyed", () => {
  it("is enforced, also when work that began before the confirmation comes after it", async () => {
    await hold();
    fleet.now += 1_000;
    await report(await confirmation());
    await report(fleet.call(AGENT, { instance_id: ONE, timestamp: fleet.now - 1_500, latency_ms: 900 }));
    for (let i = 0; i < 60; i++) await report(await confirmation());
    expect(await card()).toMatchObject({
      state: "quarantined",
      containment: { state: "enforced", text: "enforced by 1 of 1 instance" },
    });
  });
});

describe("an acknowledgement", () => {
  it("made in advance is refused, named in the answer, and holds nobody", async () => {
    const forged = { directive_version: 999_999_999, directive_hash: "0", enforced: true };
    const answer = await report({ agent_id: AGENT, instance_id: ONE, kind: "heartbeat", ...forged });
    expect(answer).toMatchObject({
      accepted: 1,
      rejected: [],
      notices: [{ index: 0, agent_id: AGENT, instance_id: ONE, field: "directive_version", events: 1 }],
    });
    await hold();
    await report(fleet.call(AGENT, { instance_id: ONE }));
    expect((await card()).containment).toMatchObject({ state: "sent", acknowledged: 0, enforced: 0 });
  });

  it.each<[string, Partial<AgentEvent>, string]>([
    ["without the hash", { directive_hash: null }, "directive_hash"],
    ["with another hash", { directive_hash: "0123456789abcdef" }, "directive_hash"],
    ["of the next version", { directive_version: 2 }, "directive_version"],
    ["that names no version", { directive_version: null }, "enforced"],
    ["by nobody in particular", { instance_id: null }, "enforced"],
    ["by a call, which is work", { kind: "model_call" }, "enforced"],
  ])("%s confirms nothing, and the answer says so", async (_, more, field) => {
    await hold();
    const { notices } = await report(await confirmation(more));
    expect(notices.map((notice) => notice.field)).toEqual([field]);
    expect((await card()).containment).toMatchObject({ enforced: 0 });
  });

  it("of one agent's directive counts for no other", async () => {
    await fleet.ticks(["a-2"], 3);
    await commandAgent(fleet.db, "a-2", "quarantine", "looks odd", PERSON, fleet.now);
    await hold();
    const { notices } = await report({ ...(await confirmation()), agent_id: "a-2" });
    expect(notices).toMatchObject([{ agent_id: "a-2", field: "directive_hash" }]);
    const other = await findCard(fleet.db, "a-2", { ...fleet.config, now: fleet.now });
    expect(other!.containment).toMatchObject({ state: "sent", enforced: 0 });
  });
});

describe("work after the confirmation", () => {
  const confirmed = async () => {
    await hold();
    fleet.now += 1_000;
    await report(await confirmation());
    expect((await card()).containment.state).toBe("enforced");
  };

  it.each<[string, (i: number) => Partial<AgentEvent>]>([
    ["by the same instance", () => ({ instance_id: ONE })],
    ["by an instance that names itself anew each time", (i) => ({ instance_id: `new-${i}` })],
    ["by nobody in particular", () => ({ instance_id: undefined, sequence: undefined })],
    ["by nobody, stamped as if it had been before", () => ({ instance_id: undefined, timestamp: fleet.now - 30_000 })],
    ["stamped as if it had been before", (i) => ({ instance_id: ONE, timestamp: fleet.now - 5_000 - i * 1_000 })],
  ])("%s: takes it away, is told, and no further heartbeat brings it back", async (_, more) => {
    await confirmed();
    for (let i = 0; i < 40; i++) await report(await confirmation(), fleet.call(AGENT, more(i)));
    for (let i = 0; i < 60; i++) await report(await confirmation());
    expect((await card()).containment).toMatchObject({
      state: "not_confirmed",
      text: "not confirmed: work was reported after it should have stopped",
    });
    const told = await fleet.db.query.streamEvents.findMany();
    expect(told.filter(({ type }) => type === "containment.breach")).toHaveLength(1);
  });

  it("is trusted anew with the next directive", async () => {
    await confirmed();
    await report(fleet.call(AGENT, { instance_id: ONE }));
    await commandAgent(fleet.db, AGENT, "release", undefined, PERSON, fleet.now);
    await confirmed();
    expect((await card()).containment.text).toBe("enforced by 1 of 1 instance");
  });

  it("counts under a pause as well", async () => {
    await commandAgent(fleet.db, AGENT, "pause", undefined, PERSON, fleet.now);
    fleet.now += 1_000;
    await report(await confirmation());
    expect((await card()).containment.state).toBe("enforced");
    await report(fleet.call(AGENT, { instance_id: ONE }));
    expect((await card()).containment.state).toBe("not_confirmed");
  });
});

it("an instance that was told and fell silent leaves the hold unconfirmed; one that was silent before does not", async () => {
  await report(fleet.call(AGENT, { instance_id: "gone" }));
  await hold();
  fleet.now += 1_000;
  await report(await confirmation(), fleet.call(AGENT, { instance_id: TWO, timestamp: fleet.now - 1_500 }));
  for (let i = 0; i < 60; i++) await report(await confirmation());
  expect((await card()).containment).toMatchObject({
    state: "not_confirmed",
    live: 1,
    text: "not confirmed: enforced by 1 of 1 instance, acknowledged by 1; 1 instance fell silent without confirming",
  });
  await report(await confirmation({ instance_id: TWO }));
  expect((await card()).containment.text).toBe("enforced by 2 of 2 instances");
});
