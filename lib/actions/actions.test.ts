import { describe, expect, it, vi } from "vitest";
import { ZodError } from "zod";
import { AGENT_ACTIONS, type AgentAction } from "@/lib/core/base/vocabulary";
import type { ActionPatch, AgentFacts } from "./action";
import { ACTIONS } from "./index";
import { blastRadiusOf, perform, prepareAction } from "./perform";

const FACTS: AgentFacts = {
  id: "billing",
  enforcement: true,
  cannot: [],
  canClone: true,
  promptHash: "new",
  goodPromptHash: "good",
  heldPrompts: [],
  directive: null,
  suspectTools: ["refund", "search"],
};
const DIRECTIVE = { memoryEpoch: 2, revokedTools: ["shell"], autonomy: { level: "full" } } as const;

describe("what an action is", () => {
  it("asks for what reaches into the agent, and says truly what can be undone", () => {
    const risks = (risk: string) => AGENT_ACTIONS.filter((a) => ACTIONS[a].risk === risk);
    expect(risks("reversible")).toEqual(["reduce_autonomy", "revoke_tools"]);
    expect(risks("hard_to_undo")).toEqual(["reset_memory", "rollback_prompt", "clone_agent"]);
    expect(risks("none")).toEqual(["wait", "notify"]);
    for (const a of AGENT_ACTIONS) if (ACTIONS[a].undo !== null) expect(ACTIONS[a].reversible).toBe(true);
    expect(ACTIONS.clone_agent).toMatchObject({ reversible: false, undo: null });
  });

  it("has words of its own", () => {
    expect(new Set(AGENT_ACTIONS.map((a) => ACTIONS[a].label)).size).toBe(AGENT_ACTIONS.length);
    for (const a of AGENT_ACTIONS) expect(ACTIONS[a].expected).toMatch(/^[A-Z].+\.$/);
  });

  it("retires exactly those agents whose directive says so, and then cannot be undone", async () => {
    for (const action of AGENT_ACTIONS) {
      const { patch } = await performed(action, FACTS);
      expect(ACTIONS[action].retires === true, action).toBe(patch?.status === "retired");
      if (ACTIONS[action].retires) expect(ACTIONS[action].undo).toBeNull();
    }
  });
});

/** The directive that an action issues on facts that allow it, and what it reports. */
async function performed(action: AgentAction, facts: AgentFacts) {
  const prepared = prepareAction(action, facts);
  if (!prepared.possible) throw new Error(prepared.reason);
  const issue = vi.fn<(patch: ActionPatch) => Promise<{ version: number }>>().mockResolvedValue({ version: 7 });
  const result = await perform(action, { directives: { issue } }, prepared.args);
  return { args: prepared.args, result, patch: issue.mock.calls[0]?.[0], blast: blastRadiusOf(action, prepared.args) };
}

describe("carried out", () => {
  it.each<[AgentAction, Partial<AgentFacts>, object, ActionPatch | undefined, string, RegExp]>([
    ["reset_memory", {}, { epoch: 1 }, { status: "run", memoryEpoch: 1 }, "memory epoch 1", /empty namespace/],
    [
      "reset_memory",
      { directive: DIRECTIVE },
      { epoch: 3 },
      { status: "run", memoryEpoch: 3 },
      "memory epoch 3",
      /empty namespace/,
    ],
    [
      "rollback_prompt",
      {},
      { to: "good", from: "new" },
      { status: "run", rollbackTo: "good" },
      "prompt good",
      /earlier prompt/,
    ],
    [
      "reduce_autonomy",
      { directive: DIRECTIVE },
      { max_model_calls: 6, max_tool_calls: 6 },
      { status: "run", autonomy: { level: "reduced", max_model_calls: 6, max_tool_calls: 6, temperature: 0 } },
      "at most 6 model and 6 tool calls a run",
      /6 model calls and 6 tool calls/,
    ],
    [
      "revoke_tools",
      { directive: DIRECTIVE },
      { tools: ["refund"], all: ["shell", "refund"] },
      { status: "run", revokedTools: ["shell", "refund"] },
      "revoked refund",
      /loses refund/,
    ],
    [
      "clone_agent",
      {},
      { successor: "billing~2" },
      { status: "retired", successor: "billing~2" },
      "successor billing~2",
      /billing~2 takes over/,
    ],
    [
      "clone_agent",
      { id: "a~b~9" },
      { successor: "a~b~10" },
      { status: "retired", successor: "a~b~10" },
      "successor a~b~10",
      /retired permanently/,
    ],
    ["wait", {}, {}, undefined, "nothing was changed", /^Nothing is changed$/],
    ["notify", {}, {}, undefined, "nothing was changed", /^Nothing is changed$/],
  ])("%s %j", async (action, facts, args, patch, detail, blast) => {
    const done = await performed(action, { ...FACTS, ...facts });
    expect(done.args).toEqual(args);
    expect(done.patch).toEqual(patch);
    expect(done.result).toEqual({ version: patch === undefined ? null : 7, detail });
    expect(done.blast).toMatch(blast);
  });
});

describe("why it cannot be done now", () => {
  const CHANGING = AGENT_ACTIONS.filter((action) => action !== "wait" && action !== "notify");
  it.each<[AgentAction, Partial<AgentFacts>, string]>([
    ["rollback_prompt", { goodPromptHash: null }, "no earlier prompt is known to be good"],
    ["rollback_prompt", { promptHash: "good" }, "the prompt in use is the last good one"],
    ["rollback_prompt", { heldPrompts: ["new"] }, "the SDK no longer holds the last good prompt"],
    ["reduce_autonomy", { directive: { ...DIRECTIVE, autonomy: { level: "reduced" } } }, "autonomy is already reduced"],
    ["revoke_tools", { suspectTools: [] }, "no tool is implicated"],
    ["clone_agent", { canClone: false }, "its host registered no factory"],
    ...CHANGING.map((a): [AgentAction, Partial<AgentFacts>, string] => [
      a,
      { enforcement: false },
      "its host does not enforce directives",
    ]),
    ...AGENT_ACTIONS.map((a): [AgentAction, Partial<AgentFacts>, string] => [
      a,
      { cannot: [a] },
      "an instance reported that it cannot do this",
    ]),
  ])("%s %j: %s", (action, facts, reason) => {
    expect(prepareAction(action, { ...FACTS, ...facts })).toEqual({ possible: false, reason });
  });

  it.each(["wait", "notify"] as const)("%s needs no host that obeys", (action) =>
    expect(prepareAction(action, { ...FACTS, enforcement: false })).toEqual({ possible: true, args: {} }),
  );

  it("what is not known of a host stands in nobody's way", () => {
    for (const action of AGENT_ACTIONS)
      expect(prepareAction(action, { ...FACTS, enforcement: null }).possible, action).toBe(true);
  });
});

describe("arguments that are not its own", () => {
  it.each<[AgentAction, unknown]>([
    ["reset_memory", { epoch: 0 }],
    ["reset_memory", { epoch: 1, more: 1 }],
    ["rollback_prompt", { to: "", from: null }],
    ["reduce_autonomy", { max_model_calls: 1.5, max_tool_calls: 1 }],
    ["revoke_tools", { tools: [], all: ["a"] }],
    ["clone_agent", {}],
    ["wait", { anything: 1 }],
    ["notify", null],
  ])("%s refuses %j, and issues nothing", async (action, args) => {
    const issue = vi.fn<(patch: ActionPatch) => Promise<{ version: number }>>();
    await expect(perform(action, { directives: { issue } }, args)).rejects.toThrow(ZodError);
    expect(() => blastRadiusOf(action, args)).toThrow(ZodError);
    expect(issue).not.toHaveBeenCalled();
  });
});
