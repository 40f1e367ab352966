import { describe, expect, test } from "vitest";
import { type ContentKind } from "@/lib/core/base/vocabulary";
import { storedContent } from "@/lib/core/evidence/content";
import { encode } from "./encode-fixture";
import { read } from "./read";
import type { Signal } from "./shape";

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const struct = (key: string, value: object) => ({ key, value });
const span = (...attributes: object[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [text("service.name", "bot")] },
      scopeSpans: [
        {
          scope: { name: "s" },
          spans: [
            {
              traceId: "5b8efff798038103d269b633813fc60c",
              spanId: "eee19b7ec3c1b174",
              name: "x",
              kind: 1,
              startTimeUnixNano: "1795788178500000000",
              endTimeUnixNano: "1795788179000000000",
              attributes,
            },
          ],
        },
      ],
    },
  ],
});
const log = (program: string, record: object) => ({
  resourceLogs: [
    {
      resource: { attributes: [text("service.name", program)] },
      scopeLogs: [{ scope: { name: "s" }, logRecords: [{ timeUnixNano: "1795788179000000000", ...record }] }],
    },
  ],
});
const chat = text("gen_ai.operation.name", "chat");
const tool = text("gen_ai.operation.name", "execute_tool");
const messages = {
  arrayValue: {
    values: [
      {
        kvlistValue: {
          values: [text("role", "user"), struct("parts", { arrayValue: { values: [{ stringValue: "hi" }] } })],
        },
      },
    ],
  },
};

/** What both encodings hold of content, by kind. */
function contentIn(signal: Signal, body: Record<string, unknown>, content = true) {
  const found = [{ json: body }, encode(signal, body)].map((one) =>
    read(signal, one, { content }).told.map((told) =>
      Object.fromEntries(
        Object.entries(told.content ?? {}).map(([kind, raw]) => [kind as ContentKind, storedContent(raw).text]),
      ),
    ),
  );
  expect(found[1]).toEqual(found[0]);
  return found[0]!;
}

describe("content is read where it is asked for, from both encodings", () => {
  test.each<[string, Signal, Record<string, unknown>, object]>([
    ["GenAI, messages as JSON text", "traces", span(chat, text("gen_ai.input.messages", "[1]"), text("gen_ai.output.messages", "[2]")), { prompt: "[1]", output: "[2]" }],
    ["GenAI, structured messages", "traces", span(chat, struct("gen_ai.input.messages", messages)), { prompt: '[{"role":"user","parts":["hi"]}]' }],
    ["GenAI, a tool", "traces", span(tool, text("gen_ai.tool.call.arguments", "{}"), text("gen_ai.tool.call.result", "ok")), { tool_arguments: "{}", tool_output: "ok" }],
    ["OpenInference", "traces", span(text("openinference.span.kind", "TOOL"), text("input.value", "q"), text("output.value", "a")), { tool_arguments: "q", tool_output: "a" }],
    ["OpenLLMetry, numbered", "traces", span(chat, text("gen_ai.prompt.0.content", "a"), text("gen_ai.prompt.1.content", "b"), text("gen_ai.completion.0.content", "c")), { prompt: "a\nb", output: "c" }],
    ["Vercel AI SDK", "traces", span(text("ai.operationId", "ai.toolCall"), text("ai.toolCall.args", "{}"), text("ai.toolCall.result", "1")), { tool_arguments: "{}", tool_output: "1" }],
    ["Claude Code", "logs", log("claude-code", { attributes: [text("event.name", "user_prompt"), text("session.id", "s"), text("prompt", "do it")] }), { prompt: "do it" }],
    ["Codex", "logs", log("codex_exec", { attributes: [text("event.name", "codex.tool_result"), text("arguments", "ls"), text("output", "a b")] }), { tool_arguments: "ls", tool_output: "a b" }],
    ["a body of the older GenAI events", "logs", log("bot", { eventName: "gen_ai.user.message", body: { kvlistValue: { values: [text("content", "hi")] } } }), { prompt: '{"content":"hi"}' }],
  ])("%s", (_, signal, body, wanted) => {
    expect(contentIn(signal, body)).toEqual([wanted]);
    // Not asked for, nothing of it is anywhere in what was read.
    for (const told of read(signal, { json: body }).told) expect(told).not.toHaveProperty("content");
  }); // prettier-ignore

  test("what nests too deep is left out, and costs no more than its bytes", () => {
    let deep: object = { stringValue: "bottom" };
    for (let i = 0; i < 500; i++) deep = { arrayValue: { values: [deep] } };
    const body = span(chat, struct("gen_ai.input.messages", deep));
    expect(JSON.stringify(contentIn("traces", body))).not.toContain("bottom");
  });
});
