import { hashText } from "@sentinel/agents";
import { expect, it } from "vitest";
import { bench, look, type Play, say, type Tool } from "./bench.js";

export const SYSTEM = "Be brief.";
const LIMIT = 8;

interface Framework {
  play: Play;
  /** Whether the prompt of a request can be replaced; if so, the system prompts that the model was sent. */
  prompts?: () => string[];
  /** Tokens of a run are known, and those of each model call. */
  usageOfCalls?: boolean;
  toolName?: string;
}

/** The same misbehaviours for every framework: a loop, a hold in mid-run, a revoked tool, failing tools, and an ordinary run beside them. */
export function misbehaviours({ play, prompts, usageOfCalls = true, toolName = "lookup" }: Framework) {
  const b = bench(play);
  const { watch, ran, played, heard, enforced, ended, outcomes } = b;

  it("leaves an ordinary run untouched, and reports it", async () => {
    const turns = [look("a"), look("b"), look("c"), say("done")];
    const unwatched = await played(null, turns);
    const guard = watch();
    expect(await played(guard, turns)).toBe(unwatched);
    expect(unwatched).toContain("done");
    expect(ran).toEqual(["a", "b", "c", "a", "b", "c"]);
    await ended(1);
    const kinds = b.server.events.map((e) => e.kind).filter((kind) => kind !== "heartbeat");
    const counts = (kind: string) => kinds.filter((k) => k === kind).length;
    expect(["run_start", "model_call", "tool_call", "run_end"].map(counts)).toEqual([1, 4, 3, 1]);
    expect(new Set(b.server.events.flatMap((e) => e.run_id ?? [])).size).toBe(1);
    for (const event of b.server.of("a", "model_call")) {
      expect(event).toMatchObject({ input_tokens: 10, success: true });
      if (usageOfCalls) expect(event).toMatchObject({ output_tokens: 5, token_count: 15 });
    }
    for (const event of b.server.of("a", "tool_call")) expect(event).toMatchObject({ tool: toolName, success: true });
    expect(b.server.of("a", "run_end")[0]).toMatchObject({ outcome: "success", tool_calls: 3, token_count: 60 });
    const everything = JSON.stringify(b.server.events);
    for (const secret of ["found", "done", SYSTEM]) expect(everything).not.toContain(secret);
  });

  it("holds a loop of identical calls at the breaker's limit", async () => {
    const guard = watch();
    const answer = await played(guard, [...Array.from({ length: 20 }, () => look("same")), say("never")]);
    expect(ran).toHaveLength(LIMIT);
    expect(answer).toContain("identical calls");
    await ended(1);
    expect(b.server.of("a", "run_end")[0]).toMatchObject({ outcome: "limited", attributes: { refused_tool_calls: 2 } });
  });

  it("holds in mid-run by a directive, and the release lets the agent go on", async () => {
    const guard = watch();
    const work: Tool = async (q) => {
      ran.push(q);
      if (q !== "b") return "found";
      b.server.direct("a", { status: "quarantined", reason: "spending" });
      await heard(2);
      return "found";
    };
    expect(await played(guard, [look("a"), look("b"), look("c"), say("never")], work)).toContain("quarantine");
    expect(ran).toEqual(["a", "b"]);
    await enforced(2);
    expect(await played(guard, [look("d"), say("never")])).toContain("quarantine");
    expect(ran).toEqual(["a", "b"]);
    b.server.direct("a", { status: "run" });
    await enforced(3);
    expect(await played(guard, [look("e"), say("released")])).toContain("released");
    await ended(2);
    expect(outcomes()).toEqual(["stopped", "success"]);
  });

  it("does not run a revoked tool, and tells the model", async () => {
    b.server.direct("a", { revoked_tools: [toolName] });
    const guard = watch();
    expect(await played(guard, [look("a"), say("without it")])).toContain("without it");
    expect(ran).toEqual([]);
    await ended(1);
    await enforced(2);
    expect(b.server.of("a", "run_end")[0]).toMatchObject({ attributes: { refused_tool_calls: 1 } });
  });

  it("ends a run at its budget of the directive", async () => {
    b.server.direct("a", { budgets: [{ id: "b", measure: "tool_calls", limit: 2, at_limit: "stop", more: {} }] });
    const guard = watch();
    const turns = [look("a"), look("b"), look("c"), say("enough")];
    expect(await played(guard, turns)).toContain("enough");
    expect(ran).toEqual(["a", "b"]);
  });

  it("sends an earlier prompt, or says that it cannot", async () => {
    b.server.direct("a", { prompt: { rollback_to: hashText("Old.") } });
    const guard = watch({ knownPrompts: [{ text: "Old." }] });
    expect(await played(guard, [look("a"), say("done")])).toContain("done");
    await ended(1);
    if (prompts) expect(new Set(prompts())).toEqual(new Set(["Old."]));
    else expect(b.server.of("a", "heartbeat").at(-1)?.attributes).toMatchObject({ cannot: "rollback_prompt" });
  });

  it("reports a tool that fails as failing", async () => {
    const guard = watch();
    const work: Tool = () => Promise.reject(new RangeError("secret detail"));
    expect(await played(guard, [look("a"), look("b"), say("gave up")], work)).toContain("gave up");
    await ended(1);
    expect(b.server.of("a", "tool_call").map((e) => [e.success, e.retries])).toEqual([[false, 0], [false, 1]]); // prettier-ignore
    expect(JSON.stringify(b.server.events)).not.toContain("secret detail");
  });
}
