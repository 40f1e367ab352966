import { z } from "zod";
import { resource } from "./endpoint";
import { EVENT_LIMITS } from "./event";
import { PATHS } from "./paths";

/** Programs whose hooks ask before a tool call runs. Each has a dialect in lib/ingest/hooks/dialects.ts. */
export const HOOK_PROGRAMS = ["claude-code", "codex", "gemini-cli"] as const;
export type HookProgram = (typeof HOOK_PROGRAMS)[number];
/** What stands for an SDK's version where a program's own hooks ask before each call. */
export const HOOKS_VERSION = "hooks-1";

/** Bytes of one hook: what a tool read may be in it, which is hashed and dropped. */
export const HOOK_BODY_BYTES = 4_000_000;
/** Who runs the program, as its settings fill it in: `ada@laptop`. */
export const USER_HEADER = "x-sentinel-user";
/** Whose budget a session counts towards, as its settings fill it in, where its telemetry names no team. */
export const TEAM_HEADER = "x-sentinel-team";

const text = z.string().min(1).max(EVENT_LIMITS.name);

/** What is read of a hook. Arguments and results are hashed; they and prompts are kept, redacted, only where the key stores content. */
export const HookBody = z
  .looseObject({
    session_id: text,
    hook_event_name: text,
    cwd: z.string().nullish(),
    transcript_path: z.string().nullish(),
    model: z.string().nullish(),
    agent_id: z.string().nullish().describe("the sub-agent, if a sub-agent of the session made the call"),
    tool_name: z.string().nullish(),
    tool_use_id: z.string().nullish(),
    tool_input: z.unknown().optional(),
    tool_response: z.unknown().optional(),
    duration_ms: z.number().nullish(),
    prompt: z.unknown().optional(),
    // Looked at only where they are what the program's documentation says: a hook is answered whatever they are.
    permission_mode: z.unknown().optional(),
    effort: z.unknown().optional(),
  })
  .meta({ id: "HookBody", description: "What the program sends to a hook, unchanged" });
export type HookBody = z.infer<typeof HookBody>;

export const HookAnswer = z
  .looseObject({})
  .meta({ id: "HookAnswer", description: "In the program's own format; empty: proceed" });
export type HookAnswer = z.infer<typeof HookAnswer>;

export const HOOK = resource(PATHS.HOOK, {
  POST: {
    auth: "ingestKey",
    scope: "events",
    summary:
      "Answers a coding agent's hook: proceed, or held, with the reason. Programs that cannot send headers use /hooks/{ingest key}/…",
    params: z.object({ program: z.enum(HOOK_PROGRAMS) }),
    body: HookBody,
    maxBytes: HOOK_BODY_BYTES,
    response: HookAnswer,
  },
});
