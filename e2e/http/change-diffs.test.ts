import { expect, test } from "vitest";
import { asAgent, asPerson, asSender, problemOf } from "./client";
import { until } from "./own-server";

const json = { "content-type": "application/json" };
const TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";
const SERVICE = "diffed-pool";

const announce = (body: object) =>
  asAgent("/api/v1/changes", {
    method: "POST",
    headers: json,
    body: JSON.stringify({ subject_kind: "service", subject_id: SERVICE, kind: "deploy", ...body }),
  });

test.each([
  [
    "an agent's",
    { subject_kind: "agent", subject_id: "a", files: ["src/a.ts"] },
    "files",
    /may be given for services only/,
  ],
  ["not a diff", { to: "2", diff: "we made the pool smaller" }, "diff", /unified diff with a heading for each file/],
  ["too long", { to: "2", diff: `--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+${"x".repeat(500_000)}` }, "diff", /500000/],
  ["too many files", { to: "2", files: Array.from({ length: 301 }, (_, i) => `f-${i}`) }, "files", /300/],
  ["a file without a name", { to: "2", files: ["a", ""] }, "files[1]", /./],
])("what a change changed is refused by the name of the field: %s", async (_, body, field, reason) => {
  const { status, errors } = await problemOf(await announce(body));
  expect([status, errors?.[0]?.field]).toEqual([400, field]);
  expect(errors![0]!.reason).toMatch(reason);
});

test("a change that is announced with its diff is the same one when it comes again, and an incident's causes cite what it changed, without secrets", async () => {
  const change = {
    to: "1.5.0",
    at: new Date(Date.now() - 600_000).toISOString(),
    files: ["src/pool.ts", "CHANGES.md"],
    diff: `diff --git a/src/pool.ts b/src/pool.ts\n--- a/src/pool.ts\n+++ b/src/pool.ts\n@@ -1,1 +1,2 @@\n-  size: 50\n+  size: 5\n+  key: "${TOKEN}"\n`,
  };
  const idOf = async (answer: Response) => {
    expect(answer.status).toBe(201);
    return ((await answer.json()) as { id: string }).id;
  };
  const id = await idOf(await announce(change));
  expect(await idOf(await announce(change))).toBe(id);

  const lines = [300, 200, 100].map((seconds) => ({
    service: SERVICE,
    line: "ERROR no free connection in the pool, size exceeded",
    timestamp: Date.now() - seconds * 1_000,
  }));
  const pushed = await asAgent("/api/v1/logs", { method: "POST", headers: json, body: JSON.stringify({ lines }) });
  expect(pushed.status).toBe(202);
  const alert = { name: "Slow", service: SERVICE, severity: "critical", status: "firing" };
  const fired = await asSender("/api/v1/alerts/generic", {
    method: "POST",
    headers: json,
    body: JSON.stringify(alert),
  });
  expect(fired.status).toBeLessThan(300);

  const list = await asPerson("viewer", `/api/v1/incidents?service=${SERVICE}`);
  const [incident] = ((await list.json()) as { incidents: { id: string }[] }).incidents;
  const read = async (what: string) => (await asPerson("viewer", `/api/v1/incidents/${incident!.id}${what}`)).text();
  const text = await until("its causes are known", async () => {
    const answer = await read("");
    const { findings } = JSON.parse(answer) as { findings: { kind: string }[] };
    return findings.some(({ kind }) => kind === "change") ? answer : null;
  });
  expect(text).toContain("Its diff (src/pool.ts, CHANGES.md) changes 50 to 5: 'size: 5'");
  const bundle = await read("/bundle");
  expect(bundle).toContain("-  size: 50");
  for (const answer of [text, bundle, await read("/story")]) expect(answer).not.toContain(TOKEN);
});
