import { expect, test } from "vitest";
import { asAgent, asPerson, asSender } from "./client";

const json = (body: object) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const read = async <T>(path: string) => (await (await asPerson("viewer", path)).json()) as T;
const register = (agent_id: string, agent_type: string) =>
  asAgent("/api/v1/agents/register", json({ agent_id, agent_type }));

test("agents and types that look like others are told, and others are not", async () => {
  for (const [id, type] of [
    ["look-1", "Looks"],
    ["lооk-1", "Looks"],
    ["look-l", "Lооks"],
    ["look-2", "Looks"],
  ] as const)
    expect((await register(id, type)).status).toBe(200);
  interface Card {
    id: string;
    looks_like: string | null;
    type_looks_like: string | null;
  }
  const { agents } = await read<{ agents: Card[] }>("/api/v1/agents?q=k-");
  const by = Object.fromEntries(agents.map((card) => [card.id, card]));
  expect(by["look-1"]).toMatchObject({ looks_like: "lооk-1", type_looks_like: "Lооks" });
  expect(by["lооk-1"]).toMatchObject({ looks_like: "look-1" });
  expect(by["look-l"]).toMatchObject({ looks_like: "look-1", type_looks_like: "Looks" });
  expect(by["look-2"]).toMatchObject({ looks_like: null });
  const detail = await read<{ agent: Card }>(`/api/v1/agents/${encodeURIComponent("lооk-1")}`);
  expect(detail.agent.looks_like).toBe("look-1");
  const { types } = await read<{ types: { type: string; looks_like: string | null }[] }>("/api/v1/agent-types");
  expect(types.filter(({ looks_like }) => looks_like !== null)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: "Looks", looks_like: "Lооks" }),
      expect.objectContaining({ type: "Lооks", looks_like: "Looks" }),
    ]),
  );
});

test("services too, as alerts name them; an alert with a name that cannot be seen whole counts, and the answer says what was changed", async () => {
  const alert = (service: string, name = "Slow") =>
    asSender("/api/v1/alerts/generic", json({ name, service, severity: "info" }));
  expect((await alert("mirror")).status).toBe(202);
  const answer = await alert("mirrоr\u200b", "Sl\u200bow");
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({
    accepted: 1,
    rejected: [],
    notices: [
      { index: 0, field: "name", reason: "contained invisible or indistinguishable characters, which were removed" },
      { index: 0, field: "service" },
      { index: 0, field: "labels.service" },
    ],
  });
  const { service, alerts } = await read<{
    service: { id: string; looks_like: string | null };
    alerts: { name: string }[];
  }>(`/api/v1/services/${encodeURIComponent("mirrоr")}`);
  expect(service).toMatchObject({ id: "mirrоr", looks_like: "mirror" });
  expect(alerts.map(({ name }) => name)).toEqual(["Slow"]);
  const { services } = await read<{ services: { id: string; looks_like: string | null }[] }>("/api/v1/services");
  expect(services.find(({ id }) => id === "mirror")?.looks_like).toBe("mirrоr");
});

test("a maintenance window and a token are named in full sight or not at all", async () => {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  for (const [path, body, field] of [
    ["/api/v1/maintenance", { service: "mir\u200bror", ends_at: inAnHour }, "service"],
    ["/api/v1/tokens", { name: "nightly\u00adreport", role: "viewer" }, "name"],
  ] as const) {
    const answer = await asPerson("admin", path, json(body));
    expect(answer.status).toBe(400);
    const { errors } = (await answer.json()) as { errors: { field: string; reason: string }[] };
    expect(errors).toEqual([expect.objectContaining({ field, reason: expect.stringContaining("invisible") })]);
  }
});
