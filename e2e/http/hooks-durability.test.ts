import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

/** A server that is killed while a coding agent is held. */
const server = new OwnServer();
beforeAll(() => server.setUp());
afterAll(() => server.remove());

const USER = "ada@example.com";
const AGENT = encodeURIComponent(`claude-code:${USER}`);
const text = (name: string, stringValue: string) => ({ key: name, value: { stringValue } });
const send = (path: string, body: object) =>
  fetch(server.sentinel.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
let calls = 0;
const asks = async (session: string) => {
  const answer = await send("/api/v1/hooks/claude-code", {
    session_id: session,
    hook_event_name: "PreToolUse",
    transcript_path: `/home/ada/.claude/projects/x/${session}.jsonl`,
    cwd: "/home/ada/shop",
    tool_name: "Bash",
    tool_input: { command: `make ${++calls}` },
    tool_use_id: `toolu_${calls}`,
  });
  return (await answer.text()).includes('"deny"');
};

test("after kill -9 the standing directive is obeyed at the first request, by sessions old and new", async () => {
  await send("/v1/logs", {
    resourceLogs: [
      {
        resource: { attributes: [text("service.name", "claude-code")] },
        scopeLogs: [
          {
            scope: { name: "s" },
            logRecords: [
              {
                timeUnixNano: `${Date.now()}000000`,
                attributes: [text("event.name", "api_request"), text("session.id", "s-1"), text("user.email", USER), text("input_tokens", "1")],
              },
            ],
          },
        ],
      },
    ],
  }); // prettier-ignore
  expect(await asks("s-1")).toBe(false);
  await until("the seat is stored", async () =>
    (await server.rows("SELECT 1 FROM otlp_sessions WHERE name LIKE 'seat:%'")).length > 0); // prettier-ignore
  await server.ask("POST", `/api/v1/agents/${AGENT}/quarantine`, {});
  await until("it is held", () => asks("s-1"));
  await server.kill();
  await server.start("/healthz");
  expect([await asks("s-1"), await asks("s-2")]).toEqual([true, true]);
  await server.ask("POST", `/api/v1/agents/${AGENT}/release`, {});
  await until("it goes on", async () => !(await asks("s-1")));
});
