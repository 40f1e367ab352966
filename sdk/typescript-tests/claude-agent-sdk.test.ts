import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSdkMcpServer, query, tool } from "@anthropic-ai/claude-agent-sdk";
import type { Guard } from "@sentinel/agents";
import { sentinelHooks } from "@sentinel/agents/claude-agent-sdk";
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { z } from "zod";
import type { Begin, Tool, Turn } from "./bench.js";
import { levels } from "./levels.js";
import { misbehaviours, SYSTEM } from "./misbehaviours.js";

/** The Claude Code program, which the package drives; `run.ts` says where. */
const PROGRAM = process.env["CLAUDE_CODE"] ?? "";
const TOOL = "mcp__look__lookup";
/** Of the program's own: a script has no further. */
const MOST_TURNS = 30;

/** Anthropic's messages API, streamed, playing a script: what has no tools is one of the program's own side calls. */
let turns: Turn[] = [];
let next = 0;
let server: Server;
let home: string;

function answer(hasTools: boolean): object[] {
  const turn = hasTools ? (turns[next++] ?? { say: "the script is over" }) : { say: "a title" };
  const [block, delta, stop] =
    "say" in turn
      ? [{ type: "text", text: "" }, { type: "text_delta", text: turn.say }, "end_turn"]
      : [
          { type: "tool_use", id: `toolu_${next}_${Date.now()}`, name: TOOL, input: {} },
          { type: "input_json_delta", partial_json: JSON.stringify({ q: turn.look }) },
          "tool_use",
        ];
  const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
  const message = { id: `msg_${next}_${Math.random()}`, type: "message", role: "assistant", model: "claude-sonnet-4-5", content: [], stop_reason: null, stop_sequence: null, usage }; // prettier-ignore
  return [
    { type: "message_start", message },
    { type: "content_block_start", index: 0, content_block: block },
    { type: "content_block_delta", index: 0, delta },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 5 } },
    { type: "message_stop" },
  ];
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "sentinel-claude-"));
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method !== "POST" || (!request.url?.startsWith("/v1/messages?") && request.url !== "/v1/messages"))
        return response.writeHead(request.method === "POST" ? 404 : 200).end();
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { tools?: object[]; stream?: boolean };
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const event of answer((body.tools ?? []).length > 0))
        response.write(`event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`);
      return response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
beforeEach(() => sessions.clear());
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(home, { recursive: true, force: true });
});

/** The sessions that threads of the tests are. */
const sessions = new Map<string, string>();

async function play(guard: Guard | null, script: Turn[], work: Tool, { threadId }: Begin = {}): Promise<string> {
  turns = script;
  next = 0;
  const watched = guard && sentinelHooks(guard);
  const lookup = tool("lookup", "looks up", { q: z.string() }, async ({ q }) => {
    const found = await work(q);
    return { content: [{ type: "text" as const, text: found }] };
  });
  const messages = query({
    prompt: "go",
    options: {
      pathToClaudeCodeExecutable: PROGRAM,
      cwd: home,
      env: {
        PATH: process.env["PATH"],
        HOME: home,
        ANTHROPIC_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        ANTHROPIC_API_KEY: "test-key",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      },
      systemPrompt: SYSTEM,
      model: "claude-sonnet-4-5",
      settingSources: [],
      tools: [],
      mcpServers: { look: createSdkMcpServer({ name: "look", tools: [lookup] }) },
      allowedTools: [TOOL],
      maxTurns: MOST_TURNS,
      ...(threadId && sessions.has(threadId) && { resume: sessions.get(threadId) }),
      ...(watched && { hooks: watched.hooks }),
    },
  });
  const said: string[] = [];
  for await (const m of watched ? watched.watch(messages) : messages) {
    if (m.type !== "result") continue;
    if (threadId) sessions.set(threadId, m.session_id);
    said.push(m.subtype === "success" ? m.result : m.subtype, watched?.hold(m.session_id)?.message ?? "");
  }
  return said.join(" ");
}

describe.skipIf(!existsSync(PROGRAM))("Claude Agent SDK", () => {
  misbehaviours({ play, usageOfCalls: false, toolName: TOOL });
  // Its program has the call in hand: nothing but its end is heard of it.
  levels({ play, toolName: TOOL, callsOff: false });
});
