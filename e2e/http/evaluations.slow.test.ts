import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

interface Run {
  id: string;
  state: string;
  done: number;
  total: number;
  detail: string | null;
}

const server = new OwnServer();
beforeAll(() => server.setUp(["admin", "operator", "viewer"]));
afterAll(() => server.remove());

const PATH = "/api/v1/evals";
const start = (body: unknown, role = "operator") => server.send("POST", PATH, body, role);
const command = (run: string, name: string, role = "operator") =>
  server.send("POST", `${PATH}/${encodeURIComponent(run)}/${name}`, undefined, role);
const one = async (id: string) => (await server.ask<{ run: Run }>("GET", `${PATH}/${id}`)).run;
const runs = async () => (await server.ask<{ runs: Run[] }>("GET", PATH)).runs.filter(({ id }) => id !== "reference");

test("a run is for operators, and what there is not is refused by its field; nothing is left of either", async () => {
  expect((await start({ set: "dev" }, "viewer")).status).toBe(403);
  expect((await command("x", "stop", "viewer")).status).toBe(403);
  for (const [field, body] of [
    ["set", {}],
    ["set", { set: "second", class: "slow leak" }],
    ["class", { set: "dev", class: "no such class" }],
    ["cases", { set: "dev", cases: ["no-such-case"] }],
    ["model", { set: "dev", model: true }],
  ] as const)
    expect(await start(body), JSON.stringify(body)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  for (const name of ["stop", "resume"]) expect((await command("none", name)).status).toBe(404);
  expect(await runs()).toEqual([]);
});

test("one goes on at a time; it ends with its server, and can be taken up again and stopped", async () => {
  const begun = await start({ set: "dev", class: "slow leak" });
  expect(begun).toMatchObject({ status: 202, body: { state: "running", total: 5, done: 0, started_by: "operator" } });
  const { id } = begun.body as Run;
  const second = await fetch(server.sentinel.url + PATH, {
    method: "POST",
    headers: server.headers("operator"),
    body: JSON.stringify({ set: "dev" }),
  });
  expect(second.status).toBe(409);
  expect(second.headers.get("location")).toBe(`${PATH}/${id}`);
  expect(await second.json()).toMatchObject({ code: "conflict", detail: expect.stringContaining(id) });
  expect((await command(id, "resume")).status).toBe(409);

  // As a power switch would: nobody is left to say anything.
  await until("a case was played", async () => (await one(id)).done > 0);
  await server.kill();
  await server.start();
  const ended = await until("it is known to be interrupted", async () => {
    const run = await one(id);
    return run.state !== "running" && run;
  });
  expect(ended).toMatchObject({ state: "interrupted", total: 5 });
  expect(ended.done).toBeGreaterThan(0);

  const again = await command(id, "resume");
  expect(again).toMatchObject({ status: 202, body: { id, state: "running" } });
  expect(await command(id, "stop")).toMatchObject({ status: 202, body: { state: "stopped", detail: "by operator" } });
  expect((await command(id, "stop")).status).toBe(409);
  expect((await one(id)).done).toBeGreaterThanOrEqual(ended.done);
  const told = await server.rows<{ type: string }>("SELECT type FROM stream_events WHERE type LIKE 'eval.%' ORDER BY seq");
  const types = told.map(({ type }) => type);
  expect(types).toContain("eval.progress");
  expect(types.filter((type) => type !== "eval.progress")).toEqual(["eval.started", "eval.ended", "eval.started", "eval.ended"]);
}); // prettier-ignore
