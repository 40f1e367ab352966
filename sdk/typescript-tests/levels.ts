import type { HandOver, QueuedTask } from "@sentinel/agents";
import { expect, it } from "vitest";
import { bench, look, type Play, say, slowTool } from "./bench.js";

interface Framework {
  play: Play;
  toolName?: string;
  /** A tool call in flight can be called off; else the run ends once the tool has. */
  callsOff?: boolean;
}

/** The levels of a quarantine, as every framework has to hold them. */
export function levels({ play, toolName = "lookup", callsOff = true }: Framework) {
  const b = bench(play);

  it("hold_new: a run in progress finishes, a new one waits, and starts when it is released", async () => {
    const asked: QueuedTask[] = [];
    const guard = b.watch({ onQueued: (task) => (asked.push(task), "keep") });
    const { work, begun, free } = slowTool(b.ran);
    const running = b.played(guard, [look("a"), look("b"), say("done")], work);
    await begun;
    const { version } = b.server.direct("a", { status: "quarantined", level: "hold_new", reason: "looping" });
    await b.enforced(version);
    free();
    expect(await running).toContain("done");
    expect(b.ran).toEqual(["a", "b"]);
    await b.ended(1);

    const waiting = b.played(guard, [look("c"), say("done, too")]);
    await b.server.until(() => b.server.of("a", "queued_task").length === 1);
    expect(asked).toMatchObject([{ level: "hold_new", reason: "looping" }]);
    expect(b.ran).toEqual(["a", "b"]);
    b.server.direct("a", { status: "run", level: null });
    expect(await waiting).toContain("done, too");
    expect(b.ran).toEqual(["a", "b", "c"]);
    await b.ended(2);
    expect(b.outcomes()).toEqual(["success", "success"]);
  });

  it("drain: the call in flight finishes, nothing further starts, and it is confirmed then", async () => {
    const guard = b.watch();
    const { work, begun, free } = slowTool(b.ran);
    const running = b.played(guard, [look("a"), look("b"), say("never")], work);
    await begun;
    const { version } = b.server.direct("a", { status: "quarantined", level: "drain", reason: "looping" });
    await b.heard(version);
    expect(b.isEnforced(version)).toBe(false);
    free();
    expect(await running).toContain("quarantine");
    await b.enforced(version);
    expect(await b.played(guard, [look("c"), say("never")])).toContain("quarantine");
    expect(b.ran).toEqual(["a"]);
    expect(b.server.of("a", "tool_call")).toMatchObject([{ tool: toolName, success: true }]);
    expect(b.server.of("a", "queued_task")).toEqual([]);
  });

  it("hand_over: like drain, and the host hears once who takes over and which tasks wait", async () => {
    const hands: HandOver[] = [];
    const guard = b.watch({
      onQueued: () => "reassign",
      onHandOver: (hand) => (hands.push(hand), [{ taskId: "in the host's queue", decision: "reassign" }]),
    });
    const { work, begun, free } = slowTool(b.ran);
    const running = b.played(guard, [look("a"), look("b"), say("never")], work);
    await begun;
    const { version } = b.server.direct("a", { status: "quarantined", level: "hand_over", hand_over_to: "b" });
    await b.heard(version);
    free();
    expect(await running).toContain("quarantine");
    await b.enforced(version);
    expect(await b.played(guard, [look("c"), say("never")])).toContain("quarantine");
    await b.server.until(() => b.server.of("a", "queued_task").length === 2);
    expect(hands).toMatchObject([{ to: "b", queued: [] }]);
    const told = b.server.of("a", "queued_task").map((e) => [e.task_id, e.outcome, e.attributes?.["to"]]);
    expect(told[0]).toEqual(["in the host's queue", "reassign", "b"]);
    expect(told[1]?.slice(1)).toEqual(["reassign", "b"]);
    expect(b.ran).toEqual(["a"]);
  });

  it("kill: a call in flight is called off, and its thread goes on after the release without it", async () => {
    const guard = b.watch();
    const { work, begun, free, signal } = slowTool(b.ran);
    const running = b.played(guard, [look("a"), say("never")], work, { threadId: "t" });
    await begun;
    const { version } = b.server.direct("a", { status: "quarantined", level: "kill", reason: "looping" });
    await b.server.until(() => b.server.of("a", "tool_call").length === 1);
    expect(b.server.of("a", "tool_call")).toMatchObject([{ tool: toolName, outcome: "unknown" }]);
    if (callsOff) expect(signal()?.aborted).toBe(true);
    else {
      expect(b.isEnforced(version)).toBe(false);
      free();
    }
    expect(await running).toContain("quarantine");
    await b.enforced(version);
    free();
    expect(b.server.of("a", "tool_call")).toHaveLength(1);

    const released = b.server.direct("a", { status: "run", level: null });
    await b.heard(released.version);
    const turns = [look("a"), look("b"), say("done otherwise")];
    expect(await b.played(guard, turns, work, { threadId: "t" })).toContain("done otherwise");
    expect(b.ran).toEqual(["a", "b"]);
    expect(await b.played(guard, [look("a"), say("elsewhere")], work, { threadId: "u" })).toContain("elsewhere");
    expect(b.ran).toEqual(["a", "b", "a"]);
  });

  it("kill: a call with its idempotency key is made again in its thread", async () => {
    const guard = b.watch({ idempotencyKey: (tool, args) => `${tool} ${JSON.stringify(args)}` });
    const { work, begun, free } = slowTool(b.ran);
    const running = b.played(guard, [look("a"), say("never")], work, { threadId: "t" });
    await begun;
    b.server.direct("a", { status: "quarantined", level: "kill" });
    await b.server.until(() => b.server.of("a", "tool_call").length === 1);
    free();
    await running;
    const { version } = b.server.direct("a", { status: "run", level: null });
    await b.heard(version);
    expect(await b.played(guard, [look("a"), say("done")], work, { threadId: "t" })).toContain("done");
    expect(b.ran).toEqual(["a", "a"]);
  });
}
