import type { ToolCall } from "./calls.js";
import { notice, refusal, SentinelHold } from "./hold.js";
import { quietly } from "./quietly.js";
import { count, text } from "./reading.js";
import type { Run, RunOutcome } from "./runs.js";
import type { Guard } from "./seat.js";

/** What its hooks are given, as far as it is read. Declared here so that nothing is imported. */
interface HookInput {
  hook_event_name: string;
  session_id: string;
  /** Of a sub-agent. */
  agent_id?: string;
  tool_name?: string;
  tool_input?: unknown;
  tool_use_id?: string;
  tool_response?: unknown;
  is_interrupt?: boolean;
}
interface HookOutput {
  continue?: boolean;
  stopReason?: string;
  decision?: "block";
  reason?: string;
  hookSpecificOutput?: { hookEventName: "PreToolUse"; permissionDecision: "deny"; permissionDecisionReason: string };
}
type Hook = (input: unknown, toolUseId: string | undefined, options: { signal: AbortSignal }) => Promise<HookOutput>;
interface Matcher {
  hooks: Hook[];
  /** Seconds. */
  timeout: number;
}
interface Message {
  type: string;
  session_id?: string;
  parent_tool_use_id?: string | null;
  message?: { id?: string; model?: string; usage?: Record<string, unknown>; content?: unknown };
  is_error?: boolean;
  usage?: Record<string, unknown>;
  total_cost_usd?: unknown;
}

const EVENTS = [
  "UserPromptSubmit",
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "SubagentStart",
  "SubagentStop",
  "Stop",
  "StopFailure",
  "SessionEnd",
] as const;

/** A hook that waits while the agent is paused must outlast that, s: longer than any pause budget in use. */
const HOOK_TIMEOUT_S = 3600;

export interface SentinelHooks {
  /** For `options.hooks` of `query`. Beside hooks of your own: append these to each event's list. */
  hooks: Record<(typeof EVENTS)[number], Matcher[]>;
  /** The messages of `query` as they are; model calls, tokens and cost are read from them. */
  watch<M extends { type: string }>(messages: AsyncIterable<M>): AsyncGenerator<M, void>;
  /** Why the newest prompt of a session was refused or stopped (its result says `hook_stopped` only); null if it was not. */
  hold(sessionId: string): SentinelHold | null;
}

/** Sessions remembered at most; those of long ago have been asked about. */
const MAX_SESSIONS = 1000;

/**
 * Hooks for the Claude Agent SDK: each prompt is a run, and each tool call (of sub-agents as well) asks Sentinel first. A call that may not run is
 * denied with the reason; where the run may not go on, the agent stops. The model's calls are made by the Claude Code program, where no seat
 * is: they are counted, and held by the tool call or prompt after them.
 */
export function sentinelHooks(guard: Guard): SentinelHooks {
  guard.withoutPromptSeat();
  const runs = new Map<string, Run>();
  const calls = new Map<string, ToolCall>();
  const spent = new Map<string, number>();
  const holds = new Map<string, SentinelHold>();
  const seen = new Set<string>();

  const runOf = ({ agent_id, session_id }: HookInput) => runs.get(agent_id ?? session_id) ?? runs.get(session_id);

  function remember<T>(map: Map<string, T>, id: string, value: T) {
    map.delete(id);
    map.set(id, value);
    for (const oldest of map.keys()) {
      if (map.size <= MAX_SESSIONS) break;
      map.delete(oldest);
    }
  }

  function end(id: string, outcome: RunOutcome) {
    const run = runs.get(id);
    runs.delete(id);
    if (run) guard.endRun(run, outcome);
  }

  async function prompt(input: HookInput, signal: AbortSignal): Promise<HookOutput> {
    try {
      await guard.passGate({ signal });
    } catch (hold) {
      if (!(hold instanceof SentinelHold)) throw hold;
      guard.refusedRun();
      remember(holds, input.session_id, hold);
      return { decision: "block", reason: notice(hold) };
    }
    holds.delete(input.session_id);
    end(input.session_id, "success");
    runs.set(input.session_id, guard.beginRun({ threadId: input.session_id }));
    return {};
  }

  async function before(input: HookInput, signal: AbortSignal): Promise<HookOutput> {
    try {
      const run = runOf(input);
      const call = await guard.beforeTool(input.tool_name ?? "unknown", input.tool_input, { run, signal });
      calls.set(input.tool_use_id ?? "", call);
      return {};
    } catch (hold) {
      if (!(hold instanceof SentinelHold)) throw hold;
      if (hold.endsRun) remember(holds, input.session_id, hold);
      const permissionDecisionReason = refusal(hold);
      return {
        ...(hold.endsRun && { continue: false, stopReason: notice(hold) }),
        hookSpecificOutput: { hookEventName: "PreToolUse", permissionDecision: "deny", permissionDecisionReason },
      };
    }
  }

  function after(input: HookInput) {
    const call = calls.get(input.tool_use_id ?? "");
    calls.delete(input.tool_use_id ?? "");
    if (!call) return;
    if (input.is_interrupt) return call.abandon();
    if (input.hook_event_name === "PostToolUseFailure") call.failed();
    guard.afterTool(call, input.tool_response);
  }

  /** A run that has to end does so here: the program would ask the model once more before its next call of a tool. */
  function stopped(input: HookInput): HookOutput {
    const run = runOf(input);
    const hold = run?.condemned;
    if (!hold) return {};
    run.outcome ??= hold.kind === "loop" ? "limited" : "stopped";
    remember(holds, input.session_id, hold);
    return { continue: false, stopReason: notice(hold) };
  }

  const hook: Hook = async (given, _id, { signal }) => {
    const input = given as HookInput;
    switch (input.hook_event_name) {
      case "UserPromptSubmit":
        return prompt(input, signal);
      case "PreToolUse":
        return before(input, signal);
      case "PostToolUse":
      case "PostToolUseFailure":
        quietly(() => after(input));
        return stopped(input);
      case "SubagentStart":
        quietly(() => {
          const parent = runs.get(input.session_id);
          const start = parent && { parentRunId: parent.runId, rootRunId: parent.rootRunId };
          if (input.agent_id) runs.set(input.agent_id, guard.beginRun({ ...start, threadId: input.session_id }));
        });
        break;
      case "SubagentStop":
        quietly(() => end(input.agent_id ?? "", "success"));
        break;
      case "SessionEnd":
        quietly(() => end(input.session_id, "cancelled"));
        break;
    }
    return {};
  };

  function read(m: Message) {
    const run = runs.get(m.session_id ?? "");
    if (!run) return;
    const { id, model, usage, content } = m.message ?? {};
    // One answer of the model comes as several messages, one for each block. Those of a sub-agent are its own.
    if (m.type === "assistant" && id && !m.parent_tool_use_id && !seen.has(id)) {
      seen.add(id);
      const blocks = Array.isArray(content) ? (content as { type?: string }[]) : [];
      guard.sawModel({ run, model: text(model), input_tokens: inputOf(usage), tool_calls: blocks.filter((b) => b.type === "tool_use").length }); // prettier-ignore
    }
    if (m.type !== "result") return;
    const total = count(m.total_cost_usd);
    const before = spent.get(m.session_id ?? "") ?? 0;
    if (total !== undefined) {
      run.cost = Math.max(0, total - before);
      remember(spent, m.session_id ?? "", total);
    }
    run.inputTokens = inputOf(m.usage);
    run.outputTokens = count(m.usage?.["output_tokens"]);
    end(m.session_id ?? "", m.is_error ? "error" : "success");
    seen.clear();
  }

  const matcher = { hooks: [hook], timeout: HOOK_TIMEOUT_S };
  return {
    hooks: Object.fromEntries(EVENTS.map((event) => [event, [matcher]])) as SentinelHooks["hooks"],
    async *watch(messages) {
      for await (const message of messages) {
        quietly(() => read(message as Message));
        yield message;
      }
    },
    hold: (sessionId) => holds.get(sessionId) ?? null,
  };
}

/** With the cached and written ones, which Anthropic's API counts apart. */
function inputOf(usage: Record<string, unknown> | undefined): number | undefined {
  const plain = count(usage?.["input_tokens"]);
  if (plain === undefined) return undefined;
  return (
    plain + (count(usage?.["cache_read_input_tokens"]) ?? 0) + (count(usage?.["cache_creation_input_tokens"]) ?? 0)
  );
}
