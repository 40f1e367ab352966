import { MemorySaver } from "@langchain/langgraph";
import { AIMessage, createAgent, fakeModel, HumanMessage, tool, ToolMessage } from "langchain";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { AgentEvent } from "@/lib/contracts/event";
import { type FakeSentinel, startFakeSentinel } from "../fake-sentinel.js";
import { sentinel, type SentinelOptions } from "./index.js";

let server: FakeSentinel;
let open: ReturnType<typeof sentinel>[] = [];
beforeEach(async () => (server = await startFakeSentinel()));
afterEach(async () => {
  await Promise.all(open.map((s) => s.guard.close(10)));
  open = [];
  await server.stop();
});
const watch = (more: Partial<SentinelOptions> = {}) => {
  const made = sentinel({ agentId: "a", url: server.url, key: server.key, flushMs: 5, ...more } as SentinelOptions);
  open.push(made);
  return made;
};
const hello = { messages: [new HumanMessage("hello")] };
const asks = (id: string) => [{ name: "charge", args: { usd: 5 }, id }];
const enforced = (version: number) => () =>
  server.of("a", "heartbeat").some((e) => e.enforced === true && e.directive_version === version);
const applied = (version: number) => () => server.of("a", "heartbeat").some((e) => e.directive_version === version);

/** A tool that hangs the first time, and how often it was begun. */
function charging() {
  let begun = 0;
  let entered = () => {};
  const inFlight = new Promise<void>((resolve) => (entered = resolve));
  const charge = tool(
    () => {
      begun += 1;
      entered();
      return begun === 1 ? new Promise<string>(() => {}) : "charged";
    },
    { name: "charge", description: "charges a card", schema: z.object({ usd: z.number() }) },
  );
  return { charge, inFlight, begun: () => begun };
}

it("kill: the thread resumes after the release, and what was cut off is not done twice, in another process either", async () => {
  const { charge, inFlight, begun } = charging();
  const checkpointer = new MemorySaver();
  const thread = { configurable: { thread_id: "t" } };
  const first = watch();
  const agent = createAgent({
    model: fakeModel().respondWithTools(asks("c-1")),
    tools: [charge],
    middleware: [first],
    checkpointer,
  });
  const running = agent.invoke(hello, thread);
  await inFlight;
  const { version } = server.direct("a", { status: "quarantined", level: "kill", reason: "looping" });
  const stopped = await running;
  expect(stopped.messages.at(-1)?.text).toContain("quarantined: looping");
  expect(stopped.messages.filter((m) => ToolMessage.isInstance(m)).map((m) => m.text)).toEqual([
    "Cut off: the run was stopped while this tool was running. Whether it took effect is unknown.",
  ]);
  await server.until(enforced(version));
  const told = server.of("a", "tool_call");
  expect(told).toMatchObject([{ tool: "charge", outcome: "unknown" }]);
  for (const event of server.events) AgentEvent.parse(event);
  await first.guard.close();

  const released = server.direct("a", { status: "run", level: null });
  const second = watch();
  await server.until(() => server.of("a", "heartbeat").some((e) => e.directive_version === released.version));
  const resumed = await createAgent({
    // Fake models number their answers alike: an answer with the ID of an earlier one would take its place in the thread.
    model: fakeModel()
      .respond(new AIMessage({ id: "m-1", content: "", tool_calls: [{ ...asks("c-2")[0]!, type: "tool_call" }] }))
      .respond(new AIMessage({ id: "m-2", content: "checked instead" })),
    tools: [charge],
    middleware: [second],
    checkpointer,
  }).invoke({ messages: [new HumanMessage("go on")] }, thread);
  expect(resumed.messages.at(-1)?.text).toBe("checked instead");
  expect(resumed.messages.map((m) => m.text)).toContain("hello");
  expect(begun()).toBe(1);
  expect(resumed.messages.filter((m) => ToolMessage.isInstance(m)).at(-1)?.text).toContain("Not run: an earlier call of charge"); // prettier-ignore
});

it("kill: a call with its idempotency key is made again in the thread", async () => {
  const { charge, inFlight, begun } = charging();
  const s = watch({ idempotencyKey: (_tool, args) => JSON.stringify(args) });
  const thread = { configurable: { thread_id: "t" } };
  const agent = createAgent({
    model: fakeModel().respondWithTools(asks("c-1")).respondWithTools(asks("c-2")).respond(new AIMessage("done")),
    tools: [charge],
    middleware: [s],
    checkpointer: new MemorySaver(),
  });
  const running = agent.invoke(hello, thread);
  await inFlight;
  server.direct("a", { status: "quarantined", level: "kill" });
  await running;
  const { version } = server.direct("a", { status: "run", level: null });
  await server.until(applied(version));
  expect((await agent.invoke({ messages: [new HumanMessage("go on")] }, thread)).messages.at(-1)?.text).toBe("done");
  expect(begun()).toBe(2);
});

it("hold_new: a run in progress finishes, another thread's waits, and starts when it is released", async () => {
  let entered = () => {};
  let let_go = () => {};
  const inFlight = new Promise<void>((resolve) => (entered = resolve));
  const free = new Promise<void>((resolve) => (let_go = resolve));
  const slow = tool(async () => (entered(), await free, "charged"), { name: "charge", description: "charges", schema: z.object({ usd: z.number() }) }); // prettier-ignore
  const s = watch({ onQueued: () => "keep" });
  const agent = createAgent({
    model: fakeModel().respondWithTools(asks("c-1")).respond(new AIMessage("done")).respond(new AIMessage("done, too")),
    tools: [slow],
    middleware: [s],
    checkpointer: new MemorySaver(),
  });
  const running = agent.invoke(hello, { configurable: { thread_id: "t-1" } });
  await inFlight;
  const { version } = server.direct("a", { status: "quarantined", level: "hold_new" });
  await server.until(enforced(version));
  const order: string[] = [];
  const waiting = agent
    .invoke(hello, { configurable: { thread_id: "t-2", task_id: "task-2" } })
    .finally(() => order.push("second"));
  await server.until(() => server.of("a", "queued_task").length === 1);
  expect(server.of("a", "queued_task")).toMatchObject([{ task_id: "task-2", outcome: "keep" }]);
  let_go();
  expect((await running).messages.at(-1)?.text).toBe("done");
  order.push("first");
  server.direct("a", { status: "run", level: null });
  expect((await waiting).messages.at(-1)?.text).toBe("done, too");
  expect(order).toEqual(["first", "second"]);
});
