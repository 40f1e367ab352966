import { type Guard } from "@sentinel/agents";
import { guardedTools, sentinelMiddleware } from "@sentinel/agents/ai-sdk";
import { generateText, stepCountIs, streamText, tool, type ToolSet, wrapLanguageModel } from "ai";
import { MockLanguageModelV3, simulateReadableStream } from "ai/test";
import { describe } from "vitest";
import { z } from "zod";
import type { Begin, Play, Tool, Turn } from "./bench.js";
import { levels } from "./levels.js";
import { misbehaviours, SYSTEM } from "./misbehaviours.js";

const MOST_STEPS = 30;
const usage = {
  inputTokens: { total: 10, noCache: 10, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 5, text: 5, reasoning: undefined },
};

type Content = Extract<Awaited<ReturnType<MockLanguageModelV3["doGenerate"]>>["content"][number], { type: "text" | "tool-call" }>; // prettier-ignore

function scripted(turns: Turn[]) {
  let next = 0;
  const content = (): Content => {
    const turn = turns[next++] ?? { say: "the script is over" };
    if ("say" in turn) return { type: "text", text: turn.say };
    return { type: "tool-call", toolCallId: `c${next}`, toolName: "lookup", input: JSON.stringify({ q: turn.look }) };
  };
  const finish = (c: Content) => ({ unified: c.type === "text" ? "stop" : "tool-calls", raw: undefined }) as const;
  return new MockLanguageModelV3({
    modelId: "scripted",
    doGenerate: async () => {
      const c = content();
      return { content: [c], finishReason: finish(c), usage, warnings: [] };
    },
    doStream: async () => {
      const c = content();
      const parts = c.type === "text" ? [{ type: "text-start", id: "1" }, { type: "text-delta", id: "1", delta: c.text }, { type: "text-end", id: "1" }] as const : [c]; // prettier-ignore
      return {
        stream: simulateReadableStream({
          chunks: [
            { type: "stream-start", warnings: [] },
            ...parts,
            { type: "finish", usage, finishReason: finish(c) },
          ],
          initialDelayInMs: null,
          chunkDelayInMs: null,
        }),
      };
    },
  });
}

let model: MockLanguageModelV3;
const systemOf = (calls: { prompt: { role: string; content: unknown }[] }[]) =>
  calls.flatMap(({ prompt }) => prompt.filter(({ role }) => role === "system").map(({ content }) => String(content)));

function parts(guard: Guard | null, turns: Turn[], work: Tool) {
  model = scripted(turns);
  const tools: ToolSet = {
    lookup: tool({
      description: "looks up",
      inputSchema: z.object({ q: z.string() }),
      execute: async ({ q }, { abortSignal }) => work(q, abortSignal),
    }),
  };
  return {
    model: guard ? wrapLanguageModel({ model, middleware: sentinelMiddleware(guard) }) : model,
    tools: guard ? guardedTools(tools, guard) : tools,
    system: SYSTEM,
    prompt: "go",
    stopWhen: stepCountIs(MOST_STEPS),
  };
}
const inRun = <T>(guard: Guard | null, work: () => Promise<T>, begin?: Begin) =>
  guard ? guard.run(work, begin) : work();

const generated: Play = (guard, turns, work, begin) =>
  inRun(guard, async () => (await generateText(parts(guard, turns, work))).text, begin);

const streamed: Play = (guard, turns, work, begin) =>
  inRun(
    guard,
    async () => {
      let answer = "";
      const { fullStream } = streamText({ ...parts(guard, turns, work), onError() {} });
      for await (const part of fullStream) {
        if (part.type === "error") throw part.error;
        if (part.type === "text-delta") answer += part.text;
      }
      return answer;
    },
    begin,
  );

describe("Vercel AI SDK, generateText", () => {
  misbehaviours({ play: generated, prompts: () => systemOf(model.doGenerateCalls) });
  levels({ play: generated });
});

describe("Vercel AI SDK, streamText", () => {
  misbehaviours({ play: streamed, prompts: () => systemOf(model.doStreamCalls) });
  levels({ play: streamed });
});
