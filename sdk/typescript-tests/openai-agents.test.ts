import { Agent, type Model, type ModelRequest, Runner, tool, Usage } from "@openai/agents";
import { type Guard } from "@sentinel/agents";
import { guarded } from "@sentinel/agents/openai-agents";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Begin, Play, Tool, Turn } from "./bench.js";
import { levels } from "./levels.js";
import { misbehaviours, SYSTEM } from "./misbehaviours.js";

const MOST_TURNS = 30;
let sent: string[] = [];

function scripted(turns: Turn[]): Model {
  let next = 0;
  function answer(request: ModelRequest) {
    sent.push(request.systemInstructions ?? "");
    const turn = turns[next++] ?? { say: "the script is over" };
    if ("look" in turn)
      return { type: "function_call", callId: `c${next}`, name: "lookup", status: "completed", arguments: JSON.stringify({ q: turn.look }) } as const; // prettier-ignore
    return { type: "message", role: "assistant", status: "completed", content: [{ type: "output_text", text: turn.say }] } as const; // prettier-ignore
  }
  return {
    getResponse: async (request) => ({
      usage: new Usage({ inputTokens: 10, outputTokens: 5, totalTokens: 15 }),
      output: [answer(request) as never],
    }),
    async *getStreamedResponse(request) {
      const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
      yield { type: "response_done", response: { id: `r${next}`, usage, output: [answer(request) as never] } };
    },
  };
}

function agentOf(guard: Guard | null, turns: Turn[], work: Tool, named = false) {
  sent = [];
  const lookup = tool({ name: "lookup", description: "looks up", parameters: z.object({ q: z.string() }), execute: async ({ q }, _context, details) => work(q, details?.signal) }); // prettier-ignore
  const model = scripted(turns);
  const agent = new Agent({ name: "agent", instructions: SYSTEM, model: named ? "scripted" : model, tools: [lookup] });
  return { agent: guard ? guarded(agent, guard, { provider: { getModel: () => model } }) : agent, model };
}
const inRun = <T>(guard: Guard | null, work: () => Promise<T>, begin?: Begin) =>
  guard ? guard.run(work, begin) : work();

const plain: Play = (guard, turns, work, begin) =>
  inRun(
    guard,
    async () => {
      const { agent, model } = agentOf(guard, turns, work, true);
      const runner = new Runner({ tracingDisabled: true, modelProvider: { getModel: () => model } });
      return String((await runner.run(agent, "go", { maxTurns: MOST_TURNS })).finalOutput);
    },
    begin,
  );

const streamed: Play = (guard, turns, work, begin) =>
  inRun(
    guard,
    async () => {
      const runner = new Runner({ tracingDisabled: true });
      const result = await runner.run(agentOf(guard, turns, work).agent, "go", { stream: true, maxTurns: MOST_TURNS });
      for await (const _ of result);
      await result.completed;
      return String(result.finalOutput);
    },
    begin,
  );

describe("OpenAI Agents SDK", () => {
  misbehaviours({ play: plain, prompts: () => sent });
  levels({ play: plain });

  it("asks for a provider where the model is named by a string", () => {
    const guard = {} as Guard;
    expect(() => guarded(new Agent({ name: "x", model: "gpt-5" }), guard)).toThrow("the model of agent x is given as a string"); // prettier-ignore
  });
});

describe("OpenAI Agents SDK, streamed", () => {
  misbehaviours({ play: streamed, prompts: () => sent });
  levels({ play: streamed });
});
