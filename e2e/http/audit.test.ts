import { expect, test } from "vitest";
import { asPerson, problemOf, url } from "./client";

const json = { "content-type": "application/json" };
interface Entries {
  entries: { seq: number; action: string; actor: { kind: string; name: string }; subject: { id: string }; details: object }[];
} // prettier-ignore
const list = async (query: string) => (await (await asPerson("admin", `/api/v1/audit?${query}`)).json()) as Entries;

test.each(["/api/v1/audit", "/api/v1/audit?format=jsonl", "/api/v1/audit/head"])("%s is for admins", async (path) => {
  for (const role of ["viewer", "operator"])
    expect(await problemOf(await asPerson(role, path))).toMatchObject({ status: 403 });
  expect((await problemOf(await fetch(url + path))).status).toBe(401);
  expect((await asPerson("admin", path)).status).toBe(200);
});

test.each([
  ["format=jsonl&actor=x", "actor"],
  ["after=3", "after"],
  ["action=Nothing!", "action"],
  ["limit=0", "limit"],
])("?%s is refused, and the field named", async (query, field) => {
  const problem = await problemOf(await asPerson("admin", `/api/v1/audit?${query}`));
  expect(problem.status).toBe(400);
  expect(problem.errors?.map((error) => error.field)).toContain(field);
});

test("what an admin does is in it, under their name and without its secret; a failed sign-in without what was typed", async () => {
  const made = await asPerson("admin", "/api/v1/keys", { method: "POST", headers: json, body: JSON.stringify({ name: "audited" }) }); // prettier-ignore
  const { key, secret } = (await made.json()) as { key: { id: string }; secret: string };
  await asPerson("admin", `/api/v1/keys/${key.id}`, { method: "DELETE" });
  const { entries } = await list(`subject=${key.id}`);
  expect(entries.map(({ action }) => action)).toEqual(["key.revoke", "key.create"]);
  expect(entries[1]).toMatchObject({ actor: { kind: "person" }, details: { name: "audited" } });
  expect(JSON.stringify(entries)).not.toContain(secret);
  // What was refused is not recorded as done.
  expect((await asPerson("admin", `/api/v1/keys/${key.id}`, { method: "DELETE" })).status).toBe(404);
  expect((await list(`subject=${key.id}`)).entries).toHaveLength(2);

  const body = JSON.stringify({ email: "my-secret-password@example.com", password: "wrong wrong wrong" });
  const answer = await fetch(`${url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { ...json, origin: url },
    body,
  });
  expect(answer.status).toBe(401);
  const [failed] = (await list("action=user.sign_in_failed&limit=1")).entries;
  expect(failed).toMatchObject({ actor: { kind: "anonymous" }, subject: { id: "unknown" } });
  expect(JSON.stringify(failed)).not.toContain("my-secret-password");
});

test("the export is one chain that ends with its head, and records itself", async () => {
  const answer = await asPerson("admin", "/api/v1/audit?format=jsonl");
  expect(answer.headers.get("content-type")).toBe("application/jsonl");
  const lines = (await answer.text()).trim().split("\n");
  const { head } = JSON.parse(lines.pop()!) as { head: { seq: number; hash: string } };
  const entries = lines.map((line) => JSON.parse(line) as { seq: number; prev: string; hash: string; action: string });
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
  expect(entries.map(({ prev }) => prev)).toEqual(["0".repeat(64), ...entries.slice(0, -1).map(({ hash }) => hash)]);
  expect(entries.at(-1)).toMatchObject({ seq: head.seq, hash: head.hash });
  expect(entries.at(-1)).toMatchObject({ action: "audit.export" });
  await expect
    .poll(async () => (await (await asPerson("admin", "/api/v1/audit/head")).json()) as object)
    .toMatchObject({ check: { state: "intact", broken: null } });
});
