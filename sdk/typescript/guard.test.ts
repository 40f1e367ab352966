import { afterEach, describe, expect, it } from "vitest";
import { startFakeSentinel } from "./fake-sentinel.js";
import { createGuard } from "./guard.js";
import { hashText } from "./hash.js";
import { refusal, SentinelHold } from "./hold.js";
import type { GuardSettings } from "./options.js";
import { createReporter } from "./report.js";
import type { Guard } from "./seat.js";
import type { AgentEvent, Directive } from "./wire.js";

let guards: Guard[] = [];
afterEach(async () => {
  await Promise.all(guards.map((guard) => guard.close(10)));
  guards = [];
});

/** A guard without a server, and what it would send. */
function alone(more: GuardSettings = {}) {
  const events: AgentEvent[] = [];
  const guard = createGuard({ agentId: "a", sink: (event) => void events.push(event), ...more });
  guards.push(guard);
  return { guard, events, of: (kind: string) => events.filter((e) => e.kind === kind) };
}
let version = 1;
const directive = (change: Partial<Directive>): Directive => ({
  agent_id: "a", version: ++version, hash: `h${version}`, status: "run", level: null, hand_over_to: null, prompt: null, revoked_tools: [],
  autonomy: { level: "full", max_model_calls: null, max_tool_calls: null, temperature: null },
  memory_epoch: 0, successor: null, reason: "", lease_seconds: 60, budgets: [], tree_budgets: [], ...change,
}); // prettier-ignore
const held = async (kind: string, work: Promise<unknown>) => {
  const hold = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(hold).toBeInstanceOf(SentinelHold);
  expect((hold as SentinelHold).kind).toBe(kind);
  return hold as SentinelHold;
};

describe("a guard without a server", () => {
  it("makes a run's events, in a growing sequence, without its texts", async () => {
    const { guard, events } = alone({ prices: { m: { input: 1, output: 2 } }, sideEffects: { lookup: "read" }, promptVersion: "v1" }); // prettier-ignore
    const run = async () => {
      const model = await guard.beforeModel({ model: "m", prompt: "Be brief." });
      guard.afterModel(model, { input_tokens: 100, output_tokens: 10, cached_input_tokens: 40 });
      guard.afterTool(await guard.beforeTool("lookup", { q: 1 }), "found");
    };
    await guard.run(run, { taskId: "t" });
    expect(events.map((e) => e.kind)).toEqual(["run_start", "model_call", "tool_call", "run_end"]);
    expect(events[1]).toMatchObject({ token_count: 110, prompt_hash: hashText("Be brief."), prompt_version: "v1" });
    expect(events[1]?.cost).toBeCloseTo(120e-6, 12);
    expect(events[2]).toMatchObject({ result_bytes: 5, result_hash: hashText("found"), side_effect: "read" });
    expect(events[3]).toMatchObject({ outcome: "success", success: true, token_count: 110, tool_calls: 1 });
    expect(events.map((e) => e.sequence)).toEqual([0, 1, 2, 3]);
    expect(new Set(events.map((e) => e.task_id))).toEqual(new Set(["t"]));
    expect(JSON.stringify(events)).not.toContain("Be brief");
  });

  it("tells the model of a loop once, then ends the run", async () => {
    const { guard, of } = alone();
    const run = guard.beginRun();
    for (let i = 0; i < 8; i++) guard.afterTool(await guard.beforeTool("t", { a: 1, b: 2 }, { run }), "same");
    const first = await held("loop", guard.beforeTool("t", '{"b":2,"a":1}', { run }));
    expect(first.endsRun).toBe(false);
    expect(refusal(first)).toBe("Not run: 8 identical calls of t in this run gave the same result. Do something else, or answer with what you have."); // prettier-ignore
    guard.afterTool(await guard.beforeTool("t", { a: 2 }, { run }), "same");
    guard.afterModel(await guard.beforeModel({ run }));
    expect((await held("loop", guard.beforeTool("t", { a: 1, b: 2 }, { run }))).endsRun).toBe(true);
    await held("loop", guard.beforeModel({ run }));
    guard.endRun(run);
    expect(of("run_end")[0]).toMatchObject({ outcome: "limited", attributes: { refused_tool_calls: 2 } });
    expect(of("tool_call")).toHaveLength(9);
  });

  it("knows a job that is polled and moves on from a call that fails again and again", async () => {
    const { guard } = alone({ limits: { identicalCalls: 3 } });
    const run = guard.beginRun();
    for (let i = 0; i < 30; i++) guard.afterTool(await guard.beforeTool("status", 1, { run }), `${i} %`);
    for (let i = 0; i < 3; i++)
      guard.afterTool(await guard.beforeTool("t", 1, { run }), undefined, { error: new TypeError("down") });
    expect((await held("loop", guard.beforeTool("t", 1, { run }))).endsRun).toBe(false);
  });

  it("counts identical calls at once before any has ended", async () => {
    const { guard } = alone({ limits: { identicalCalls: 3 } });
    const run = guard.beginRun();
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => guard.beforeTool("t", 1, { run })));
    expect(asked.filter((a) => a.status === "fulfilled")).toHaveLength(3);
  });

  it("holds the limits of the host, and refuses one that cannot be", async () => {
    const { guard, of } = alone({ limits: { toolCalls: 1, tokens: 10 } });
    const run = guard.beginRun();
    guard.afterTool(await guard.beforeTool("t", 1, { run }));
    expect((await held("capped", guard.beforeTool("t", 2, { run }))).endsRun).toBe(false);
    guard.afterModel(await guard.beforeModel({ run }), { input_tokens: 8, output_tokens: 4 });
    await held("capped", guard.beforeModel({ run }));
    guard.endRun(run);
    expect(of("run_end")[0]?.outcome).toBe("limited");
    expect(() => alone({ limits: { cost: 0 } })).toThrow("limits.cost must be a number above 0, or null for no limit");
  });

  it("obeys what it receives: quarantine ends the run that is under way, even once it is lifted, and says when nothing gets past", async () => {
    const { guard, of } = alone({ toolGraceMs: 10 });
    const run = guard.beginRun();
    const tool = await guard.beforeTool("t", 1, { run });
    const working = guard.race(tool, new Promise(() => {}));
    const quarantine = directive({ status: "quarantined", reason: "spending" });
    guard.receive(quarantine);
    expect((await held("quarantined", guard.beforeModel({ run }))).message).toBe("Stopped by Sentinel: this agent is quarantined: spending."); // prettier-ignore
    await held(
      "quarantined",
      guard.run(() => "never"),
    );
    expect(of("heartbeat").some((e) => e.enforced)).toBe(false);
    guard.afterTool(tool, undefined, { error: await held("ended", working) });
    expect(of("heartbeat").at(-1)).toMatchObject({ enforced: true, directive_version: quarantine.version });
    guard.receive(directive({}));
    await held("ended", guard.beforeModel({ run }));
    guard.endRun(run);
    expect(of("run_end")[0]?.outcome).toBe("stopped");
    expect(await guard.run(() => "released")).toBe("released");
  });

  it("restricts: a revoked tool, a lower temperature, an earlier prompt, or says that it cannot", async () => {
    const { guard, of } = alone({ knownPrompts: [{ text: "Old." }] });
    guard.receive(directive({
      revoked_tools: ["t"], prompt: { rollback_to: hashText("Old.") },
      autonomy: { level: "reduced", max_model_calls: null, max_tool_calls: null, temperature: 0.2 },
    })); // prettier-ignore
    expect((await held("revoked", guard.beforeTool("t"))).endsRun).toBe(false);
    const call = await guard.beforeModel({ prompt: "New.", temperature: 0.9 });
    expect([call.prompt, call.temperature, call.rolledBack, call.lowered]).toEqual(["Old.", 0.2, true, true]);
    guard.afterModel(call);
    expect(of("model_call")[0]?.prompt_hash).toBe(hashText("Old."));
    const cooler = await guard.beforeModel({ temperature: 0.1 });
    expect(cooler.temperature).toBe(0.1);
    guard.withoutPromptSeat();
    expect(of("heartbeat").at(-1)?.attributes).toMatchObject({ cannot: "rollback_prompt" });
  });

  it("holds nothing with enforce: false", async () => {
    const { guard, events } = alone({ enforce: false, limits: { identicalCalls: 1 } });
    guard.receive(directive({ status: "quarantined" }));
    await guard.run(async () => {
      for (let i = 0; i < 3; i++) guard.afterTool(await guard.beforeTool("t", 1), "same");
    });
    expect(events.filter((e) => e.kind === "tool_call")).toHaveLength(3);
    expect(events.some((e) => e.enforced)).toBe(false);
  });

  it("tells a failed run from a cancelled one, and leaves no call past the gate", async () => {
    const { guard, of } = alone();
    const fail = (error: Error) => guard.run(async () => (await guard.beforeTool("t"), Promise.reject(error)));
    await expect(fail(new RangeError("secret"))).rejects.toThrow("secret");
    await expect(fail(new DOMException("gone", "AbortError"))).rejects.toThrow("gone");
    expect(of("run_end").map((e) => [e.outcome, e.error_type])).toEqual([["error", "RangeError"], ["cancelled", undefined]]); // prettier-ignore
    guard.receive(directive({}));
    expect(of("heartbeat").at(-1)).toMatchObject({ enforced: true, attributes: { in_flight: 0 } });
  });
});

describe("a registration", () => {
  it.each(["guard", "reporter"])("that failed at the start is repeated: %s", async (kind) => {
    const server = await startFakeSentinel();
    let refused = 0;
    server.interfere((r) => (r.path === "/api/v1/agents/register" && refused++ < 1 ? { status: 503 } : null));
    const options = { agentId: "a", url: server.url, key: server.key, pollSeconds: 1 };
    const made = kind === "guard" ? createGuard(options) : createReporter(options);
    await server.until(() => server.registrations.length === 1);
    expect(server.registrations[0]).toMatchObject({ agent_id: "a", enforcement: kind === "guard" });
    await made.close(10);
    await server.stop();
  });
});
