import { HOLD_LEVELS } from "@/lib/core/base/hold-levels";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createKey } from "@/lib/auth/keys";
import { IDENTICAL_CALLS } from "@/lib/core/agents/breaker";
import { containment } from "@/lib/core/agents/containment";
import type { Db } from "@/lib/db/client";
import { findAgent, findDirective, instanceReport, listInstances, sentDirective } from "@/lib/db/queries/agents";
import { openServerDb } from "@/lib/db/queries/test-world";
import { createSweeper } from "@/lib/detection/sweeper";
import { flushHooks, loadHooks } from "@/lib/ingest/hooks/ask";
import { commandAgent } from "@/lib/response/agents/command";
import { changeType } from "@/lib/response/settings";
import { sweep } from "@/lib/runtime/sweep";
import { CONFIG, PERSON } from "@/lib/runtime/test-fleet";
import { listRecords } from "@/lib/views/otlp-records";
import * as logs from "../../../../v1/logs/route";
import * as keyed from "../../../../hooks/[key]/[program]/route";
import * as hooks from "./route";

let close: () => Promise<void>;
let db: Db;
let key: string;
let session: string;
let calls = 0;
beforeAll(async () => {
  ({ db, close } = await openServerDb());
});
afterAll(async () => {
  await close();
});
beforeEach(async () => {
  key = (await createKey(db, { name: `hooks-${++calls}`, createdBy: "t" }, 1)).secret;
  session = `s-${calls}`;
});

const headers = (secret = key) => ({ authorization: `Bearer ${secret}`, "content-type": "application/json" });
const post = (program: string, body: unknown, more: Record<string, string> = {}) =>
  hooks.POST(
    new Request(`http://sentinel.test/api/v1/hooks/${program}`, {
      method: "POST",
      headers: { ...headers(), host: "sentinel.test", ...more },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
    { params: Promise.resolve({ program }) },
  );
const claude = (name: string, more: object = {}) => ({
  session_id: session,
  hook_event_name: name,
  transcript_path: `/home/user${session}/.claude/projects/x/${session}.jsonl`,
  cwd: "/home/user/app",
  ...more,
});
/** A call as Claude Code asks and tells of it: its answer, and whether it ran. */
async function call(command: string, more: object = {}) {
  const of = { tool_name: "Bash", tool_input: { command, description: `try ${calls}` }, tool_use_id: `toolu_${++calls}`, ...more }; // prettier-ignore
  const answer = await (await post("claude-code", claude("PreToolUse", of))).json();
  const ran = (answer as { hookSpecificOutput?: object }).hookSpecificOutput === undefined;
  if (ran) await post("claude-code", claude("PostToolUse", { ...of, tool_response: { stdout: "x" }, duration_ms: 20 }));
  return { answer, ran, id: of.tool_use_id };
}
const telemetry = (user: string, ...records: Record<string, string | number>[]) =>
  logs.POST(
    new Request("http://sentinel.test/v1/logs", {
      method: "POST",
      headers: headers(),
      body: JSON.stringify({
        resourceLogs: [
          {
            resource: { attributes: [{ key: "service.name", value: { stringValue: "claude-code" } }] },
            scopeLogs: [
              {
                scope: { name: "s" },
                logRecords: records.map((record) => ({
                  timeUnixNano: `${Date.now()}000000`,
                  attributes: Object.entries({ "session.id": session, "user.email": user, ...record }).map(
                    ([name, value]) => ({ key: name, value: typeof value === "string" ? { stringValue: value } : { intValue: String(value) } }), // prettier-ignore
                  ),
                })),
              },
            ],
          },
        ],
      }),
    }),
    { params: Promise.resolve({}) },
  );
const prompt = { "event.name": "user_prompt", "event.sequence": 1 };
const modelCall = (n: number) => ({ "event.name": "api_request", "event.sequence": n, model: "m", input_tokens: 10, output_tokens: 1 }); // prettier-ignore
const toolResult = (id: string) => ({ "event.name": "tool_result", tool_name: "Bash", tool_use_id: id, success: "true" }); // prettier-ignore
const eventsOf = async (agent: string) =>
  (
    await db.$client.execute({
      sql: "SELECT kind, instance_id, body FROM agent_events WHERE agent_id = ? ORDER BY seq",
      args: [agent],
    })
  ).rows.map(({ body, ...row }) => ({ ...row, ...(JSON.parse(body as string) as Record<string, unknown>) }));
const ofKind = async (agent: string, kind: string) => (await eventsOf(agent)).filter((event) => event.kind === kind);
const inMode = async (mode: "act" | "observe") => {
  await changeType(db, "claude-code", { mode }, PERSON, Date.now());
  await loadHooks(db);
};
const sweeper = createSweeper();
const turn = async () => {
  await sweep(db, Date.now(), CONFIG, sweeper);
  await loadHooks(db);
};

test("a session that telemetry named: one agent, each call counted once, whoever tells of it first", async () => {
  const agent = "claude-code:ada@example.com";
  await telemetry("ada@example.com", modelCall(1));
  expect(await findAgent(db, agent)).toMatchObject({ enforcement: false });
  const first = await call("ls");
  await flushHooks(db);
  await telemetry("ada@example.com", toolResult(first.id), toolResult("toolu_other"), modelCall(2));
  const second = await call("pwd");
  await telemetry("ada@example.com", toolResult(second.id));
  await flushHooks(db);
  const tools = await ofKind(agent, "tool_call");
  expect(tools).toHaveLength(3);
  expect(tools[0]).toMatchObject({ tool: "Bash", instance_id: session, latency_ms: 20, success: true, action_hash: expect.any(String) }); // prettier-ignore
  expect(await ofKind(agent, "model_call")).toHaveLength(2);
  expect(await findAgent(db, agent)).toMatchObject({ enforcement: true, labels: { user: "ada@example.com" } });
  await turn();
  const { rows } = await db.$client.execute({ sql: "SELECT tool_calls FROM runs WHERE run_id = ?", args: [session] });
  expect(rows).toMatchObject([{ tool_calls: 3 }]);
  expect(JSON.stringify(await eventsOf(agent))).not.toMatch(/"ls"|"pwd"|stdout/);
});

test("a hook that comes before any telemetry waits for the name that telemetry gives; later sessions of the seat have it at once", async () => {
  const agent = "claude-code:bob@example.com";
  await call("ls");
  await flushHooks(db);
  expect(await ofKind(agent, "tool_call")).toEqual([]);
  await telemetry("bob@example.com", modelCall(1));
  await flushHooks(db);
  await flushHooks(db);
  expect(await ofKind(agent, "tool_call")).toHaveLength(1);
  const seat = session;
  session = `${session}-later`;
  await post("claude-code", {
    ...claude("PostToolUse", { tool_name: "Bash", tool_input: {}, tool_use_id: "x", tool_response: {} }),
    transcript_path: `/home/user${seat}/.claude/projects/x/y.jsonl`,
  });
  await flushHooks(db);
  expect(await ofKind(agent, "tool_call")).toHaveLength(2);
});

test.each(HOLD_LEVELS)(
  "whatever the level of a quarantine, every next call is denied, and goes on after the release: %s",
  async (level) => {
    const user = `${level}@example.com`;
    await telemetry(user, prompt, modelCall(1));
    expect((await call("ls")).ran).toBe(true);
    await flushHooks(db);
    await commandAgent(db, `claude-code:${user}`, "quarantine", undefined, PERSON, Date.now(), { level });
    await loadHooks(db);
    expect((await call("pwd")).ran).toBe(false);
    await commandAgent(db, `claude-code:${user}`, "release", undefined, PERSON, Date.now());
    await loadHooks(db);
    expect((await call("pwd")).ran).toBe(true);
  },
);

test("a loop is refused before the eighth call runs, held by an incident, proven, and released in the same session", async () => {
  await inMode("act");
  const agent = "claude-code:cara@example.com";
  await telemetry("cara@example.com", prompt, modelCall(1));
  let ran = 0;
  let last = await call("echo again");
  while (last.ran && ran < 20) {
    ran++;
    last = await call("echo again");
  }
  expect(ran).toBe(IDENTICAL_CALLS - 1);
  expect(last.answer).toMatchObject({ continue: false, stopReason: expect.stringMatching(/^Held by Sentinel: 8 identical calls in a row\. Decide at http:\/\/sentinel\.test\/agents/) }); // prettier-ignore
  await flushHooks(db);
  await turn();
  const held = (await findAgent(db, agent))!;
  expect(held).toMatchObject({ state: "quarantined", enforcement: true });
  expect((await findDirective(db, agent))!.reason).toBe("8 identical calls in a row");

  const proof = await call("something else");
  expect(proof.ran).toBe(false);
  expect(JSON.stringify(proof.answer)).toContain(`/incidents/${held.incidentId}`);
  const blocked = await (await post("claude-code", claude("UserPromptSubmit", { prompt: "go on" }))).json();
  expect(blocked).toMatchObject({ decision: "block" });
  // A sub-agent of the session, and the call in which the model hears of it.
  expect((await call("else", { agent_id: "sub" })).ran).toBe(false);
  await telemetry("cara@example.com", modelCall(2), toolResult(proof.id));
  await flushHooks(db);
  await turn();
  const directive = (await findDirective(db, agent))!;
  expect(directive).toMatchObject({ enforcedAt: expect.any(Number), breachedAt: null });
  const reports = (await listInstances(db, [agent])).map((one) => instanceReport(one, directive, 0));
  expect(containment(sentDirective(held, directive), reports, Date.now()).state).toBe("enforced");
  expect(await ofKind(agent, "tool_call")).toHaveLength(IDENTICAL_CALLS - 1);

  await commandAgent(db, agent, "release", undefined, PERSON, Date.now());
  await loadHooks(db);
  expect(await (await post("claude-code", claude("UserPromptSubmit", { prompt: "go on" }))).json()).toEqual({});
  expect((await call("echo again")).ran).toBe(true);
});

test("in observe mode a loop is recorded and let through", async () => {
  await inMode("observe");
  const agent = "claude-code:dan@example.com";
  await telemetry("dan@example.com", modelCall(1));
  for (let i = 0; i < 12; i++) expect((await call("echo again")).ran).toBe(true);
  await flushHooks(db);
  await turn();
  expect(await ofKind(agent, "tool_call")).toHaveLength(12);
  expect(await findAgent(db, agent)).toMatchObject({ state: "suspected", directiveVersion: 0 });
  const { rows } = await db.$client.execute({ sql: "SELECT would_have FROM incidents WHERE title LIKE ?", args: [`${agent}%`] }); // prettier-ignore
  expect(rows).toEqual([{ would_have: expect.stringMatching(/^quarantined it/) }]);
});

test("calls that poll, or that others come between, are no loop", async () => {
  await inMode("act");
  for (let i = 0; i < 20; i++) {
    expect((await call("npm test")).ran).toBe(true);
    expect((await call(`edit ${i}`)).ran).toBe(true);
    expect((await call("", { tool_name: "TaskOutput", tool_input: { task_id: "1" } })).ran).toBe(true);
  }
});

test("an unknown event is kept by its name", async () => {
  expect(await (await post("codex", { session_id: session, hook_event_name: "SomethingNew" })).json()).toEqual({});
  await flushHooks(db);
  expect((await listRecords(db)).records).toContainEqual(
    expect.objectContaining({ program: "codex-cli", signal: "hooks", name: "SomethingNew", fate: "kept_by_name" }),
  );
});

test.each<[string, unknown, Record<string, string>, number]>([
  ["a wrong key", {}, { authorization: "Bearer snt_nothing" }, 401],
  ["no JSON", "{", {}, 400],
  ["not what a hook says", { hook_event_name: "PreToolUse" }, {}, 400],
  ["a list", [], {}, 400],
  ["text", "x", { "content-type": "text/plain" }, 415],
  ["too much", { session_id: "s", hook_event_name: "x", tool_response: "x".repeat(4_000_001) }, {}, 413],
])("%s", async (_, body, more, status) => expect((await post("claude-code", body, more)).status).toBe(status));

test("a program that nobody knows, and the key in the path", async () => {
  expect((await post("nano", claude("PreToolUse"))).status).toBe(400);
  const asked = (secret: string) =>
    keyed.POST(
      new Request("http://sentinel.test/hooks/k/claude-code", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(claude("Stop")),
      }),
      { params: Promise.resolve({ key: secret, program: "claude-code" }) },
    );
  expect((await asked(key)).status).toBe(200);
  expect((await asked("snt_nothing")).status).toBe(401);
});
