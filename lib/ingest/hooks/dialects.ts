import { hash } from "node:crypto";
import type { HookAnswer, HookBody, HookProgram } from "@/lib/contracts/hooks";

/** What a hook asks or tells, whatever the program calls it. `other`: known by its name alone. */
export type HookKind =
  | "before_tool"
  | "after_tool"
  | "tool_failed"
  | "before_prompt"
  | "before_subagent"
  | "session_end"
  | "other";

/** One hook, without its content: arguments and results are hashes here. */
export interface HookEvent {
  program: HookProgram;
  /** As the program calls it. */
  name: string;
  kind: HookKind;
  session: string;
  /** The sub-agent of the session that asks; null: the session itself. */
  subagent: string | null;
  tool: string | null;
  /** The program's id of the call; null where it gives none. */
  callId: string | null;
  /** The same for the same tool with the same arguments. */
  actionHash: string | null;
  resultHash: string | null;
  failed: boolean;
  durationMs: number | null;
  /** What the agent may do without asking its user, and how hard its model is told to think, as the program calls them. */
  permissionMode: string | null;
  effort: string | null;
  /** The tool waits or polls: to call it again with the same arguments is what it is for. */
  polls: boolean;
  /** Whose folder the program runs from, and where it works. */
  home: string | null;
  cwd: string | null;
}

interface Dialect {
  /** What its telemetry calls the program, as far as that is known without any. */
  type: string;
  kinds: Readonly<Record<string, HookKind>>;
  /** Arguments that say nothing of what a call does: models word them anew each time. */
  ignored: ReadonlySet<string>;
  polls: ReadonlySet<string>;
  /** Refuses what was asked, in the program's words. */
  deny: (event: HookEvent, reason: string) => HookAnswer;
}

/** Claude Code's and Codex's form of a refusal before a tool call. */
const denied = ({ name }: HookEvent, reason: string): HookAnswer => ({
  hookSpecificOutput: { hookEventName: name, permissionDecision: "deny", permissionDecisionReason: reason },
});
const blocked = (reason: string): HookAnswer => ({ decision: "block", reason });

/** Claude Code 2.1, Codex 0.171 and Gemini CLI 0.61, by their documentation and as they were seen to send. */
export const DIALECTS: Readonly<Record<HookProgram, Dialect>> = {
  "claude-code": {
    type: "claude-code",
    kinds: {
      PreToolUse: "before_tool",
      PostToolUse: "after_tool",
      PostToolUseFailure: "tool_failed",
      UserPromptSubmit: "before_prompt",
      SubagentStart: "before_subagent",
      SessionEnd: "session_end",
    },
    ignored: new Set(["description", "timeout"]),
    polls: new Set(["BashOutput", "TaskOutput", "AgentOutputTool", "Monitor", "TaskList", "TaskGet"]),
    // `continue: false` ends the turn: a model that is only refused asks again, and each time is a model call.
    deny: (event, reason) => ({
      continue: false,
      stopReason: reason,
      ...(event.kind === "before_tool" ? denied(event, reason) : blocked(reason)),
    }),
  },
  codex: {
    type: "codex-cli",
    kinds: {
      PreToolUse: "before_tool",
      PostToolUse: "after_tool",
      UserPromptSubmit: "before_prompt",
      SubagentStart: "before_subagent",
      SessionEnd: "session_end",
    },
    ignored: new Set(["justification", "description"]),
    polls: new Set(["write_stdin", "wait", "wait_agent"]),
    // Before a tool call Codex takes an answer that holds `continue` for a failed hook, and lets the call through.
    deny: (event, reason) =>
      event.kind === "before_tool"
        ? denied(event, reason)
        : { continue: false, stopReason: reason, ...(event.kind === "before_prompt" ? blocked(reason) : {}) },
  },
  "gemini-cli": {
    type: "gemini-cli",
    kinds: {
      BeforeTool: "before_tool",
      AfterTool: "after_tool",
      BeforeAgent: "before_prompt",
      SessionEnd: "session_end",
    },
    ignored: new Set(["description"]),
    polls: new Set(),
    // `deny` as well, since an agent that is only stopped keeps the prompt and would begin with it later.
    deny: (_event, reason) => ({ decision: "deny", reason, continue: false, stopReason: reason }),
  },
};

/** A hook as the program sent it, read. */
export function readHook(program: HookProgram, body: HookBody): HookEvent {
  const { kinds, ignored, polls } = DIALECTS[program];
  const name = body.hook_event_name;
  const kind = Object.hasOwn(kinds, name) ? kinds[name]! : "other";
  const tool = body.tool_name || null;
  return {
    program,
    name,
    kind,
    session: body.session_id,
    subagent: body.agent_id || null,
    tool,
    callId: body.tool_use_id || null,
    actionHash: tool === null ? null : hashOf([tool, without(body.tool_input, ignored)]),
    resultHash: body.tool_response === undefined ? null : hashOf(body.tool_response),
    failed: kind === "tool_failed" || failedIn(body.tool_response),
    durationMs: body.duration_ms ?? null,
    permissionMode: textOf(body.permission_mode),
    effort: textOf(body.effort) ?? textOf(fieldOf(body.effort, "level")),
    polls: tool !== null && polls.has(tool),
    home: homeOf(body.transcript_path ?? null),
    cwd: body.cwd ?? null,
  };
}

const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;

/** Gemini CLI says in the result of a call that it failed. */
const failedIn = (result: unknown): boolean =>
  typeof result === "object" && result !== null && "error" in result && Boolean(result.error);

function without(input: unknown, names: ReadonlySet<string>): unknown {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return input ?? null;
  return Object.fromEntries(
    Object.entries(input)
      .filter(([name]) => !names.has(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** 64 bits of SHA-256. A program writes the same arguments in the same order; those of the outermost level are sorted. */
export const hashOf = (value: unknown): string => hash("sha256", JSON.stringify(value), "hex").slice(0, 16);

/** `/home/ada` of `/home/ada/.claude/projects/…`: transcripts lie below the folder of whoever runs the program. */
function homeOf(transcript: string | null): string | null {
  const at = transcript?.search(/[/\\]\.(?:claude|codex|gemini)[/\\]/) ?? -1;
  return at > 0 ? transcript!.slice(0, at) : null;
}
