import { afterEach, describe, expect, it } from "vitest";
import { createGuard } from "./guard.js";
import { SentinelHold } from "./hold.js";
import type { GuardSettings } from "./options.js";
import type { HandOver, QueuedTask } from "./queue.js";
import type { Guard } from "./seat.js";
import type { AgentEvent, Directive, HoldLevel } from "./wire.js";

let guards: Guard[] = [];
afterEach(async () => {
  await Promise.all(guards.map((guard) => guard.close(10)));
  guards = [];
});

function alone(more: GuardSettings = {}) {
  const events: AgentEvent[] = [];
  const guard = createGuard({ agentId: "a", sink: (event) => void events.push(event), ...more });
  guards.push(guard);
  const of = (kind: string) => events.filter((e) => e.kind === kind);
  let version = 1;
  const tell = (change: Partial<Directive>) => {
    version += 1;
    guard.receive({
      agent_id: "a", version, hash: `h${version}`, status: "run", level: null, hand_over_to: null, prompt: null, revoked_tools: [],
      autonomy: { level: "full", max_model_calls: null, max_tool_calls: null, temperature: null },
      memory_epoch: 0, successor: null, reason: "", lease_seconds: 60, budgets: [], tree_budgets: [], ...change,
    }); // prettier-ignore
    return version;
  };
  const hold = (level: HoldLevel, to: string | null = null) =>
    tell({ status: "quarantined", level, hand_over_to: to, reason: "looping" });
  return { guard, events, of, hold, release: () => tell({}) };
}
const heldBy = async (work: Promise<unknown>) => {
  const hold = await work.then(
    (value) => value,
    (error: unknown) => error,
  );
  expect(hold).toBeInstanceOf(SentinelHold);
  return hold as SentinelHold;
};
const never = new Promise<never>(() => {});

describe("hold_new", () => {
  it("lets runs in progress and their children go on, and new runs wait for the release", async () => {
    const { guard, of, hold, release } = alone();
    const run = guard.beginRun();
    const version = hold("hold_new");
    expect(of("heartbeat").at(-1)).toMatchObject({ enforced: true, directive_version: version });
    guard.afterModel(await guard.beforeModel({ run }));
    const order: string[] = [];
    const waiting = guard.run(() => order.push("new run"));
    await guard.run(() => order.push("child"), { parentRunId: run.runId });
    expect(order).toEqual(["child"]);
    guard.afterTool(await guard.beforeTool("t", 1, { run }), "found");
    guard.endRun(run);
    order.push("released");
    release();
    await waiting;
    expect(order).toEqual(["child", "released", "new run"]);
    expect(of("run_end").map((e) => e.outcome)).toEqual(["success", "success", "success"]);
  });

  it("lets a run start another within itself", async () => {
    const { guard, hold } = alone({ pauseBudgetMs: 20 });
    const nested = await guard.run(async () => {
      hold("hold_new");
      return guard.run(async () => (guard.afterTool(await guard.beforeTool("t"), 1), "done"));
    });
    expect(nested).toBe("done");
  });

  it("refuses a new run for which the release came too late, and one that began without asking", async () => {
    const { guard, of, hold } = alone({ pauseBudgetMs: 20 });
    hold("hold_new");
    expect((await heldBy(guard.run(() => "never"))).kind).toBe("quarantined");
    const unasked = guard.beginRun();
    expect((await heldBy(guard.beforeModel({ run: unasked }))).kind).toBe("quarantined");
    expect((await heldBy(guard.beforeTool("outside"))).kind).toBe("quarantined");
    expect(of("tool_call")).toHaveLength(0);
  });

  it("becomes stricter for the runs that it let go on", async () => {
    const { guard, hold } = alone();
    const run = guard.beginRun();
    hold("hold_new");
    guard.afterModel(await guard.beforeModel({ run }));
    hold("drain");
    expect((await heldBy(guard.beforeModel({ run }))).kind).toBe("quarantined");
  });
});

describe("kill", () => {
  it("aborts what is in flight at once, says that its outcome is unknown, and confirms once it has ended", async () => {
    const { guard, of, hold } = alone();
    const run = guard.beginRun();
    const call = await guard.beforeTool("charge", { usd: 5 }, { run });
    const working = guard.race(call, never);
    const version = hold("kill");
    expect(call.signal.aborted).toBe(true);
    expect(of("tool_call")).toMatchObject([{ tool: "charge", outcome: "unknown", run_id: run.runId }]);
    expect(of("tool_call")[0]).not.toHaveProperty("success");
    expect(of("heartbeat").some((e) => e.enforced && e.directive_version === version)).toBe(false);
    guard.afterTool(call, undefined, { error: await heldBy(working) });
    expect(of("heartbeat").at(-1)).toMatchObject({ enforced: true, directive_version: version });
    expect(of("tool_call")).toHaveLength(1);
  });

  it("is not what drain does, which lets the call finish", async () => {
    const { guard, of, hold } = alone();
    const run = guard.beginRun();
    const call = await guard.beforeTool("charge", { usd: 5 }, { run });
    hold("drain");
    expect(call.signal.aborted).toBe(false);
    guard.afterTool(call, "charged");
    expect(of("tool_call")).toMatchObject([{ tool: "charge", success: true }]);
    expect(of("tool_call")[0]).not.toHaveProperty("outcome");
  });

  it("comes down on what a milder level let finish", async () => {
    const { guard, hold } = alone();
    const call = await guard.beforeTool("charge", 1, { run: guard.beginRun() });
    hold("drain");
    hold("kill");
    expect(call.signal.aborted).toBe(true);
  });
});

describe("a call of unknown outcome", () => {
  async function cutOff(settings: GuardSettings = {}, idempotencyKey?: string) {
    const { guard, hold, release, of } = alone(settings);
    const run = guard.beginRun({ threadId: "thread" });
    const call = await guard.beforeTool("charge", { usd: 5 }, { run, idempotencyKey });
    hold("kill");
    call.finish(new Error("aborted"));
    guard.endRun(run);
    release();
    return { guard, of, again: guard.beginRun({ threadId: "thread" }) };
  }

  it("is not made again in its thread, and everything else is", async () => {
    const { guard, again, of } = await cutOff();
    const hold = await heldBy(guard.beforeTool("charge", { usd: 5 }, { run: again }));
    expect(hold).toMatchObject({ kind: "unknown_outcome", endsRun: false });
    expect(hold.reason).toContain("whether it took effect is unknown");
    guard.afterTool(await guard.beforeTool("charge", { usd: 6 }, { run: again }), "charged");
    guard.afterTool(await guard.beforeTool("charge", { usd: 5 }, { run: guard.beginRun({ threadId: "other" }) }), "charged"); // prettier-ignore
    guard.endRun(again);
    expect(of("run_end").at(-1)).toMatchObject({ outcome: "success" });
  });

  it("is made again with the key that it had, and with no other", async () => {
    const { guard, again, of } = await cutOff({}, "order-1");
    await heldBy(guard.beforeTool("charge", { usd: 5 }, { run: again }));
    await heldBy(guard.beforeTool("charge", { usd: 5 }, { run: again, idempotencyKey: "order-2" }));
    guard.afterTool(await guard.beforeTool("charge", { usd: 5 }, { run: again, idempotencyKey: "order-1" }), "charged");
    expect(of("tool_call")).toMatchObject([{ outcome: "unknown" }, { success: true }]);
    const late = await cutOff();
    await heldBy(late.guard.beforeTool("charge", { usd: 5 }, { run: late.again, idempotencyKey: "order-1" }));
  });

  it("takes its key from the settings, too", async () => {
    const { guard, again, of } = await cutOff({ idempotencyKey: (tool, args) => `${tool} ${JSON.stringify(args)}` });
    guard.afterTool(await guard.beforeTool("charge", { usd: 5 }, { run: again }), "charged");
    expect(of("tool_call")).toMatchObject([{ outcome: "unknown" }, { success: true }]);
  });

  it("is none where the tool only reads", async () => {
    const { guard, again, of } = await cutOff({ sideEffects: { charge: "read" } });
    expect(of("tool_call")).toMatchObject([{ success: false }]);
    guard.afterTool(await guard.beforeTool("charge", { usd: 5 }, { run: again }), "read");
  });
});

describe("queued tasks", () => {
  it("are kept, dropped or reassigned as the host decides, once each, and that is told", async () => {
    const asked: QueuedTask[] = [];
    const said: Record<string, unknown> = { k: "keep", d: "drop", r: { decision: "reassign", to: "b" } };
    const onQueued = (task: QueuedTask) => (asked.push(task), said[task.taskId ?? ""] as "keep");
    const { guard, of, hold, release } = alone({ onQueued });
    hold("drain");
    const kept = guard.run(() => "ran", { taskId: "k" });
    expect((await heldBy(guard.run(() => "never", { taskId: "d" }))).kind).toBe("quarantined");
    await heldBy(guard.run(() => "never", { taskId: "r" }));
    release();
    expect(await kept).toBe("ran");
    expect(asked).toEqual(
      ["k", "d", "r"].map((taskId) => ({ taskId, level: "drain", reason: "looping", handOverTo: null })),
    );
    expect(of("queued_task").map(({ task_id, outcome, attributes }) => ({ task_id, outcome, attributes }))).toEqual([
      { task_id: "k", outcome: "keep", attributes: { level: "drain" } },
      { task_id: "d", outcome: "drop", attributes: { level: "drain" } },
      { task_id: "r", outcome: "reassign", attributes: { level: "drain", to: "b" } },
    ]);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("queue is down"))],
    ["says nothing that is a decision", () => "burn" as "keep"],
    ["does not answer", () => never],
  ])("are treated as without a hook, where it %s", async (_, onQueued) => {
    const { guard, of, hold } = alone({ onQueued, pauseBudgetMs: 30 });
    hold("drain");
    expect((await heldBy(guard.run(() => "never", { taskId: "t" }))).kind).toBe("quarantined");
    expect(of("queued_task")).toHaveLength(0);
  });

  it("are handed over once: the host hears to whom, and what it did is told and holds for those that wait", async () => {
    const hands: HandOver[] = [];
    const { guard, of, hold } = alone({
      onHandOver(hand) {
        hands.push(hand);
        return [
          { taskId: "w", decision: "reassign" },
          { taskId: "in the host's queue", decision: { decision: "reassign", to: "c" } },
          { taskId: "x", decision: "burn" as "keep" },
        ];
      },
    });
    hold("hold_new");
    const waiting = guard.run(() => "never", { taskId: "w" });
    // It waits at the gate before the level changes.
    await new Promise((resolve) => setImmediate(resolve));
    hold("hand_over", "b");
    hold("hand_over", "b");
    expect((await heldBy(waiting)).kind).toBe("quarantined");
    expect(hands).toEqual([
      { to: "b", reason: "looping", queued: [{ taskId: "w", level: "hand_over", reason: "looping", handOverTo: "b" }] },
    ]);
    expect(of("queued_task").map((e) => [e.task_id, e.outcome, e.attributes?.["to"]])).toEqual([
      ["w", "reassign", "b"],
      ["in the host's queue", "reassign", "c"],
    ]);
  });
});
