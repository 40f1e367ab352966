import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";
import { SimulatedFleet } from "./simulated-fleet";

interface Detail {
  incident: { id: string; kind: string; state: string };
  limit: { waiting: string[]; allowed: number } | null;
  timeline: { type: string; text: string }[];
}

const LEARNED = 80;
const ILL = 100;
const IDS = ["spender-1", "spender-2", "spender-3", "steady"];

describe("holds beyond a containment limit", () => {
  const server = new OwnServer();
  let fleet: SimulatedFleet;
  let busy = true;
  let load: Promise<unknown> = Promise.resolve();
  beforeAll(async () => {
    await server.setUp(["admin", "operator", "viewer"]);
    await server.ask("PATCH", "/api/v1/settings", { limits: { fleet_share: 0.001, type_share: 0.001, at_least: 1 } });
    fleet = new SimulatedFleet(server.sentinel.url, server.key, 5);
    await fleet.add(IDS, "Spends", LEARNED);
    await server.ask("PATCH", "/api/v1/agent-types/Spends", { mode: "act", threshold: 0 });
    load = (async () => {
      while (busy) for (const agent of fleet.agents.values()) await fleet.step(agent);
    })();
  });
  afterAll(async () => {
    busy = false;
    await load;
    await server.remove();
  });

  const held = async () =>
    (await server.ask<{ agents: { id: string }[] }>("GET", "/api/v1/agents?state=quarantined")).agents
      .map(({ id }) => id)
      .toSorted();
  const active = async (kind: string) =>
    (await server.ask<{ incidents: Detail["incident"][] }>("GET", "/api/v1/incidents?state=active")).incidents.find(
      (incident) => incident.kind === kind,
    );
  const allow = (id: string, role: string, body: object = {}) =>
    server.send("POST", `/api/v1/incidents/${id}/allow`, body, role);

  test("a person allows as many as wait, once; the waiting agents are held, and nobody else", async () => {
    await until("baselines are learned", async () => {
      const { agents } = await server.ask<{ agents: unknown[] }>("GET", "/api/v1/agents?state=healthy");
      return agents.length === IDS.length;
    });
    for (const id of IDS.slice(0, 3)) fleet.agents.get(id)!.factor = ILL;
    const { id } = (await until("the limit is reached", () => active("limit")))!;
    const detail = () => server.ask<Detail>("GET", `/api/v1/incidents/${id}`);
    await until("two agents wait", async () => (await detail()).limit?.waiting.length === 2);
    expect(await held()).toHaveLength(1);

    expect((await allow(id, "viewer")).status).toBe(403);
    expect((await allow("nothing-has-this-id", "operator")).status).toBe(404);
    expect((await allow((await active("agent"))!.id, "operator")).status).toBe(409);
    expect((await allow(id, "operator", { comment: 7 })).status).toBe(400);
    expect((await detail()).limit?.allowed).toBe(0);

    const answer = await allow(id, "operator", { comment: "all of them" });
    expect(answer.status).toBe(200);
    expect((answer.body as Detail).timeline).toContainEqual(
      expect.objectContaining({
        type: "containment.allowed",
        text: "operator allowed 2 quarantines beyond the limit: all of them",
      }),
    );
    expect((await allow(id, "operator")).status).toBe(409);
    await until("all of them are held", async () => (await held()).length === 3);
    expect(await held()).toEqual(IDS.slice(0, 3));
    await until("nobody waits any more", async () => (await detail()).incident.state === "resolved");
    expect((await allow(id, "operator")).status).toBe(409);
  });
});
