import { describe, expect, test } from "vitest";
import { HookBody, type HookProgram } from "@/lib/contracts/hooks";
import { IDENTICAL_CALLS } from "@/lib/core/agents/breaker";
import { DIALECTS, type HookEvent, readHook } from "./dialects";
import { type InForce, reasonFor, type Subject, verdictFor } from "./verdict";

const read = (program: HookProgram, of: object) =>
  readHook(program, HookBody.parse({ session_id: "s", hook_event_name: "x", ...of }));

/** As the programs send them, cut to what is read. */
const CLAUDE = {
  session_id: "14fe6c23-5eae-4e28-973d-956ef3b34dd1",
  transcript_path: "/home/dev/.claude/projects/-home-dev-app/14fe6c23.jsonl",
  cwd: "/home/dev/app",
  permission_mode: "default",
};
const BASH = {
  tool_name: "Bash",
  tool_input: { command: "echo hello", description: "Say hello" },
  tool_use_id: "toolu_83",
};
const GEMINI = {
  session_id: "c1",
  transcript_path: "/home/dev/.gemini/tmp/app/chats/session.json",
  cwd: "/home/dev/app",
  timestamp: "2026-11-27T14:04:00Z",
  tool_name: "run_shell_command",
  tool_input: { command: "echo hello" },
};

test.each<[HookProgram, object, Partial<HookEvent>]>([
  ["claude-code", { ...CLAUDE, hook_event_name: "PreToolUse", ...BASH }, { kind: "before_tool", tool: "Bash", callId: "toolu_83", home: "/home/dev", cwd: "/home/dev/app", session: CLAUDE.session_id, subagent: null, resultHash: null }],
  ["claude-code", { ...CLAUDE, hook_event_name: "PostToolUse", ...BASH, tool_response: { stdout: "hello" }, duration_ms: 950 }, { kind: "after_tool", failed: false, durationMs: 950 }],
  ["claude-code", { ...CLAUDE, hook_event_name: "PostToolUse", ...BASH, effort: { level: "high" } }, { permissionMode: "default", effort: "high" }],
  ["claude-code", { ...CLAUDE, permission_mode: 7, effort: { level: null } }, { permissionMode: null, effort: null }],
  ["codex", { hook_event_name: "PreToolUse", effort: "low" }, { permissionMode: null, effort: "low" }],
  ["claude-code", { ...CLAUDE, hook_event_name: "PostToolUseFailure", ...BASH, error: "exit 1" }, { kind: "tool_failed", failed: true }],
  ["claude-code", { ...CLAUDE, hook_event_name: "UserPromptSubmit", prompt: "say hello" }, { kind: "before_prompt", tool: null, actionHash: null }],
  ["claude-code", { ...CLAUDE, hook_event_name: "SubagentStart", agent_id: "a1", agent_type: "Explore" }, { kind: "before_subagent", subagent: "a1" }],
  ["claude-code", { ...CLAUDE, hook_event_name: "Stop", last_assistant_message: "Done." }, { kind: "other", name: "Stop" }],
  ["claude-code", { ...CLAUDE, hook_event_name: "TaskOutput", tool_name: "TaskOutput" }, { kind: "other", polls: true }],
  ["codex", { hook_event_name: "PreToolUse", transcript_path: null, ...BASH }, { kind: "before_tool", home: null }],
  ["codex", { hook_event_name: "SessionEnd" }, { kind: "session_end" }],
  ["gemini-cli", { ...GEMINI, hook_event_name: "BeforeTool" }, { kind: "before_tool", callId: null, home: "/home/dev" }],
  ["gemini-cli", { ...GEMINI, hook_event_name: "AfterTool", tool_response: { llmContent: "hello" } }, { kind: "after_tool", failed: false }],
  ["gemini-cli", { ...GEMINI, hook_event_name: "AfterTool", tool_response: { llmContent: "", error: { message: "no" } } }, { failed: true }],
  ["gemini-cli", { ...GEMINI, hook_event_name: "BeforeAgent", prompt: "hi" }, { kind: "before_prompt" }],
  ["gemini-cli", { ...GEMINI, hook_event_name: "toString" }, { kind: "other", name: "toString" }],
])("%s %o", (program, sent, expected) => expect(read(program, sent)).toMatchObject(expected)); // prettier-ignore

describe("what is the same call", () => {
  const hash = (tool_input: unknown, tool_name = "Bash") =>
    read("claude-code", { hook_event_name: "PreToolUse", tool_name, tool_input }).actionHash;
  test.each([
    ["other words for it", { command: "ls", description: "List" }, { command: "ls", description: "Show files" }, true],
    ["another order", { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ["other arguments", { command: "ls" }, { command: "ls -a" }, false],
    ["none and null", undefined, null, true],
    ["a list", [1, 2], [2, 1], false],
  ])("%s", (_, a, b, same) => expect(hash(a) === hash(b)).toBe(same));
  test("another tool", () => expect(hash({ path: "x" }, "Read")).not.toBe(hash({ path: "x" }, "Write")));
});

test("content is hashed or left out", () => {
  const event = read("claude-code", { ...CLAUDE, hook_event_name: "PostToolUse", ...BASH, prompt: "SECRET-1", tool_input: { command: "SECRET-2" }, tool_response: { stdout: "SECRET-3" } }); // prettier-ignore
  expect(JSON.stringify(event)).not.toContain("SECRET");
});

const directive: InForce = { version: 3, hash: "h", status: "quarantined", revokedTools: [], reason: "8 identical calls in a row", incidentId: "inc_1" }; // prettier-ignore
const free: Subject = {
  agentId: "a",
  directive: null,
  mode: "act",
  globalStop: false,
  streak: null,
  budget: { kind: "go" },
};
const streak = (calls: number) => ({ hash: "h", callId: null, calls });
const before = read("claude-code", { hook_event_name: "PreToolUse", ...BASH });

test.each<[string, HookEvent, Partial<Subject>, string | null]>([
  ["nothing stands", before, {}, null],
  ["held", before, { directive }, "directive"],
  ["paused", before, { directive: { ...directive, status: "paused" } }, "directive"],
  ["held, whatever the mode now", before, { directive, mode: "observe", globalStop: true }, "directive"],
  ["a prompt while held", read("codex", { hook_event_name: "UserPromptSubmit" }), { directive }, "directive"],
  ["a sub-agent while held", read("codex", { hook_event_name: "SubagentStart" }), { directive }, "directive"],
  ["what only tells", read("claude-code", { hook_event_name: "PostToolUse", ...BASH }), { directive }, null],
  ["released", before, { directive: { ...directive, status: "run" } }, null],
  ["a revoked tool", before, { directive: { ...directive, status: "run", revokedTools: ["Bash"] } }, "directive"],
  ["another tool", before, { directive: { ...directive, status: "run", revokedTools: ["Write"] } }, null],
  [
    "a budget that is used up",
    before,
    {
      budget: {
        kind: "hold",
        atLimit: "stop",
        reason: "the budget of the fleet is used up",
        budgetId: "b",
        incidentId: null,
      },
    },
    "budget",
  ],
  ["one call too few", before, { streak: streak(IDENTICAL_CALLS - 1) }, null],
  ["a loop", before, { streak: streak(IDENTICAL_CALLS) }, "breaker"],
  ["a loop that is only observed", before, { streak: streak(20), mode: "observe" }, null],
  ["a loop, where a person decides", before, { streak: streak(20), mode: "recommend" }, null],
  ["a loop under the global stop", before, { streak: streak(20), globalStop: true }, null],
])("%s", (_, event, subject, by) => {
  const verdict = verdictFor(event, { ...free, ...subject });
  expect(verdict.kind === "deny" ? verdict.by : null).toBe(by);
});

test("the reason says what is known and where to decide", () => {
  const held = verdictFor(before, { ...free, directive });
  const loop = verdictFor(before, { ...free, streak: streak(8) });
  if (held.kind !== "deny" || loop.kind !== "deny") throw new Error("let through");
  expect(reasonFor(held, "a", "https://s.test")).toBe(
    "Held by Sentinel: 8 identical calls in a row. Decide at https://s.test/incidents/inc_1",
  );
  expect(reasonFor(loop, "claude-code:ada@x:shop", "https://s.test")).toMatch(/agents\/claude-code%3Aada%40x%3Ashop$/);
  expect(reasonFor(loop, null, "https://s.test")).toMatch(/agents$/);
});

test.each<[HookProgram, string, object]>([
  ["claude-code", "PreToolUse", { continue: false, stopReason: "R", hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "deny", permissionDecisionReason: "R" } }],
  ["claude-code", "UserPromptSubmit", { continue: false, stopReason: "R", decision: "block", reason: "R" }],
  ["codex", "PreToolUse", { hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "deny", permissionDecisionReason: "R" } }],
  ["codex", "UserPromptSubmit", { continue: false, stopReason: "R", decision: "block", reason: "R" }],
  ["codex", "SubagentStart", { continue: false, stopReason: "R" }],
  ["gemini-cli", "BeforeTool", { decision: "deny", reason: "R", continue: false, stopReason: "R" }],
])("%s is refused %s in its own words", (program, hook_event_name, answer) =>
  expect(DIALECTS[program].deny(read(program, { hook_event_name }), "R")).toEqual(answer)); // prettier-ignore
