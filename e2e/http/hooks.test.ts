import { randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { answerTo, asAgent, asPerson, type Init, problemOf, url } from "./client";

/** Hooks against the built server, as the programs send them. */
const json = { "content-type": "application/json" };
/** Of its own: whoever is new to a key that has an agent on hold is treated like that one, and other tests' agents are none of these. */
let key = "";
beforeAll(async () => {
  const made = await asPerson("admin", "/api/v1/keys", { method: "POST", headers: json, body: JSON.stringify({ name: nameOf("hooks") }) }); // prettier-ignore
  key = ((await made.json()) as { secret: string }).secret;
});
const asProgram = (path: string, { headers, ...init }: Init) =>
  asAgent(path, { ...init, headers: { authorization: `Bearer ${key}`, ...headers } });
const hook = (program: string, body: unknown, headers: Record<string, string> = {}) =>
  asProgram(`/api/v1/hooks/${program}`, {
    method: "POST",
    headers: { ...json, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const nameOf = (what: string) => `${what}-${randomUUID().slice(0, 8)}`;

/** A session of Claude Code that telemetry has named. */
async function named() {
  const [session, user] = [nameOf("session"), `${nameOf("user")}@example.com`];
  const text = (name: string, stringValue: string) => ({ key: name, value: { stringValue } });
  const said = {
    "event.name": "api_request",
    "session.id": session,
    "user.email": user,
    model: "m",
    input_tokens: "10",
  };
  const answer = await asProgram("/v1/logs", {
    method: "POST",
    headers: json,
    body: JSON.stringify({
      resourceLogs: [
        {
          resource: { attributes: [text("service.name", "claude-code")] },
          scopeLogs: [
            {
              scope: { name: "s" },
              logRecords: [
                {
                  timeUnixNano: `${Date.now()}000000`,
                  attributes: Object.entries(said).map(([name, value]) => text(name, value)),
                },
              ],
            },
          ],
        },
      ],
    }),
  });
  expect(answer.status).toBe(200);
  let calls = 0;
  const agent = `claude-code:${user}`;
  const of = (name: string, more: object = {}) => ({
    session_id: session,
    hook_event_name: name,
    transcript_path: `/home/${session}/.claude/projects/x/${session}.jsonl`,
    cwd: "/home/x",
    ...more,
  });
  /** Asks for a call, and tells of it where it may run. */
  const call = async (command: string): Promise<{ ran: boolean; text: string }> => {
    const tool = { tool_name: "Bash", tool_input: { command }, tool_use_id: `toolu_${session}_${++calls}` };
    const text = await (await hook("claude-code", of("PreToolUse", tool))).text();
    const ran = !text.includes('"deny"');
    if (ran) await hook("claude-code", of("PostToolUse", { ...tool, tool_response: { stdout: "x" }, duration_ms: 5 }));
    return { ran, text };
  };
  const shown = async () =>
    (await (await asPerson("viewer", `/api/v1/agents/${encodeURIComponent(agent)}`)).json()) as {
      agent: { state: string; enforcement: boolean | null; containment: { state: string } };
    };
  const command = (what: string) =>
    asPerson("operator", `/api/v1/agents/${encodeURIComponent(agent)}/${what}`, { method: "POST", headers: json, body: "{}" }); // prettier-ignore
  return { session, agent, of, call, shown, command };
}

test("what runs is allowed and counted once; what is held is refused, proven, and goes on in the same session when released", async () => {
  const one = await named();
  for (let i = 0; i < 3; i++) expect((await one.call(`make part-${i}`)).ran).toBe(true);
  const runs = async () =>
    (await (await asPerson("viewer", `/api/v1/agents/${encodeURIComponent(one.agent)}/runs`)).json()) as {
      runs: { run_id: string; tool_calls: number }[];
    };
  await expect.poll(async () => (await runs()).runs).toMatchObject([{ run_id: one.session, tool_calls: 3 }]);
  expect((await one.shown()).agent).toMatchObject({ enforcement: true });

  expect((await one.command("quarantine")).status).toBeLessThan(300);
  await expect.poll(() => one.call("anything"), { interval: 100 }).toMatchObject({ ran: false });
  const { text } = await one.call("anything else");
  expect(text).toMatch(
    /Held by Sentinel: Quarantined by operator\. Decide at http:\/\/127\.0\.0\.1:\d+\/incidents\/inc_/,
  );
  const prompt = await (await hook("claude-code", one.of("UserPromptSubmit", { prompt: "go on" }))).json();
  expect(prompt).toMatchObject({ decision: "block", continue: false });
  await expect.poll(async () => (await one.shown()).agent.containment.state).toBe("enforced");

  expect((await one.command("release")).status).toBeLessThan(300);
  await expect.poll(() => one.call("again"), { interval: 100 }).toMatchObject({ ran: true });
});

test("a loop is stopped before its eighth call where the type may be acted on, and its incident is opened", async () => {
  const one = await named();
  const mode = await asPerson("admin", "/api/v1/agent-types/claude-code", { method: "PATCH", headers: json, body: JSON.stringify({ mode: "act" }) }); // prettier-ignore
  expect(mode.status).toBe(200);
  // Settings are read anew within a second.
  await expect.poll(async () => {
    const other = await named();
    let ran = 0;
    while (ran < 12 && (await other.call("echo again")).ran) ran++;
    return ran;
  }, { interval: 500 }).toBe(7); // prettier-ignore
  let ran = 0;
  while (ran < 12 && (await one.call("echo again")).ran) ran++;
  expect(ran).toBe(7);
  await expect.poll(async () => (await one.shown()).agent.state).toBe("quarantined");
  await asPerson("admin", "/api/v1/agent-types/claude-code", { method: "PATCH", headers: json, body: JSON.stringify({ mode: "observe" }) }); // prettier-ignore
});

test("a session that has used up its budget is refused before its next call, and goes on when there is more", async () => {
  const one = await named();
  const act = (mode: string) => asPerson("admin", "/api/v1/agent-types/claude-code", { method: "PATCH", headers: json, body: JSON.stringify({ mode }) }); // prettier-ignore
  const budget = "/api/v1/budgets/session-calls";
  await act("act");
  const set = { scope: "run", subject: one.agent, window: "run", measure: "tool_calls", limit: 4 };
  expect((await asPerson("operator", budget, { method: "PUT", headers: json, body: JSON.stringify(set) })).status).toBe(200); // prettier-ignore
  let calls = 0;
  await expect.poll(() => one.call(`make part-${++calls}`), { interval: 300, timeout: 60_000 }).toMatchObject({ ran: false }); // prettier-ignore
  expect((await one.call("make more")).text).toMatch(/Held by Sentinel: the budget of .* is used up\. Decide at http/);
  // Its agent's other sessions are not held for it, nor is anybody else.
  expect((await one.shown()).agent.state).not.toBe("paused");
  expect((await (await named()).call("make")).ran).toBe(true);
  interface Uses {
    budgets: { id: string; uses: { subject: string; start: number; version: number | null }[] }[];
  }
  const { budgets } = (await (await asPerson("viewer", "/api/v1/budgets")).json()) as Uses;
  const [use] = budgets.find(({ id }) => id === "session-calls")!.uses;
  const more = { subject: use!.subject, start: use!.start, version: use!.version, decision: "more", amount: 1_000 };
  expect((await asPerson("operator", `${budget}/decision`, { method: "POST", headers: json, body: JSON.stringify(more) })).status).toBe(200); // prettier-ignore
  await expect.poll(() => one.call("make the rest"), { interval: 300, timeout: 60_000 }).toMatchObject({ ran: true });
  await asPerson("operator", budget, { method: "DELETE" });
  await act("observe");
});

test("refusals are in each program's own words", async () => {
  const event = { session_id: nameOf("s"), cwd: "/" };
  for (const [program, name] of [["codex", "PreToolUse"], ["gemini-cli", "BeforeTool"]] as const)
    expect(await (await hook(program, { ...event, hook_event_name: name, tool_name: "shell", tool_input: {} })).json()).toEqual({}); // prettier-ignore
});

test("an unknown event is kept by its name; keys, sizes and bodies are checked", async () => {
  const name = nameOf("Event");
  expect((await hook("codex", { session_id: "s", hook_event_name: name })).status).toBe(200);
  const records = async () =>
    ((await (await asPerson("viewer", "/api/v1/otlp-records")).json()) as { records: object[] }).records;
  await expect
    .poll(records)
    .toContainEqual(expect.objectContaining({ program: "codex-cli", name, fate: "kept_by_name" }));

  const stop = { session_id: "s", hook_event_name: "Stop" };
  expect((await problemOf(await hook("claude-code", stop, { authorization: "Bearer snt_nothing" }))).status).toBe(401);
  expect((await problemOf(await hook("claude-code", "{"))).code).toBe("malformed");
  expect((await problemOf(await hook("claude-code", { session_id: "s" }))).errors).toMatchObject([{ field: "hook_event_name" }]); // prettier-ignore
  expect((await problemOf(await hook("nano", stop))).errors).toMatchObject([{ field: "program" }]);
  const piece = Buffer.alloc(1_000_000, 0x20);
  expect(await answerTo("/api/v1/hooks/claude-code", piece, 5, json)).toBe(413);
});

test("below a path with the key, for programs that cannot send headers", async () => {
  const post = (path: string) =>
    fetch(url + path, { method: "POST", headers: json, body: JSON.stringify({ session_id: "s", hook_event_name: "Stop" }) }); // prettier-ignore
  expect((await post(`/hooks/${key}/gemini-cli`)).status).toBe(200);
  expect((await problemOf(await post("/hooks/snt_nothing/gemini-cli"))).status).toBe(401);
  expect((await problemOf(await post(`/hooks/${key}/nano`))).status).toBe(400);
  expect((await problemOf(await post("/hooks/nothing"))).status).toBe(404);
});
