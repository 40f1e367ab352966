import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

/** Content of telemetry and hooks, against the built server, whose whole log is read. */
const server = new OwnServer({ LOG_LEVEL: "trace" });
beforeAll(() => server.setUp(["admin", "operator", "viewer"]));
afterAll(() => server.remove());

const json = { "content-type": "application/json" };
const SECRET = ["sk-", "proj-abcdefghijklmnopqrstuvwxyz"].join("");
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

const as = (key: string, path: string, body: unknown) =>
  fetch(server.sentinel.url + path, {
    method: "POST",
    headers: { ...json, authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });

/** A span and a hook of one agent, both with content that names `mark`. */
async function work(key: string, user: string, mark: string): Promise<void> {
  const now = `${Date.now()}000000`;
  const attributes = [
    text("gen_ai.operation.name", "chat"),
    text("gen_ai.request.model", "m"),
    text("session.id", `${user}-run`),
    text("user.email", user),
    text("gen_ai.input.messages", `${mark} asks with ${SECRET}`),
  ];
  const span = { traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex"), name: "chat", kind: 3, startTimeUnixNano: now, endTimeUnixNano: now, attributes }; // prettier-ignore
  const resource = { attributes: [text("service.name", "claude-code")] };
  expect((await as(key, "/v1/traces", { resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans: [span] }] }] })).status).toBe(200); // prettier-ignore
  const of = { session_id: `${user}-run`, cwd: "/w", tool_name: "Bash", tool_use_id: `${mark}-1`, tool_input: { command: `${mark} ls` } }; // prettier-ignore
  for (const more of [
    { hook_event_name: "UserPromptSubmit", prompt: `${mark} begins` },
    { hook_event_name: "PreToolUse" },
    { hook_event_name: "PostToolUse", tool_response: { stdout: `${mark} files` } },
  ])
    expect((await as(key, "/api/v1/hooks/claude-code", { ...of, ...more })).status).toBe(200);
}

interface Stored {
  stored: boolean;
  items: { kind: string; text: string; name: string | null; run_id: string | null }[];
}
const contentOf = (agent: string, role = "operator") =>
  server.send("GET", `/api/v1/agents/${encodeURIComponent(agent)}/content`, undefined, role);

test("content of telemetry and hooks is kept where the key stores it, redacted, in no log; switched off and deleted, it is gone", async () => {
  const made = await server.ask<{ key: { id: string; content: boolean }; secret: string }>("POST", "/api/v1/keys", { name: "content" }); // prettier-ignore
  expect(made.key.content).toBe(false);
  await work(made.secret, "ada", "marmalade");
  const agent = "claude-code:ada";
  await until("the tool call", async () => {
    const { body } = await server.send("GET", `/api/v1/agents/${encodeURIComponent(agent)}/runs`);
    return (body as { runs?: { tool_calls: number }[] }).runs?.some(({ tool_calls: calls }) => calls === 1);
  });
  expect((await contentOf(agent)).body).toEqual({ stored: false, items: [], more: false });

  expect(await server.ask("PATCH", `/api/v1/keys/${made.key.id}`, { content: true })).toMatchObject({ content: true });
  expect((await server.send("PATCH", `/api/v1/keys/${made.key.id}`, { content: true }, "operator")).status).toBe(403);
  await work(made.secret, "bea", "quince");
  const other = "claude-code:bea";
  const stored = await until("four texts", async () => {
    const { status, body } = await contentOf(other);
    return status === 200 && (body as Stored).items.length === 4 && (body as Stored);
  });
  expect(stored.stored).toBe(true);
  expect(new Map(stored.items.map(({ kind, text: said }) => [said, kind]))).toEqual(
    new Map([
      ["quince asks with [redacted:api_key]", "prompt"],
      ["quince begins", "prompt"],
      ['{"command":"quince ls"}', "tool_arguments"],
      ['{"stdout":"quince files"}', "tool_output"],
    ]),
  );
  expect(new Set(stored.items.map(({ run_id: run }) => run))).toEqual(new Set(["bea-run"]));
  expect((await contentOf(other, "viewer")).status).toBe(403);
  expect((await contentOf("claude-code:ada")).body).toMatchObject({ items: [] });
  const rows = await server.rows<{ type: string }>("SELECT type FROM stream_events WHERE type = 'key.content_changed'");
  expect(rows).toHaveLength(1);

  const path = `/api/v1/agents/${encodeURIComponent(other)}/content`;
  expect((await server.send("DELETE", path, undefined, "viewer")).status).toBe(403);
  expect((await server.send("DELETE", path, undefined, "operator")).body).toEqual({ deleted: 4 });
  expect((await contentOf(other)).body).toMatchObject({ items: [] });
  expect(await server.rows("SELECT * FROM agent_content")).toEqual([]);
  expect(server.sentinel.output()).not.toMatch(/marmalade|quince|sk-proj/);
});
