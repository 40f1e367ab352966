import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGuard } from "./guard.js";
import type { GuardOptions } from "./options.js";
import { usedUp } from "./budgets.js";
import { createRuns, insideRun, use } from "./runs.js";
import type { Guard } from "./seat.js";
import { createTrees } from "./trees.js";
import type { AgentEvent, Directive, TreeBudget } from "./wire.js";

const budget = (more: Partial<TreeBudget>): TreeBudget => ({ id: "t", measure: "usd", limit: 2, at_limit: "stop", more: {}, ...more }); // prettier-ignore

/** No server and no clock: what was received last holds, long after its lease. */
const LEASE_S = 5;
const LATER_MS = 600_000;

describe("the budget of a tree", () => {
  let guards: Guard[] = [];
  let events: AgentEvent[] = [];
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] })); // prettier-ignore
  afterEach(async () => {
    await Promise.all(guards.map((guard) => guard.close(0)));
    guards = [];
    events = [];
    vi.useRealTimers();
  });

  function watch(agentId: string, budgets: TreeBudget[], more: Partial<GuardOptions> = {}): Guard {
    const guard = createGuard({ agentId, sink: (event) => void events.push(event), ...more } as GuardOptions);
    guards.push(guard);
    direct(guard, agentId, budgets);
    return guard;
  }
  function direct(guard: Guard, agentId: string, tree_budgets: TreeBudget[]) {
    guard.receive({
      agent_id: agentId, version: 1, hash: "h", status: "run", level: null, hand_over_to: null, prompt: null, revoked_tools: [],
      autonomy: { level: "full", max_model_calls: null, max_tool_calls: null, temperature: null },
      memory_epoch: 0, successor: null, reason: "", lease_seconds: LEASE_S, budgets: [], tree_budgets,
    } satisfies Directive); // prettier-ignore
  }
  const fresh = () => `root-${Math.random()}`;
  const capped = (reason: string) => ({ kind: "capped", reason });

  it("is one for all its runs, of whichever agent, long after Sentinel is gone", async () => {
    const limit = [budget({ limit: 0.3 })];
    const [lead, helper] = [watch("lead", limit), watch("helper", limit)];
    await vi.advanceTimersByTimeAsync(LATER_MS);
    const root = lead.beginRun({ runId: fresh() });
    lead.afterModel(await lead.beforeModel({ run: root }), { cost: 0.1 });
    const child = insideRun(root, () => helper.beginRun());
    // Names its parent alone: it belongs to the same root.
    const grandchild = helper.beginRun({ parentRunId: child.runId });
    expect([child.rootRunId, grandchild.rootRunId]).toEqual([root.runId, root.runId]);
    helper.afterModel(await helper.beforeModel({ run: grandchild }), { cost: 0.2 });
    const why = capped(`run ${root.runId} with all its descendants has used up its budget of $0.30`);
    for (const [guard, run] of [
      [lead, root],
      [helper, child],
      [helper, grandchild],
    ] as const)
      // prettier-ignore
      await expect(guard.beforeModel({ run })).rejects.toMatchObject(why);
    helper.endRun(child);
    // It remembers what a run used that has ended, and another tree has a budget of its own.
    const late = helper.beginRun({ rootRunId: root.runId });
    await expect(helper.beforeTool("t", {}, { run: late })).rejects.toMatchObject(why);
    await expect(helper.beforeModel({ run: helper.beginRun() })).resolves.toBeDefined();
  });

  it.each<[string, Partial<TreeBudget>, object, string]>([
    ["tokens", { measure: "tokens", limit: 100 }, { input_tokens: 50 }, "100 tokens"],
    ["model calls", { measure: "model_calls", limit: 2 }, {}, "2 model calls"],
  ])("in %s", async (_, of, usage, text) => {
    const guard = watch("a", [budget(of)]);
    const root = guard.beginRun({ runId: fresh() });
    const [one, two, three] = [1, 2, 3].map(() => guard.beginRun({ parentRunId: root.runId }));
    for (const run of [one, two]) guard.afterModel(await guard.beforeModel({ run }), usage);
    await expect(guard.beforeModel({ run: three })).rejects.toMatchObject(
      capped(`run ${root.runId} with all its descendants has used up its budget of ${text}`),
    );
  });

  it("in tool calls lets the models answer, and calls at once do not pass it together", async () => {
    const guard = watch("a", [budget({ measure: "tool_calls", limit: 3 })]);
    const root = guard.beginRun({ runId: fresh() });
    const runs = Array.from({ length: 10 }, () => guard.beginRun({ parentRunId: root.runId }));
    const asked = await Promise.allSettled(runs.map((run, n) => guard.beforeTool("t", { n }, { run })));
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    await expect(guard.beforeModel({ run: runs[9] })).resolves.toBeDefined();
  });

  it("in time counts from the first run of it that this process saw", async () => {
    const guard = watch("a", [budget({ measure: "wall_seconds", limit: 60 })]);
    const root = guard.beginRun({ runId: fresh() });
    await vi.advanceTimersByTimeAsync(59_000);
    const child = guard.beginRun({ parentRunId: root.runId });
    guard.afterModel(await guard.beforeModel({ run: child }));
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(guard.beforeModel({ run: child })).rejects.toMatchObject({ kind: "capped" });
  });

  it("in depth and descendants: a run beyond it does not start, and makes no call where it starts without asking", async () => {
    const guard = watch("a", [budget({ measure: "depth", limit: 2 }), budget({ measure: "descendants", limit: 3 })]);
    const id = fresh();
    const whole = `run ${id} with all its descendants has used up its budget of`;
    await guard.run(
      (root) =>
        guard.run(() =>
          guard.run(async (deepest) => {
            await expect(guard.run(() => "too deep")).rejects.toMatchObject(capped(`${whole} 2 levels`));
            await guard.beforeModel({ run: deepest });
            const beside = () => guard.run(() => "beside", { parentRunId: root.runId, rootRunId: root.runId });
            expect(await beside()).toBe("beside");
            await expect(beside()).rejects.toMatchObject(capped(`${whole} 3 descendants`));
            const unasked = guard.beginRun({ parentRunId: root.runId });
            await expect(guard.beforeModel({ run: unasked })).rejects.toMatchObject(capped(`${whole} 3 descendants`));
            // Those that were there before go on.
            await expect(guard.beforeModel({ run: root })).resolves.toBeDefined();
          }),
        ),
      { runId: id },
    );
    expect(events.filter(({ kind }) => kind === "run_start")).toHaveLength(5);
  });

  it("waits for a person, and goes on with what was granted to its root", async () => {
    const ask = { measure: "model_calls", limit: 1, at_limit: "pause_and_ask" } as const;
    const guard = watch("a", [budget(ask)], { pauseBudgetMs: 60_000 });
    const root = guard.beginRun({ runId: fresh() });
    const child = guard.beginRun({ parentRunId: root.runId });
    guard.afterModel(await guard.beforeModel({ run: root }));
    let passed = false;
    const waiting = guard.beforeModel({ run: child }).then(() => (passed = true));
    await vi.advanceTimersByTimeAsync(30_000);
    direct(guard, "a", [budget({ ...ask, more: { [child.runId]: 5 } })]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(passed).toBe(false);
    direct(guard, "a", [budget({ ...ask, more: { [root.runId]: 1 } })]);
    await waiting;
    const ends = guard.beforeModel({ run: root }).catch((hold: unknown) => hold);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await ends).toMatchObject({ kind: "capped" });
  });

  it("is not shared by guards of different servers or keys, whatever their runs are called", async () => {
    // These have clients of their own, which nobody answers.
    vi.useRealTimers();
    const to = (agentId: string, key: string) => {
      const guard = createGuard({ agentId, url: "http://127.0.0.1:1", key, startBudgetMs: 0 });
      guards.push(guard);
      direct(guard, agentId, [budget({ measure: "model_calls", limit: 1 })]);
      return guard;
    };
    const runId = fresh();
    const [a, b, c] = [to("a", "key-1"), to("b", "key-2"), to("c", "key-1")];
    a.afterModel(await a.beforeModel({ run: a.beginRun({ runId }) }));
    await expect(b.beforeModel({ run: b.beginRun({ runId }) })).resolves.toBeDefined();
    await expect(c.beforeModel({ run: c.beginRun({ rootRunId: runId }) })).rejects.toMatchObject({ kind: "capped" });
  });
});

describe("trees", () => {
  it("keeps those that are at work, and is bounded", () => {
    const trees = createTrees();
    const { tree } = trees.join({ runId: "old" }, 0);
    trees.join({ runId: "forgotten" }, 0).tree.modelCalls = 7;
    tree.modelCalls = 7;
    const deep = trees.join({ runId: "deep", parentRunId: "old" }, 0);
    for (let n = 0; n < 20_000; n++) {
      trees.join({ runId: `r-${n}` }, 0);
      trees.touch("deep", deep);
    }
    expect(trees.look({ rootRunId: "old" })?.tree.modelCalls).toBe(7);
    expect(trees.look({ rootRunId: "forgotten" })).toBeNull();
    expect(trees.look({ parentRunId: "deep" })).toMatchObject({ depth: 2, tree: { rootRunId: "old" } });
  });

  it("an empty ID is none, so that runs without one share no tree", () => {
    const runs = createRuns(() => 0, createTrees());
    const [one, other] = [runs.start({ runId: "" }), runs.start({ runId: "", parentRunId: "", rootRunId: "" })];
    expect(one.runId).not.toBe("");
    expect(new Set([one.runId, other.runId, one.place.tree, other.place.tree]).size).toBe(4);
    expect(runs.start({}).place.tree).not.toBe(one.place.tree);
  });

  it("what is no amount is unknown, and an ID named like a member of every object is a name", () => {
    const run = createRuns(() => 0, createTrees()).start({ runId: "constructor" });
    for (const cost of [1, Number.NaN, Number.POSITIVE_INFINITY, -5]) use(run, { cost, inputTokens: cost });
    expect([run.cost, run.inputTokens, run.place.tree.cost]).toEqual([1, 1, 1]);
    const budget = { id: "b", measure: "usd", limit: 1, at_limit: "stop", more: {} } as const;
    for (const budgets of [
      { runs: [budget], trees: [] },
      { runs: [], trees: [budget] },
    ])
      expect(usedUp(budgets, run, "model", 0)).toMatchObject({ budget });
  });

  it("a run that begins again is no other descendant", () => {
    const trees = createTrees();
    trees.join({ runId: "r" }, 0);
    const first = trees.join({ runId: "c", parentRunId: "r" }, 1);
    expect(trees.join({ runId: "c", parentRunId: "r" }, 2)).toBe(first);
    expect(first).toMatchObject({ depth: 1, ordinal: 1, tree: { rootRunId: "r", descendants: 1, startedAt: 0 } });
  });
});
