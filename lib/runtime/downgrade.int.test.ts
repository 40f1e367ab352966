import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createKey, verifyKey } from "@/lib/auth/keys";
import { findAgent, findDirective, getAgent } from "@/lib/db/queries/agents";
import { findCard } from "@/lib/views/agents";
import { loadPolicies } from "@/lib/db/queries/settings";
import { commandAgent } from "@/lib/response/agents/command";
import { register } from "@/lib/ingest/register";
import { changeSettings } from "@/lib/response/settings";
import { type Fault, PERSON, TestFleet } from "./test-fleet";

const AGENT = "a-1";
const AGENTS = [AGENT, "a-2", "a-3"];
const flood: Fault = (event) => ({
  ...event,
  input_tokens: event.input_tokens! * 100,
  token_count: event.token_count! * 100,
  cost: event.cost! * 100,
});

let fleet: TestFleet;
beforeEach(async () => {
  fleet = await TestFleet.open();
  await fleet.treat("Research", "act", ["none"], 0);
  await fleet.treat("Leisure", "observe");
  await changeSettings(fleet.db, { limits: { fleet_share: 1, type_share: 1, per_hour: 100 } }, PERSON, fleet.now);
  for (const id of AGENTS) await say(id, { agent_type: "Research", enforcement: true });
  await fleet.learn(AGENTS, 50);
  expect(await fleet.state(AGENT)).toBe("healthy");
});
afterEach(() => fleet.close());

const say = (id: string, more: Omit<Parameters<typeof register>[2], "agent_id">) =>
  register(fleet.db, fleet.key, { agent_id: id, ...more }, fleet.now, fleet.config);
const command = (what: Parameters<typeof commandAgent>[2], id = AGENT) =>
  commandAgent(fleet.db, id, what, undefined, PERSON, fleet.now);
const card = async (id = AGENT) => (await findCard(fleet.db, id, { ...fleet.config, now: fleet.now }))!;
const told = async (type: string) =>
  (await fleet.db.query.streamEvents.findMany()).filter((event) => event.type === type).map(({ text }) => text);
const isHeld = async (id: string) => (await findDirective(fleet.db, id))?.status === "quarantined";

describe("what a host asks that would loosen its agent's containment", () => {
  const DOWNGRADES = [
    ["that it cannot be held", { enforcement: false }],
    ["another type", { agent_type: "Leisure" }],
    ["a type that is new", { agent_type: "Brand new" }],
    ["both", { agent_type: "Leisure", enforcement: false }],
  ] as const;

  it.each(DOWNGRADES)("is recorded, told once and not in force: %s", async (_, claim) => {
    for (let i = 0; i < 3; i++) await say(AGENT, claim);
    expect(await getAgent(fleet.db, AGENT)).toMatchObject({ type: "Research", enforcement: true });
    expect((await card()).downgrade).not.toBeNull();
    expect(await told("agent.downgrade_asked")).toHaveLength(1);
    expect((await loadPolicies(fleet.db)).has("Brand new")).toBe(false);

    fleet.faults.set(AGENT, flood);
    await fleet.until(AGENTS, () => isHeld(AGENT), 15);
  });

  it("comes into force when a person accepts it, as it was first asked", async () => {
    await say(AGENT, { agent_type: "Leisure" });
    await say(AGENT, { agent_type: "Brand new", enforcement: false });
    await command("accept_downgrade");
    expect(await getAgent(fleet.db, AGENT)).toMatchObject({ type: "Leisure", enforcement: true, downgrade: null });
    await expect(command("accept_downgrade")).rejects.toMatchObject({ code: "conflict" });
  });

  it("is gone when a person refuses it, until it is asked again", async () => {
    await say(AGENT, { enforcement: false });
    await command("refuse_downgrade");
    expect(await getAgent(fleet.db, AGENT)).toMatchObject({ enforcement: true, downgrade: null });
    await say(AGENT, { enforcement: false });
    expect((await card()).downgrade).toMatchObject({ enforcement: false });
  });

  it("leaves what loosens nothing alone: the same again, and that it can be held", async () => {
    await say(AGENT, { agent_type: "Research", enforcement: true, model: "m-2" });
    expect(await getAgent(fleet.db, AGENT)).toMatchObject({ downgrade: null, model: "m-2" });
  });

  it("makes no types known that no agent has", async () => {
    for (let i = 0; i < 5; i++) await fleet.send([fleet.call(AGENT, { agent_type: `Type-${i}` })]);
    expect((await getAgent(fleet.db, AGENT)).type).toBe("Research");
    expect([...(await loadPolicies(fleet.db)).keys()].filter((type) => type.startsWith("Type-"))).toEqual([]);
  });
});

describe("a person's quarantine", () => {
  it("is sent also to an agent whose host says that it cannot enforce, and says so", async () => {
    await say("bare", { agent_type: "Research", enforcement: false });
    await fleet.send([fleet.call("bare")]);
    await command("quarantine", "bare");
    const { state, containment } = await card("bare");
    expect({ state, containment: containment.state }).toEqual({ state: "quarantined", containment: "observe_only" });
    expect((await findDirective(fleet.db, "bare"))!.status).toBe("quarantined");
  });

  it("is not confirmed where the host asks to be exempt from quarantine and confirms nothing", async () => {
    await say(AGENT, { enforcement: false });
    await command("quarantine");
    fleet.now += fleet.config.ackTimeoutMs;
    expect((await card()).containment.state).toBe("not_confirmed");
  });
});

describe("a held agent's instance that goes on under a new id", () => {
  const asNew = (id: string, more = {}) => fleet.send([fleet.call(id, { instance_id: `${AGENT}-1`, ...more })]);

  it("is held like it, once", async () => {
    await command("quarantine");
    await asNew("escaped");
    await fleet.sweep();
    expect(await isHeld("escaped")).toBe(true);
    const { incidentId, continues, type } = await getAgent(fleet.db, "escaped");
    expect({ incidentId, continues, type }).toEqual({
      incidentId: (await getAgent(fleet.db, AGENT)).incidentId,
      continues: AGENT,
      type: "Research",
    });
    await command("release", "escaped");
    await fleet.sweep();
    expect(await isHeld("escaped")).toBe(false);
  });

  it.each<[string, () => Promise<unknown>]>([
    ["another instance", () => fleet.send([fleet.call("other")])],
    ["another prompt on the same instance", () => asNew("other", { prompt_hash: "p-other" })],
    ["an instance that others share", async () => {
      await fleet.send([fleet.call("a-2", { instance_id: "host" }), fleet.call(AGENT, { instance_id: "host" })]);
      fleet.now += 1_000;
      return fleet.send([fleet.call("other", { instance_id: "host" })]);
    }],
    ["the same instance name under another key", async () => {
      const { secret } = await createKey(fleet.db, { name: "other", createdBy: "test" }, fleet.now);
      const key = (await verifyKey(fleet.db, secret, fleet.now))!;
      return register(fleet.db, key, { agent_id: "other", agent_type: "Research", instance_id: `${AGENT}-1` }, fleet.now);
    }],
  ])("is told from %s", async (_, appear) => {
    await command("quarantine");
    await appear();
    await fleet.sweep();
    await fleet.sweep();
    expect(await findAgent(fleet.db, "other")).not.toBeNull();
    expect(await isHeld("other")).toBe(false);
  }); // prettier-ignore
});

it("a newcomer of a type that nobody knew is treated like its key's held agent until a person accepts the type", async () => {
  await command("quarantine");
  await fleet.send([fleet.call("new-1", { agent_type: "Brand new" }), fleet.call("new-2", { agent_type: "Leisure" })]);
  await say("new-3", { agent_type: "Newer still" });
  const types = async () => Promise.all(["new-1", "new-2", "new-3"].map(async (id) => (await card(id)).type));
  expect(await types()).toEqual(["Research", "Leisure", "Research"]);
  await command("accept_downgrade", "new-1");
  expect(await types()).toEqual(["Brand new", "Leisure", "Research"]);
});
