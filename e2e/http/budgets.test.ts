import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asPerson, ingest, problemOf } from "./client";
import { OwnServer, until } from "./own-server";

const budget = { scope: "team", measure: "usd", window: "day", limit: 10 };
const put = (id: string, body: object, role = "operator") =>
  asPerson(role, `/api/v1/budgets/${id}`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }); // prettier-ignore

describe("setting a budget", () => {
  it.each([
    [{ ...budget, scope: "planet" }, "scope"],
    [{ ...budget, limit: 0 }, "limit"],
    [{ ...budget, limit: "10" }, "limit"],
    [{ ...budget, window: "run" }, "window"],
    [{ ...budget, measure: "depth" }, "measure"],
    [{ ...budget, zone: "Mars/Olympus" }, "zone"],
    [{ ...budget, warn_share: 1 }, "warn_share"],
    [{ ...budget, at_limit: "explode" }, "at_limit"],
    [{ ...budget, subject: "a\nb" }, "subject"],
    [{ ...budget, scope: "fleet", subject: "ml" }, "subject"],
    [{ scope: "team", measure: "usd", window: "day" }, "limit"],
  ])("refuses %j and names %s", async (body, field) => {
    const { code, errors } = await problemOf(await put("bad", body));
    expect([code, errors?.map((error) => error.field)]).toEqual(["invalid", [field]]);
  });

  it("is for operators; anybody who is signed in reads it, and its history", async () => {
    expect((await put("mine", budget, "viewer")).status).toBe(403);
    expect((await put("mine", { ...budget, subject: '<img src=x onerror="1">' })).status).toBe(200);
    expect((await put("mine", { ...budget, subject: '<img src=x onerror="1">', limit: 20 })).status).toBe(200);
    const twin = await problemOf(await put("twin", { ...budget, subject: '<img src=x onerror="1">' }));
    expect(twin.errors?.[0]).toMatchObject({ field: "subject", reason: expect.stringContaining("mine") });
    const read = async () => (await (await asPerson("viewer", "/api/v1/budgets")).json()) as { budgets: { id: string; limit: number; updated_by: string }[]; history: { text: string }[] }; // prettier-ignore
    const before = await read();
    expect(before.budgets.find(({ id }) => id === "mine")).toMatchObject({ limit: 20, zone: "UTC", warn_share: 0.8 });
    expect(before.history[0]!.text).toMatch(/changed a budget: \$10\.00 a day for team .* is now \$20\.00 a day/);
    expect((await asPerson("viewer", "/api/v1/budgets/mine", { method: "DELETE" })).status).toBe(403);
    expect((await asPerson("operator", "/api/v1/budgets/mine", { method: "DELETE" })).status).toBe(204);
    expect((await asPerson("operator", "/api/v1/budgets/mine", { method: "DELETE" })).status).toBe(404);
    expect((await read()).history[0]!.text).toMatch(/removed a budget/);
  });

  it("decides nothing about a budget that is not used up", async () => {
    await put("idle", budget);
    const decide = (body: object) =>
      asPerson("operator", "/api/v1/budgets/idle/decision", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }); // prettier-ignore
    const asked = { subject: "ml", start: 0, version: 1 };
    expect((await problemOf(await decide({ ...asked, decision: "more" }))).errors?.[0]?.field).toBe("amount");
    expect((await decide({ ...asked, decision: "stop" })).status).toBe(404);
    await asPerson("operator", "/api/v1/budgets/idle", { method: "DELETE" });
  });

  it("what an agent reports is spent once, however often it is sent", async () => {
    const event = { agent_id: "spends-once", kind: "model_call", instance_id: "i", sequence: 1, timestamp: Date.now(), model: "m-once", cost: 0.5, token_count: 10, run_id: "r" }; // prettier-ignore
    for (let i = 0; i < 3; i++) expect((await ingest([event])).status).toBe(200);
    const rows = async () => ((await (await asPerson("viewer", "/api/v1/spend?by=model&limit=500")).json()) as { rows: { name: string; today: { usd: number; model_calls: number } }[] }).rows.find(({ name }) => name === "m-once"); // prettier-ignore
    await expect.poll(rows, { timeout: 60_000 }).toMatchObject({ today: { usd: 0.5, model_calls: 1 } });
  });
});

describe("a budget, across a kill", () => {
  const server = new OwnServer();
  beforeAll(() => server.setUp(["admin", "operator"]));
  afterAll(() => server.remove());

  interface Use {
    subject: string;
    start: number;
    version: number | null;
    standing: string;
    used: number;
  }
  const use = async (): Promise<Use | undefined> =>
    (await server.ask<{ budgets: { uses: Use[] }[] }>("GET", "/api/v1/budgets")).budgets[0]!.uses[0];
  const post = async (path: string, body: object) => {
    const answer = await fetch(server.sentinel.url + path, { method: "POST", headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" }, body: JSON.stringify(body) }); // prettier-ignore
    return (await answer.json()) as { agents: Record<string, { directive: { status: string } }> };
  };
  let sequence = 0;
  const spend = (cost: number) =>
    post("/api/v1/ingest", [{ agent_id: "a", agent_type: "Spends", kind: "model_call", instance_id: "i", sequence: sequence++, timestamp: Date.now(), cost, run_id: "r" }]); // prettier-ignore
  const status = async () => (await post("/api/v1/ingest", [{ agent_id: "a", kind: "heartbeat" }])).agents["a"]!.directive.status; // prettier-ignore

  it("counts what was sent before the kill, pauses after it, and goes on when there is more", async () => {
    await post("/api/v1/agents/register", { agent_id: "a", agent_type: "Spends", enforcement: true, labels: { team: "ml" } }); // prettier-ignore
    await server.ask("PATCH", "/api/v1/agent-types/Spends", { mode: "act" });
    await server.ask("PUT", "/api/v1/budgets/ml", { ...budget, subject: "ml" });
    await spend(8.5);
    await until("it is counted", async () => (await use())?.used === 8.5);
    await spend(2);
    await server.kill();
    await server.start();
    await until("it is paused", async () => (await status()) === "paused");
    const asked = (await use())!;
    expect(asked).toMatchObject({ subject: "ml", used: 10.5, standing: "asking" });
    const decision = { subject: "ml", start: asked.start, version: asked.version, decision: "more", amount: 5 };
    expect((await server.send("POST", "/api/v1/budgets/ml/decision", { ...decision, amount: 0.5 }, "operator")).status).toBe(400); // prettier-ignore
    const both = await Promise.all([0, 1].map(() => server.send("POST", "/api/v1/budgets/ml/decision", decision, "operator"))); // prettier-ignore
    expect(both.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    await until("it goes on", async () => (await status()) === "run");
  });
});
