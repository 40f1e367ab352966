import { MemorySaver } from "@langchain/langgraph";
import { AIMessage, createAgent, createMiddleware, fakeModel, HumanMessage, tool, ToolMessage } from "langchain";
import { FakeStreamingChatModel } from "@langchain/core/utils/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { AgentEvent } from "@/lib/contracts/event";
import { type FakeSentinel, startFakeSentinel } from "../fake-sentinel.js";
import { hashText } from "../hash.js";
import { sentinel, type SentinelOptions } from "./index.js";

let server: FakeSentinel;
let open: ReturnType<typeof sentinel>[] = [];
const watch = (more: Partial<SentinelOptions> = {}) => {
  const made = sentinel({
    agentId: "a",
    url: server.url,
    key: server.key,
    flushMs: 5,
    retryMinMs: 5,
    retryMaxMs: 20,
    ...more,
  } as SentinelOptions);
  open.push(made);
  return made;
};
/** Opens when told to, so that a test holds a tool call exactly as long as it wants. */
function latch() {
  let release = () => {};
  let enter = () => {};
  const entered = new Promise<void>((resolve) => (enter = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  return { entered, release, wait: () => (enter(), released) };
}
const call = (name: string, args: object = { q: "x" }, id = `call-${Math.random()}`) => ({ name, args, id });
const lookup = (work: () => Promise<string> | string = () => "found", name = "lookup") =>
  tool(async () => work(), { name, description: "looks things up", schema: z.object({ q: z.string() }) });
const hello = { messages: [new HumanMessage("hello")] };
const enforced = (version: number) => () =>
  server.of("a", "heartbeat").some((e) => e.enforced === true && e.directive_version === version);
/** Every tool call of every message has its answer: what a provider demands of a thread. */
function dangling(messages: { getType(): string }[]) {
  const answered = new Set(messages.filter((m) => ToolMessage.isInstance(m)).map((m) => m.tool_call_id));
  return messages
    .filter((m) => AIMessage.isInstance(m))
    .flatMap((m) => m.tool_calls ?? [])
    .filter((c) => !answered.has(c.id ?? ""));
}

beforeEach(async () => (server = await startFakeSentinel()));
afterEach(async () => {
  await Promise.all(open.map((s) => s.guard.close(10)));
  open = [];
  await server.stop();
});

describe("reports", () => {
  it("a run as events that the server's contract accepts, in a growing sequence", async () => {
    const s = watch({
      agentType: "Research",
      promptVersion: "v1",
      prices: { "model-x": { input: 1, output: 2 } },
      sideEffects: { lookup: "read" },
    });
    const usage = {
      input_tokens: 100,
      output_tokens: 10,
      total_tokens: 110,
      input_token_details: { cache_read: 40 },
      output_token_details: { reasoning: 3 },
    };
    const meta = { model_name: "model-x", finish_reason: "stop" };
    const model = fakeModel()
      .respond(
        new AIMessage({
          content: "",
          tool_calls: [{ ...call("lookup"), type: "tool_call" }],
          usage_metadata: usage,
          response_metadata: meta,
        }),
      )
      .respond(new AIMessage({ content: "done", usage_metadata: usage, response_metadata: meta }));
    await createAgent({ model, tools: [lookup()], systemPrompt: "Be brief.", middleware: [s] }).invoke(hello);
    await s.guard.flush();
    const run = server.events.filter((e) => e.run_id);
    expect(run.map((e) => e.kind)).toEqual(["run_start", "model_call", "tool_call", "model_call", "run_end"]);
    for (const event of server.events) AgentEvent.parse(event);
    const sequences = server.events.map((e) => e.sequence ?? -1);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(new Set(sequences).size).toBe(sequences.length);
    expect(run[1]).toMatchObject({
      agent_type: "Research", response_model: "model-x", finish_reason: "stop", success: true, retries: 0, tool_calls: 1, token_count: 110,
      input_tokens: 100, output_tokens: 10, cached_input_tokens: 40, reasoning_tokens: 3, prompt_hash: hashText("Be brief."), prompt_version: "v1",
    }); // prettier-ignore
    expect(run[1]?.cost).toBeCloseTo(120e-6, 12);
    expect(run[1]).not.toHaveProperty("ttft_ms");
    expect(run[2]).toMatchObject({
      tool: "lookup",
      success: true,
      result_bytes: 5,
      result_hash: hashText("found"),
      side_effect: "read",
    });
    expect(run[4]).toMatchObject({
      outcome: "success",
      success: true,
      token_count: 220,
      tool_calls: 1,
      attributes: { model_calls: 2 },
    });
    expect(JSON.stringify(server.requests)).not.toContain("Be brief");
  });
  it("an unknown cost and unknown tokens as missing, not as 0", async () => {
    const s = watch();
    await createAgent({ model: fakeModel().respond(new AIMessage("hi")), tools: [], middleware: [s] }).invoke(hello);
    await s.guard.flush();
    for (const kind of ["model_call", "run_end"] as const)
      for (const field of ["cost", "input_tokens", "token_count"])
        expect(server.of("a", kind)[0]).not.toHaveProperty(field);
  });
  it("the time to the first token where the host streams", async () => {
    const s = watch();
    const model = new FakeStreamingChatModel({ sleep: 5, responses: [new AIMessage("a long enough answer")] });
    const stream = await createAgent({ model, tools: [], middleware: [s] }).stream(hello, { streamMode: "messages" });
    for await (const _ of stream);
    await s.guard.flush();
    const event = server.of("a", "model_call")[0];
    expect(event?.ttft_ms).toBeGreaterThan(0);
    expect(event?.ttft_ms).toBeLessThan(event?.latency_ms ?? 0);
  });
  it("retries of a tool as failures in a row, and shows the error to the model as createAgent does without middleware", async () => {
    const failing = () => {
      throw Object.assign(new Error("secret detail"), { status: 503 });
    };
    const script = () =>
      fakeModel()
        .respondWithTools([call("lookup")])
        .respondWithTools([call("lookup")])
        .respond(new AIMessage("gave up"));
    const plain = await createAgent({ model: script(), tools: [lookup(failing)] }).invoke(hello);
    const s = watch();
    const watched = await createAgent({ model: script(), tools: [lookup(failing)], middleware: [s] }).invoke(hello);
    expect(watched.messages.map((m) => m.text)).toEqual(plain.messages.map((m) => m.text));
    await s.guard.flush();
    expect(server.of("a", "tool_call").map((e) => [e.success, e.retries, e.http_status])).toEqual([[false, 0, 503], [false, 1, 503]]); // prettier-ignore
    expect(JSON.stringify(server.requests)).not.toContain("secret detail");
  });
  it("a failed model call, throws the host's own error on, and ends the run as an error", async () => {
    const s = watch();
    const agent = createAgent({ model: fakeModel().respond(new TypeError("no model")), tools: [], middleware: [s] });
    await expect(agent.invoke(hello)).rejects.toThrow("no model");
    await server.until(() => server.of("a", "run_end").length === 1);
    expect(server.of("a", "model_call")[0]).toMatchObject({ success: false, error_type: "TypeError" });
    expect(server.of("a", "run_end")[0]).toMatchObject({ outcome: "error", success: false });
  });
  it("a run that LangGraph's recursion limit ends, as an error", async () => {
    const s = watch();
    let model = fakeModel();
    for (let i = 0; i < 20; i++) model = model.respondWithTools([call("lookup")]);
    const agent = createAgent({ model, tools: [lookup()], middleware: [s] });
    await expect(agent.invoke(hello, { recursionLimit: 9 })).rejects.toThrow("Recursion limit");
    await server.until(() => server.of("a", "run_end").length === 1);
    expect(server.of("a", "run_end")[0]).toMatchObject({
      outcome: "error",
      error_type: "GraphRecursionError",
      tool_calls: 4,
    });
  });
  it("an outer retry as one run with two attempts", async () => {
    const s = watch();
    const retry = createMiddleware({ name: "retry", wrapModelCall: async (r, h) => { try { return await h(r); } catch { return h(r); } } }); // prettier-ignore
    await createAgent({
      model: fakeModel().respond(new Error("busy")).respond(new AIMessage("ok")),
      tools: [],
      middleware: [retry, s],
    }).invoke(hello);
    await s.guard.flush();
    expect(server.of("a", "model_call").map((e) => [e.success, e.retries])).toEqual([[false, 0], [true, 1]]); // prettier-ignore
    expect(server.of("a", "run_end").map((e) => e.outcome)).toEqual(["success"]);
  });
  it("a delegated run under its parent", async () => {
    const inner = createAgent({
      model: fakeModel().respond(new AIMessage("inner")),
      tools: [],
      middleware: [watch({ agentId: "b" })],
    });
    const delegate = lookup(async () => (await inner.invoke(hello)).messages.at(-1)?.text ?? "", "delegate");
    const s = watch();
    await createAgent({ model: fakeModel().respondWithTools([call("delegate")]).respond(new AIMessage("ok")), tools: [delegate], middleware: [s] }).invoke(hello); // prettier-ignore
    await server.until(() => server.of("b", "run_end").length + server.of("a", "run_end").length === 2);
    const outer = server.of("a", "run_start")[0]?.run_id;
    expect(server.of("b", "run_start")[0]).toMatchObject({ parent_run_id: outer, root_run_id: outer });
  });
});

describe("quarantine", () => {
  it("lets the running tool call finish, closes the open ones, ends the run, and the thread resumes after release", async () => {
    const s = watch();
    const held = latch();
    const slow = lookup(async () => (await held.wait(), "finished"));
    const model = fakeModel()
      .respondWithTools([call("lookup")])
      .respondWithTools([call("lookup"), call("lookup")])
      .respond(new AIMessage("resumed"));
    const agent = createAgent({ model, tools: [slow], middleware: [s], checkpointer: new MemorySaver() });
    const thread = { configurable: { thread_id: "t" } };
    const running = agent.invoke(hello, thread);
    await held.entered;
    server.direct("a", { status: "quarantined", reason: "looping" });
    await server.until(() => server.of("a", "heartbeat").some((e) => e.directive_version === 2));
    expect(enforced(2)()).toBe(false);
    held.release();
    const stopped = await running;
    expect(stopped.messages.filter((m) => ToolMessage.isInstance(m)).map((m) => m.text)).toEqual(["finished"]);
    expect(stopped.messages.at(-1)?.text).toContain("quarantined: looping");
    await server.until(enforced(2));
    expect(model.callCount).toBe(1);

    const refused = await agent.invoke(hello, thread);
    expect(refused.messages.at(-1)?.text).toContain("quarantined");
    expect(model.callCount).toBe(1);

    server.direct("a", { status: "run" });
    await server.until(enforced(3));
    const resumed = await agent.invoke(hello, thread);
    expect(resumed.messages.at(-1)?.text).toBe("resumed");
    expect(dangling(resumed.messages)).toEqual([]);
    await s.guard.flush();
    expect(server.of("a", "run_end").map((e) => e.outcome)).toEqual(["stopped", "success"]);
    expect(server.of("a", "run_start")).toHaveLength(2);
  });
  it("closes tool calls that the model asked for while the gate was closing", async () => {
    const s = watch();
    const held = latch();
    const asking = createMiddleware({ name: "asking", wrapModelCall: async (r, h) => { const answer = await h(r); await held.wait(); return answer; } }); // prettier-ignore
    const model = fakeModel()
      .respondWithTools([call("lookup"), call("lookup")])
      .respond(new AIMessage("resumed"));
    const agent = createAgent({ model, tools: [lookup()], middleware: [s, asking], checkpointer: new MemorySaver() });
    const thread = { configurable: { thread_id: "t" } };
    const running = agent.invoke(hello, thread);
    await held.entered;
    server.direct("a", { status: "quarantined" });
    await server.until(() => server.of("a", "heartbeat").some((e) => e.directive_version === 2));
    held.release();
    const { messages } = await running;
    expect(messages.filter((m) => ToolMessage.isInstance(m)).map((m) => m.status)).toEqual(["error", "error"]);
    expect(dangling(messages)).toEqual([]);
    await server.until(enforced(2));
    expect(server.of("a", "tool_call")).toEqual([]);
    server.direct("a", { status: "run" });
    await server.until(enforced(3));
    expect((await agent.invoke(hello, thread)).messages.at(-1)?.text).toBe("resumed");
  });
  it.each([
    ["while it stands", false],
    ["though it is lifted within the grace", true],
  ])("ends a tool call that hangs, %s, and only then counts as enforced", async (_, lifted) => {
    const s = watch({ toolGraceMs: 100, heartbeatMs: 20 });
    const entered = latch();
    const hangs = tool(
      async (_, config) => {
        void entered.wait();
        await new Promise((_resolve, reject) =>
          config.signal?.addEventListener("abort", () => reject(new Error("told to stop"))),
        );
        return "";
      },
      { name: "lookup", description: "", schema: z.object({ q: z.string() }) },
    );
    const running = createAgent({
      model: fakeModel().respondWithTools([call("lookup")]),
      tools: [hangs],
      middleware: [s],
    }).invoke(hello);
    await entered.entered;
    await server.until(() => server.of("a", "heartbeat").some((e) => e.attributes?.["open_tools"] === "lookup"));
    server.direct("a", { status: "quarantined" });
    await server.until(() => server.of("a", "heartbeat").some((e) => e.directive_version === 2));
    expect(enforced(2)()).toBe(false);
    if (lifted) server.direct("a", { status: "run" });
    const { messages } = await running;
    expect(dangling(messages)).toEqual([]);
    expect(messages.at(-1)?.text).toContain("quarantined");
    await server.until(enforced(lifted ? 3 : 2));
  });
  it.each([
    [
      "a quarantine, though it is lifted before the run meets the gate",
      { status: "quarantined" as const },
      "quarantine",
    ],
    ["a memory reset", { memory_epoch: 1 }, "memory was reset"],
  ])("%s ends the runs under way; the next ones are free", async (_, change, why) => {
    const s = watch({ memory: String });
    const held = latch();
    const model = fakeModel()
      .respondWithTools([call("lookup")])
      .respond(new AIMessage("next"));
    const agent = createAgent({ model, tools: [lookup(async () => (await held.wait(), "finished"))], middleware: [s] });
    const running = agent.invoke(hello);
    await held.entered;
    const heard = (version: number) => () => server.of("a", "heartbeat").some((e) => e.directive_version === version);
    server.direct("a", change);
    await server.until(heard(2));
    server.direct("a", { status: "run" });
    await server.until(heard(3));
    held.release();
    const { messages } = await running;
    expect(dangling(messages)).toEqual([]);
    expect(messages.at(-1)?.text).toContain(why);
    expect((await agent.invoke(hello)).messages.at(-1)?.text).toBe("next");
  });
  it("stands before the first run of a restarted instance", async () => {
    server.direct("a", { status: "quarantined" });
    const model = fakeModel().respond(new AIMessage("ran"));
    const agent = createAgent({ model, tools: [], middleware: [watch()] });
    expect((await agent.invoke(hello)).messages.at(-1)?.text).toContain("quarantined");
    expect(model.callCount).toBe(0);
  });
});

describe("pause", () => {
  it("waits, then goes on where it was", async () => {
    const s = watch();
    server.direct("a", { status: "paused" });
    const running = createAgent({
      model: fakeModel().respond(new AIMessage("went on")),
      tools: [],
      middleware: [s],
    }).invoke(hello);
    await server.until(enforced(2));
    expect(server.of("a", "run_start")).toEqual([]);
    server.direct("a", { status: "run" });
    expect((await running).messages.at(-1)?.text).toBe("went on");
  });
  it("ends the run when its budget is spent", async () => {
    server.direct("a", { status: "paused" });
    const agent = createAgent({
      model: fakeModel().respond(new AIMessage("ran")),
      tools: [],
      middleware: [watch({ pauseBudgetMs: 30 })],
    });
    expect((await agent.invoke(hello)).messages.at(-1)?.text).toContain("paused for longer");
  });
});

describe("restrictions", () => {
  it("a revoked tool returns an error; the others work", async () => {
    server.direct("a", { revoked_tools: ["lookup"] });
    const s = watch();
    let ran = 0;
    const tools = [lookup(() => `${++ran}`), lookup(() => "other", "other")];
    const model = fakeModel()
      .respondWithTools([call("lookup"), call("other")])
      .respond(new AIMessage("done"));
    const { messages } = await createAgent({ model, tools, middleware: [s] }).invoke(hello);
    expect(messages.filter((m) => ToolMessage.isInstance(m)).map((m) => [m.name, m.status])).toEqual([["lookup", "error"], ["other", "success"]]); // prettier-ignore
    expect(ran).toBe(0);
    await server.until(enforced(2));
    expect(server.of("a", "tool_call").map((e) => e.tool)).toEqual(["other"]);
  });
  it("caps calls per run, parallel ones too", async () => {
    server.direct("a", { autonomy: { level: "reduced", max_model_calls: 2, max_tool_calls: 3, temperature: null } });
    const s = watch();
    let ran = 0;
    const eight = Array.from({ length: 8 }, () => call("lookup"));
    const model = fakeModel().respondWithTools(eight).respondWithTools(eight).respondWithTools(eight);
    const agent = createAgent({ model, tools: [lookup(() => `${++ran}`)], middleware: [s] });
    const { messages } = await agent.invoke(hello);
    expect([ran, model.callCount]).toEqual([3, 2]);
    expect(dangling(messages)).toEqual([]);
    await s.guard.flush();
    expect(server.of("a", "run_end")[0]).toMatchObject({
      outcome: "limited",
      tool_calls: 3,
      attributes: { refused_tool_calls: 13 },
    });
  });
  it("a run whose tool calls were capped is limited, though the model answers", async () => {
    server.direct("a", { autonomy: { level: "reduced", max_model_calls: null, max_tool_calls: 1, temperature: null } });
    const s = watch();
    const model = fakeModel()
      .respondWithTools([call("lookup"), call("lookup")])
      .respond(new AIMessage("with what I have"));
    await createAgent({ model, tools: [lookup()], middleware: [s] }).invoke(hello);
    await s.guard.flush();
    expect(server.of("a", "run_end").map((e) => [e.outcome, e.success])).toEqual([["limited", undefined]]);
  });
  it("a rolled-back prompt replaces the system message, and its identity is reported", async () => {
    const seen: string[] = [];
    const s = watch();
    let prompt = "Old prompt.";
    const dynamic = createMiddleware({
      name: "dynamic",
      wrapModelCall: (r, h) => h({ ...r, systemPrompt: prompt }),
    });
    const spy = createMiddleware({ name: "spy", wrapModelCall: (r, h) => (seen.push(r.systemMessage.text), h(r)) });
    const model = fakeModel().respond(new AIMessage("1")).respond(new AIMessage("2")).respond(new AIMessage("3"));
    const agent = createAgent({ model, tools: [], systemPrompt: "base", middleware: [dynamic, s, spy] });
    await agent.invoke(hello);
    prompt = "New prompt.";
    await agent.invoke(hello);
    server.direct("a", { prompt: { rollback_to: hashText("Old prompt.") } });
    await server.until(enforced(2));
    await agent.invoke(hello);
    await s.guard.flush();
    expect(seen).toEqual(["Old prompt.", "New prompt.", "Old prompt."]);
    expect(server.of("a", "model_call").map((e) => e.prompt_hash)).toEqual(seen.map(hashText));
    await server.until(() => server.registrations.some((r) => r.held_prompts?.length === 2), 8000);
  });
  it.each([
    ["rollback_prompt", { prompt: { rollback_to: "0000000000000000" } }],
    ["reset_memory", { memory_epoch: 1 }],
    ["clone_agent", { status: "retired" as const, successor: "a2" }],
  ])("says that it cannot %s, and does not claim to enforce it", async (what, change) => {
    const s = watch({ heartbeatMs: 20 });
    await server.until(enforced(1));
    server.direct("a", change);
    await server.until(() => server.of("a", "heartbeat").filter((e) => e.attributes?.["cannot"] === what).length >= 2);
    expect(server.of("a", "heartbeat").filter((e) => e.directive_version === 2 && e.enforced)).toEqual([]);
    await s.guard.flush();
  });
  it("a memory epoch is a fresh namespace; the old one is kept by the host", async () => {
    const s = watch({ memory: (epoch) => `notes/a/${epoch}` });
    expect(s.guard.memoryNamespace()).toBe("notes/a/0");
    server.direct("a", { memory_epoch: 2 });
    await server.until(enforced(2));
    expect(s.guard.memoryNamespace()).toBe("notes/a/2");
  });
  it("a retired agent starts its successor once and works no more", async () => {
    const started: string[] = [];
    const s = watch({ clone: (id) => void started.push(id) });
    server.direct("a", { status: "retired", successor: "a2" });
    await server.until(enforced(2));
    server.direct("a", { status: "retired", successor: "a2", reason: "again" });
    await server.until(enforced(3));
    expect(started).toEqual(["a2"]);
    expect(server.of("a", "heartbeat").some((e) => e.attributes?.["cannot"] !== undefined)).toBe(false);
    const agent = createAgent({ model: fakeModel().respond(new AIMessage("ran")), tools: [], middleware: [s] });
    expect((await agent.invoke(hello)).messages.at(-1)?.text).toContain("retired");
  });
});

describe("without Sentinel, or against odds", () => {
  const answer = async (s: ReturnType<typeof sentinel>) =>
    (
      await createAgent({ model: fakeModel().respond(new AIMessage("ran")), tools: [], middleware: [s] }).invoke(hello)
    ).messages.at(-1)?.text;
  const nowhere = { url: "http://127.0.0.1:1", startBudgetMs: 30 };
  it("runs after the start budget when open", async () => expect(await answer(watch(nowhere))).toBe("ran"));
  it("refuses to run when closed", async () =>
    expect(await answer(watch({ ...nowhere, whenUnreachable: "closed" }))).toContain("is unreachable"));
  it.each([["open", "ran"], ["closed", "is unreachable"]] as const)("holds a quarantine for its lease, then falls %s", async (whenUnreachable, text) => {
    const s = watch({ whenUnreachable, timeoutMs: 200, pollSeconds: 1 });
    server.direct("a", { status: "quarantined", lease_seconds: 3600 });
    await server.until(enforced(2));
    await server.stop();
    expect(await answer(s)).toContain("quarantined");
    const now = performance.now.bind(performance);
    const later = vi.spyOn(performance, "now").mockImplementation(() => now() + 3601_000);
    expect(await answer(s)).toContain(text);
    later.mockRestore();
  }); // prettier-ignore
  it("a successor that does not start is told, not claimed", async () => {
    watch({ clone: () => Promise.reject(new Error("no room")) });
    server.direct("a", { status: "retired", successor: "a2" });
    await server.until(() => server.of("a", "heartbeat").some((e) => e.attributes?.["cannot"] === "clone_agent"));
    expect(server.of("a", "heartbeat").filter((e) => e.directive_version === 2 && e.enforced)).toEqual([]);
  });
  it("garbage for answers changes nothing and throws nothing", async () => {
    server.interfere(() => ({ status: 200, body: "][" }));
    expect(await answer(watch({ startBudgetMs: 30 }))).toBe("ran");
  });
  it("host callbacks that throw do not reach the run", async () => {
    const bad = () => {
      throw new Error("host bug");
    };
    server.direct("a", { memory_epoch: 1, status: "run" });
    const s = watch({ memory: bad, promptVersion: bad, promptTemplate: bad, clone: bad });
    expect(await answer(s)).toBe("ran");
    expect(s.guard.memoryNamespace()).toBe("a");
  });
  it("catches up with a directive set while it was away", async () => {
    const s = watch({ pollSeconds: 1, timeoutMs: 200 });
    await server.until(enforced(1));
    await server.stop();
    server.direct("a", { status: "quarantined" });
    await server.again();
    await server.until(enforced(2));
    expect(await answer(s)).toContain("quarantined");
  });
});
