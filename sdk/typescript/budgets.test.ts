import { createAgent, fakeModel, HumanMessage, tool, ToolMessage } from "langchain";
import { AIMessage } from "@langchain/core/messages";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { usedUp } from "./budgets.js";
import { type FakeSentinel, startFakeSentinel } from "./fake-sentinel.js";
import { createGuard } from "./guard.js";
import { sentinel, type SentinelOptions } from "./langchain/index.js";
import { createRuns, use } from "./runs.js";
import type { Guard } from "./seat.js";
import { createTrees } from "./trees.js";
import type { Budget } from "./wire.js";

const budget = (more: Partial<Budget>): Budget => ({
  id: "b",
  measure: "usd",
  limit: 2,
  at_limit: "stop",
  more: {},
  ...more,
});

describe("what a run has used up", () => {
  const run = (more: object) => Object.assign(createRuns(() => 0, createTrees()).start({ runId: "r" }), more);
  it.each<[string, Partial<Budget>, object, "model" | "tool", string | null]>([
    ["money", {}, { cost: 2 }, "model", "this run has used up its budget of $2.00"],
    ["money, before a tool as well", {}, { cost: 2.1 }, "tool", "this run has used up its budget of $2.00"],
    ["not quite", {}, { cost: 1.99 }, "model", null],
    ["a cost that nobody knows is not 0, and holds nothing either", {}, {}, "model", null],
    ["more was allowed", { more: { r: 3 } }, { cost: 4.9 }, "model", null],
    ["to another run", { more: { q: 3 } }, { cost: 4.9 }, "model", "this run has used up its budget of $2.00"],
    ["tokens, of which one side is known", { measure: "tokens", limit: 10 }, { outputTokens: 10 }, "model", "this run has used up its budget of 10 tokens"],
    ["model calls", { measure: "model_calls", limit: 3 }, { modelCalls: 3 }, "model", "this run has used up its budget of 3 model calls"],
    ["model calls let tools finish", { measure: "model_calls", limit: 3 }, { modelCalls: 3 }, "tool", null],
    ["tool calls", { measure: "tool_calls", limit: 3 }, { toolCalls: 3 }, "tool", "this run has used up its budget of 3 tool calls"],
    ["tool calls let the model answer", { measure: "tool_calls", limit: 3 }, { toolCalls: 3 }, "model", null],
    ["wall time", { measure: "wall_seconds", limit: 5 }, {}, "model", "this run has used up its budget of 5 s"],
  ])("%s", (_, of, used, next, reason) =>
    expect(usedUp({ runs: [budget(of)], trees: [] }, run(used), next, 5_000)?.reason ?? null).toBe(reason),
  ); // prettier-ignore
});

it("sums of money have no rounding errors: a budget that is met exactly is used up", () => {
  const dimes = fc.array(fc.integer({ min: 1, max: 1_000_000_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(dimes, fc.nat(), (nano, at) => {
      const run = createRuns(() => 0, createTrees()).start({ runId: "r" });
      // In dollars, as prices give them; the limit is in two parts, as after a grant.
      const whole = nano.reduce((sum, n) => sum + n, 0);
      const granted = at % whole;
      const one = budget({ limit: (whole - granted) / 1e9, more: { r: granted / 1e9 } });
      const isUsedUp = () => usedUp({ runs: [one], trees: [] }, run, "model", 0) !== null;
      for (const n of nano) {
        expect(isUsedUp()).toBe(false);
        use(run, { cost: n / 1e9 });
      }
      expect(isUsedUp()).toBe(true);
    }),
  );
});

describe("a guard", () => {
  let server: FakeSentinel;
  let guards: Guard[] = [];
  beforeEach(async () => (server = await startFakeSentinel()));
  afterEach(async () => {
    await Promise.all(guards.map((guard) => guard.close(10)));
    guards = [];
    await server.stop();
  });
  const watch = (more: Partial<SentinelOptions> = {}) => {
    const made = sentinel({ agentId: "a", url: server.url, key: server.key, flushMs: 5, retryMinMs: 5, retryMaxMs: 20, ...more } as SentinelOptions); // prettier-ignore
    guards.push(made.guard);
    return made;
  };
  const ask = tool(async () => "found", {
    name: "lookup",
    description: "looks up",
    schema: z.object({ q: z.string() }),
  });
  const again = () => ({ name: "lookup", args: { q: "x" }, id: `c-${Math.random()}` });
  const looping = () => Array.from({ length: 6 }).reduce<ReturnType<typeof fakeModel>>((m) => m.respondWithTools([again()]), fakeModel()).respond(new AIMessage("done")); // prettier-ignore

  it("ends a run at its budget of model calls", async () => {
    server.direct("a", { budgets: [budget({ measure: "model_calls", limit: 3 })] });
    const model = looping();
    const s = watch();
    const agent = createAgent({ model, tools: [ask], middleware: [s] });
    const { messages } = await agent.invoke({ messages: [new HumanMessage("go")] });
    expect(model.callCount).toBe(3);
    expect(messages.at(-1)?.text).toBe("Stopped by Sentinel: this run has used up its budget of 3 model calls.");
    expect(messages.filter((m) => ToolMessage.isInstance(m))).toHaveLength(3);
    await s.guard.flush();
    expect(server.of("a", "run_end").map((e) => e.outcome)).toEqual(["limited"]);
  });

  it("waits while a person is asked, and the same run goes on when there is more", async () => {
    server.direct("a", { budgets: [budget({ measure: "model_calls", limit: 2, at_limit: "pause_and_ask" })] });
    const model = looping();
    const agent = createAgent({ model, tools: [ask], middleware: [watch({ pollSeconds: 1 })] });
    const running = agent.invoke({ messages: [new HumanMessage("go")] });
    await server.until(() => server.of("a", "tool_call").length === 2);
    const run = server.of("a", "tool_call")[0]!.run_id!;
    expect(model.callCount).toBe(2);
    server.direct("a", { budgets: [budget({ measure: "model_calls", limit: 2, at_limit: "pause_and_ask", more: { [run]: 10 } })] }); // prettier-ignore
    const { messages } = await running;
    expect([model.callCount, messages.at(-1)?.text]).toEqual([7, "done"]);
  });

  it("ends it when nobody answers within the pause budget", async () => {
    server.direct("a", { budgets: [budget({ measure: "model_calls", limit: 1, at_limit: "pause_and_ask" })] });
    const model = looping();
    const agent = createAgent({ model, tools: [ask], middleware: [watch({ pauseBudgetMs: 50 })] });
    const { messages } = await agent.invoke({ messages: [new HumanMessage("go")] });
    expect([model.callCount, messages.at(-1)?.text]).toEqual([1, "Stopped by Sentinel: this run has used up its budget of 1 model calls."]); // prettier-ignore
  });

  it("holds a budget when Sentinel is gone and the lease has ended, whatever holds otherwise", async () => {
    server.direct("a", { lease_seconds: 1, revoked_tools: ["lookup"], budgets: [budget({})] });
    const guard = createGuard({ agentId: "a", url: server.url, key: server.key, retryMinMs: 5, retryMaxMs: 20, whenUnreachable: "open" }); // prettier-ignore
    guards.push(guard);
    await guard.passGate();
    await server.stop();
    await expect.poll(() => guard.restrictions().revokedTools.size, { timeout: 10_000 }).toBe(0);
    const run = guard.beginRun();
    guard.afterModel(await guard.beforeModel({ run }), { cost: 2.5 });
    await expect(guard.beforeModel({ run })).rejects.toMatchObject({ kind: "capped", reason: "this run has used up its budget of $2.00" }); // prettier-ignore
  });
});
