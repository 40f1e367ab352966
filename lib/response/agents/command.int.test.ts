import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentCommand } from "@/lib/contracts/agent-commands";
import type { Db } from "@/lib/db/client";
import { findDirective, getAgent } from "@/lib/db/queries/agents";
import { getIncident, listTimeline } from "@/lib/db/queries/incidents";
import { agentRow, directiveRow, insert, NOW, openTestDb } from "@/lib/db/queries/test-world";
import { agentTypes } from "@/lib/db/schema";
import { ANA, BO, doneOf, refusalOf, standing, toldOf, waiting } from "../test-waiting";
import { commandAgent } from "./command";

let db: Db;
let close: () => Promise<void>;
beforeAll(async () => ({ db, close } = await openTestDb()));
afterAll(() => close());

let agents = 0;
/** An agent without an incident. */
async function agent(of: Parameters<typeof agentRow>[1] = {}): Promise<string> {
  const id = `lone-${++agents}`;
  await insert(db, "agents", [agentRow(id, { stateVersion: 1, ...of })]);
  return id;
}
const ask = (command: AgentCommand, id: string, reason?: string, by = ANA) =>
  commandAgent(db, id, command, reason, by, NOW);
const directiveOf = async (id: string) => findDirective(db, id, (await getAgent(db, id)).directiveVersion);

describe("the level of a quarantine", () => {
  const how = (id: string, of: Parameters<typeof commandAgent>[6]) =>
    commandAgent(db, id, "quarantine", undefined, ANA, NOW, of);

  test("is its type's, unless a person says otherwise", async () => {
    const type = "Careful";
    await db.insert(agentTypes).values({ type, mode: "act", level: "hold_new", createdAt: NOW });
    const [byType, byPerson, plain] = [await agent({ type }), await agent({ type }), await agent()];
    await how(byType, {});
    await how(byPerson, { level: "kill" });
    await how(plain, {});
    expect(await directiveOf(byType)).toMatchObject({ level: "hold_new", handOverTo: null });
    expect(await directiveOf(byPerson)).toMatchObject({ level: "kill" });
    expect(await directiveOf(plain)).toMatchObject({ level: "drain" });
  });

  test("changes the hash and the version, and goes with the release", async () => {
    const [one, two] = [await agent(), await agent()];
    await how(one, { level: "hold_new" });
    await how(two, { level: "hold_new" });
    const first = (await directiveOf(one))!;
    await how(one, { level: "kill" });
    const second = (await directiveOf(one))!;
    expect(second).toMatchObject({ version: first.version + 1, status: "quarantined", level: "kill" });
    expect(second.hash).not.toBe(first.hash);
    const { incidentId } = await getAgent(db, one);
    expect((await listTimeline(db, incidentId!)).map(({ text }) => text)).toContain(
      `Quarantine level changed to kill by ${ANA.name}`,
    );
    expect(await refusalOf(how(one, { level: "kill" }))).toContain("already quarantined");
    await ask("release", one);
    expect(await directiveOf(one)).toMatchObject({ status: "run", level: null });
  });

  test("names who takes over, if that agent can", async () => {
    const [id, heir, held] = [await agent(), await agent(), await agent({ state: "quarantined" })];
    const tried = (of: Parameters<typeof commandAgent>[6]) => refusalOf(how(id, of));
    expect(await tried({ level: "drain", hand_over_to: heir })).toContain(
      "hand_over_to: requires the level hand_over, not drain",
    );
    expect(await tried({ level: "hand_over", hand_over_to: id })).toContain("no other agent");
    expect(await tried({ level: "hand_over", hand_over_to: "nobody" })).toContain("no other agent");
    expect(await tried({ level: "hand_over", hand_over_to: held })).toContain("is not running");
    expect(await refusalOf(commandAgent(db, id, "pause", undefined, ANA, NOW, { level: "kill" }))).toContain(
      "invalid: level",
    );
    await how(id, { level: "hand_over", hand_over_to: heir });
    expect(await directiveOf(id)).toMatchObject({ level: "hand_over", handOverTo: heir });
  });
});

describe("quarantine", () => {
  test.each(["learning", "healthy", "suspected", "healing", "probation"] as const)(
    "an agent that is %s",
    async (state) => {
      const id = await agent({ state });
      await ask("quarantine", id, "it writes to production");
      const { incidentId, ...held } = await getAgent(db, id);
      expect(held).toMatchObject({ state: "quarantined", directiveVersion: 1 });
      expect(await directiveOf(id)).toMatchObject({
        status: "quarantined",
        reason: "it writes to production",
        createdBy: ANA.id,
      });
      // A hold by hand is a person's: nothing is proposed for it.
      expect(await getIncident(db, incidentId!)).toMatchObject({
        kind: "agent",
        state: "escalated",
        title: `${id}: quarantined manually`,
      });
    },
  );

  test("in an incident of its own, whose approvals are void then", async () => {
    const of = await waiting(db, { agent: { state: "suspected" } });
    await ask("quarantine", of.agent);
    expect(await getAgent(db, of.agent)).toMatchObject({ state: "quarantined", incidentId: of.incident });
    expect(await standing(db, of)).toMatchObject({ proposal: "void", approval: "void" });
  });

  test.each(["external", "limit"] as const)(
    "out of an incident that agents share (%s), into one of its own",
    async (kind) => {
      const of = await waiting(db, { incident: { kind }, agent: { state: "suspected" } });
      await ask("quarantine", of.agent);
      expect((await getAgent(db, of.agent)).incidentId).not.toBe(of.incident);
      expect((await standing(db, of)).incident).toBe("awaiting_approval");
    },
  );

  test("refused: one that is held already, and an agent that nobody knows", async () => {
    expect(await refusalOf(ask("quarantine", await agent({ state: "quarantined" })))).toMatch(
      /^conflict: .+ is already quarantined$/,
    );
    expect(await refusalOf(ask("quarantine", "nobody"))).toMatch(/^not_found: /);
  });

  test("ten at once: one hold, one incident", async () => {
    const id = await agent();
    expect(await doneOf(Array.from({ length: 10 }, (_, i) => ask("quarantine", id, undefined, i < 5 ? ANA : BO)))).toBe(
      1,
    );
    expect((await getAgent(db, id)).directiveVersion).toBe(1);
  });
});

describe("release", () => {
  test.each(["suspected", "quarantined", "healing", "probation", "exhausted"] as const)(
    "an agent that is %s: it runs, and its incident closes",
    async (state) => {
      const of = await waiting(db, { agent: { state, paused: true } });
      await ask("release", of.agent);
      expect(await getAgent(db, of.agent)).toMatchObject({ state: "healthy", incidentId: null, paused: false });
      expect(await directiveOf(of.agent)).toMatchObject({ status: "run" });
      expect(await getIncident(db, of.incident)).toMatchObject({
        state: "resolved",
        outcome: "released by Ana",
        healedAt: null,
      });
      expect((await toldOf(db, of)).toSorted()).toEqual(["agent.directed", "incident.resolved"]);
    },
  );

  test("an incident that others share goes on", async () => {
    const of = await waiting(db, { incident: { kind: "external" }, agent: { state: "suspected" } });
    await ask("release", of.agent);
    expect((await standing(db, of)).incident).toBe("awaiting_approval");
  });

  test.each(["healthy", "learning"] as const)("refused: one that is %s", async (state) => {
    expect(await refusalOf(ask("release", await agent({ state })))).toMatch(/there is nothing to release$/);
  });

  test("released and held at once: it ends as the later of the two left it, with one directive each", async () => {
    const of = await waiting(db, { agent: { state: "suspected" } });
    const done = await doneOf([ask("release", of.agent), ask("quarantine", of.agent, undefined, BO)]);
    const { state, directiveVersion } = await getAgent(db, of.agent);
    expect(directiveVersion).toBe(done);
    expect((await directiveOf(of.agent))?.status).toBe(state === "quarantined" ? "quarantined" : "run");
  });
});

describe("pause, resume, lift", () => {
  test("a pause keeps the agent's state, and a resume ends it", async () => {
    const id = await agent({ state: "suspected" });
    await ask("pause", id);
    expect(await getAgent(db, id)).toMatchObject({ state: "suspected", paused: true });
    expect(await directiveOf(id)).toMatchObject({ status: "paused" });
    await ask("resume", id);
    expect(await getAgent(db, id)).toMatchObject({ state: "suspected", paused: false });
    expect(await directiveOf(id)).toMatchObject({ status: "run" });
  });

  test("resuming does not release: who is held stays held", async () => {
    const id = await agent({ state: "quarantined", paused: true });
    await ask("resume", id);
    expect(await getAgent(db, id)).toMatchObject({ state: "quarantined", paused: false });
    expect(await directiveOf(id)).toMatchObject({ status: "quarantined" });
  });

  test("lifting restrictions gives back tools, autonomy and prompt, and leaves the state", async () => {
    const id = await agent({ directiveVersion: 1 });
    const limited = { level: "reduced", max_model_calls: 3, max_tool_calls: 1, temperature: 0 } as const;
    await insert(db, "directives", [
      directiveRow(id, 1, { status: "run", revokedTools: ["search"], rollbackTo: "p1", autonomy: limited }),
    ]);
    await ask("lift", id);
    expect(await directiveOf(id)).toMatchObject({
      version: 2,
      status: "run",
      revokedTools: [],
      rollbackTo: null,
      autonomy: { level: "full", max_model_calls: null },
    });
  });

  test.each<[AgentCommand, Parameters<typeof agentRow>[1], refusal: RegExp]>([
    ["pause", { paused: true }, /is already paused$/],
    ["pause", { state: "quarantined" }, /is quarantined: it is not running$/],
    ["pause", { state: "exhausted" }, /is exhausted: it is not running$/],
    ["resume", {}, /is not paused$/],
    ["heal", {}, /has no open incident$/],
    ["expected", {}, /^conflict: /],
    ["accept_downgrade", {}, /^conflict: /],
  ])("refused: %s of %o", async (command, of, refusal) => {
    const id = await agent(of);
    expect(await refusalOf(ask(command, id))).toMatch(refusal);
    expect((await getAgent(db, id)).directiveVersion).toBe(0);
  });
});
