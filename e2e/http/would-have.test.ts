import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

interface Scores {
  hold: { decided: string; right: boolean | null; by: string | null };
  scored: unknown;
}
interface Type {
  type: string;
  act_hours: unknown;
  act_actions: unknown;
  would_have: { right: number; wrong: number; unlabelled: number; precision: unknown; ready: boolean; needed: number };
}

const AGENTS = ["a-1", "a-2", "a-3"];
const CALLS = 200;
const server = new OwnServer();
let incident: string;
beforeAll(async () => {
  await server.setUp(["admin", "operator", "viewer"]);
  for (let from = 0; from < CALLS; from += 20)
    await fetch(`${server.sentinel.url}/api/v1/ingest`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
      body: JSON.stringify({
        vitals: AGENTS.flatMap((id) => Array.from({ length: 20 }, (_, i) => call(id, from + i))),
      }),
    });
  incident = (await until("the agent's incident is open", async () => {
    const { incidents } = await server.ask<{ incidents: { id: string }[] }>("GET", "/api/v1/incidents?agent=a-1");
    return incidents[0]?.id;
  }))!;
});
afterAll(() => server.remove());

/** The last calls of the first agent need a hundred times the tokens. */
function call(id: string, i: number) {
  const tokens = (900 + ((i * 37) % 200)) * (id === AGENTS[0] && i >= CALLS - 20 ? 100 : 1);
  return { agent_id: id, agent_type: "Research", kind: "model_call", run_id: `${id}-${i}`, sequence: i, token_count: tokens, input_tokens: tokens, latency_ms: 800 + ((i * 53) % 300) }; // prettier-ignore
}
const research = async () =>
  (await server.ask<{ types: Type[] }>("GET", "/api/v1/agent-types")).types.find(({ type }) => type === "Research")!;

describe("a would-have quarantine", () => {
  const verdict = (body: object, role: string) =>
    server.send("POST", `/api/v1/incidents/${incident}/verdict`, body, role);

  test("is labelled by an operator while it is open, and counts towards its type's precision", async () => {
    expect((await research()).would_have).toMatchObject({ right: 0, wrong: 0, unlabelled: 1, precision: null });
    expect((await verdict({ hold_right: true }, "viewer")).status).toBe(403);
    expect((await verdict({ cause_right: true }, "operator")).status).toBe(409);
    const { status, body } = await verdict({ hold_right: true }, "operator");
    expect(status).toBe(200);
    expect(body as Scores).toMatchObject({
      hold: { decided: "would_hold", right: true, by: "operator" },
      scored: null,
    });
    expect((await research()).would_have).toMatchObject({
      right: 1,
      unlabelled: 0,
      precision: { share: 1, low: expect.closeTo(0.2065, 3), high: 1 },
      ready: false,
      needed: 15,
    });
  });
});

describe("the limits of mode act", () => {
  const hours = { days: ["mon", "tue"], from: "09:00", until: "18:00", time_zone: "Europe/Berlin" };
  const patch = (body: object) => server.send("PATCH", "/api/v1/agent-types/Research", body, "admin");

  test.each<[object, string]>([
    [{ act_hours: { ...hours, time_zone: "Mars/Olympus" } }, "act_hours.time_zone"],
    [{ act_hours: { ...hours, from: "9:00" } }, "act_hours.from"],
    [{ act_hours: { ...hours, until: "24:00" } }, "act_hours.until"],
    [{ act_hours: { ...hours, days: [] } }, "act_hours.days"],
    [{ act_hours: { ...hours, days: ["mon", "mon"] } }, "act_hours.days"],
    [{ act_hours: { ...hours, days: ["monday"] } }, "act_hours.days[0]"],
    [{ act_hours: { ...hours, zone: "UTC" } }, "act_hours.zone"],
    [{ act_actions: ["reboot"] }, "act_actions[0]"],
    [{ act_actions: ["wait", "wait"] }, "act_actions"],
  ])("%j is refused, naming %s", async (body, field) => {
    const answer = await patch(body);
    expect(answer.status).toBe(400);
    expect((answer.body as { errors: { field: string }[] }).errors.map((one) => one.field)).toContain(field);
    expect(await research()).toMatchObject({ act_hours: null, act_actions: null });
  });

  test("are stored, shown on the agent's page, and taken back", async () => {
    expect((await patch({ mode: "act", act_hours: hours, act_actions: ["reset_memory"] })).status).toBe(200);
    expect(await research()).toMatchObject({ act_hours: hours, act_actions: ["reset_memory"] });
    const limits = async () =>
      (await server.ask<{ act_limits: string | null }>("GET", "/api/v1/agents/a-2")).act_limits;
    expect(await limits()).toBe(
      "Acts Mon, Tue 09:00–18:00 Europe/Berlin, quarantine and reset memory only; otherwise requires approval",
    );
    const [row] = await server.rows<{ data: string }>(
      "SELECT data FROM stream_events WHERE type = 'type.changed' ORDER BY seq DESC LIMIT 1",
    );
    expect(JSON.parse(row!.data)).toMatchObject({ before: { act_hours: null }, after: { act_hours: hours } });
    await patch({ act_hours: null, act_actions: null, mode: "observe" });
    expect(await limits()).toBeNull();
  });
});
