import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

interface Story {
  incident: { id: string; state: string };
  investigation: { state: string } | null;
}

const server = new OwnServer({ SWEEPER_ENABLED: "0", ALERT_GROUP_WAIT_MS: "1500" });
beforeAll(() => server.setUp(["admin", "operator"], "/healthz"));
afterAll(() => server.remove());

const incidents = async () =>
  (await server.ask<{ incidents: { id: string; state: string }[] }>("GET", "/api/v1/incidents")).incidents;
const story = (id: string) => server.ask<Story>("GET", `/api/v1/incidents/${id}/story`);

test("without a sweeper and without a cron call an alert is investigated, again when a person asks, and what was done by hand is recorded", async () => {
  const { token } = await server.ask<{ token: string }>("POST", "/api/v1/alert-sources", { kind: "generic" });
  const answer = await fetch(`${server.sentinel.url}/api/v1/alerts/generic`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "Slow", service: "shop", severity: "critical" }),
  });
  expect(answer.status).toBe(202);
  const [incident] = await until("an incident is open", async () => {
    const list = await incidents();
    return list.length > 0 ? list : null;
  });
  const id = incident!.id;
  await until("it was investigated", async () => (await story(id)).investigation?.state === "done");
  const looked = async () => {
    const [row] = await server.rows<{ n: number }>(
      "SELECT count(*) AS n FROM investigations WHERE incident_id = ?",
      id,
    );
    return row!.n;
  };
  expect(await looked()).toBe(1);

  const command = (name: string, body: object, role = "operator") =>
    server.send("POST", `/api/v1/incidents/${id}/${name}`, body, role);
  expect((await command("investigate", {})).status).toBe(200);
  await until("it was investigated again", async () => {
    return (await looked()) === 2 && (await story(id)).investigation?.state === "done";
  });

  const nothingSaid = await command("by_hand", {});
  expect(nothingSaid).toMatchObject({ status: 400, body: { errors: [{ field: "comment" }] } });
  expect(await command("by_hand", { comment: "restarted it" })).toMatchObject({
    status: 200,
    body: {
      incident: { state: "verifying" },
      actions: [{ action: "restarted it (by hand)", by: "operator", outcome: "pending" }],
    },
  });
  expect((await command("investigate", {})).status).toBe(409);
});

test("where no process outlives a request, cases cannot be run, and it is said why", async () => {
  const refused = await server.send("POST", "/api/v1/evals", { set: "dev" }, "operator");
  expect(refused).toMatchObject({ status: 503, body: { detail: expect.stringContaining("SWEEPER_ENABLED=0") } });
});
