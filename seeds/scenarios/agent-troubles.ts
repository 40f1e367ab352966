import type { TrueCause, TrueRemedy } from "@/lib/core/scoring/truth";
import type { Rng } from "../fleet/rng";
import { type AgentSpec, between, drawOutward, hex, type ToolSpec, whole } from "./agent-fleet";
import type { Effect, Trouble } from "./agent-host";

const MINUTE = 60_000;

/** What goes wrong, with whom, and what would be right to say and to do about it. */
export interface AgentFault {
  trouble: Trouble;
  why: string;
  causes: { right: TrueCause[]; acceptable: TrueCause[] };
  remedies: { right: string[]; acceptable: string[] };
  /** Groups of words, one of each of which has to be told. */
  words: string[][];
}

type Draw = (fleet: readonly AgentSpec[], rng: Rng) => AgentFault;

/** Nobody acts on agents for what is not theirs: it is left alone, or waited for. */
const LEFT_ALONE = { right: ["none", "wait"], acceptable: [] };

const kinds = (node: string, ...of: string[]): TrueCause[] => [{ node, kinds: of }];
const acts = (...actions: string[]) => actions;

/** It ends once one of these tools is revoked. */
const without = (tools: readonly ToolSpec[]): Trouble["cures"] =>
  tools.map(({ name }) => ({ order: "revoke_tools", tool: name }));

/** One agent is ill, and goes on until the right thing is done. */
function one(agent: AgentSpec, effect: Effect, cures: Trouble["cures"], rest: Omit<AgentFault, "trouble" | "words"> & Partial<Pick<AgentFault, "words">>): AgentFault {
  return { trouble: { agents: [agent.id], effect, lastsMs: null, cures }, words: [[agent.id]], ...rest };
} // prettier-ignore

const loop: Draw = (fleet, rng) => {
  const agent = rng.pick(fleet);
  const cycle = whole(rng, 1, 2);
  return one(
    agent,
    { circles: { cycle, share: between(rng, 0.85, 1), steps: whole(rng, 40, 90) } },
    [...without(agent.tools.slice(0, cycle)), { order: "reset_memory" }],
    {
      why: `${agent.id} makes the same ${cycle === 1 ? "call" : "calls"} with the same answers, round and round`,
      causes: { right: kinds(agent.id, "infinite_loop"), acceptable: [] },
      remedies: { right: acts("revoke_tools"), acceptable: acts("reset_memory", "reduce_autonomy") },
    },
  );
};

/** What it costs rises first, and is what is noticed; that it goes in circles is why. */
const hiddenLoop: Draw = (fleet, rng) => {
  const agent = rng.pick(fleet);
  const cycle = whole(rng, 2, 3);
  return one(
    agent,
    {
      circles: { cycle, share: between(rng, 0.5, 0.75), steps: whole(rng, 25, 50) },
      growth: { share: between(rng, 0.01, 0.025), upTo: between(rng, 4, 9) },
    },
    [{ order: "reset_memory" }, ...without(agent.tools.slice(0, cycle))],
    {
      why: `${agent.id} asks again for what it was told, and takes every answer along in its context`,
      causes: { right: kinds(agent.id, "infinite_loop"), acceptable: kinds(agent.id, "memory_corruption") },
      remedies: { right: acts("revoke_tools", "reset_memory"), acceptable: acts("reduce_autonomy") },
    },
  );
};

const newPrompt: Draw = (fleet, rng) => {
  const agent = rng.pick(fleet);
  const times = rng.chance(0.5)
    ? { output: between(rng, 3, 7) }
    : { output: between(rng, 2, 4), input: between(rng, 1.5, 2.5) };
  return one(
    agent,
    { promptHash: hex(rng), times: { ...times, latency: between(rng, 1.3, 2) } },
    [{ order: "rollback_prompt" }],
    {
      why: `somebody edited the instructions of ${agent.id} and told nobody; it writes at length since`,
      causes: { right: kinds(agent.id, "prompt_drift"), acceptable: [] },
      remedies: { right: acts("rollback_prompt"), acceptable: [] },
    },
  );
};

/** The text changed behind the same hash: it is put together from parts that the hash does not cover. */
const sameHash: Draw = (fleet, rng) => {
  const agent = rng.pick(fleet);
  return one(
    agent,
    { times: { output: between(rng, 4, 9), latency: between(rng, 1.5, 2.5) } },
    [{ order: "reset_memory" }, { order: "reduce_autonomy" }],
    {
      why: `notes that ${agent.id} keeps of how to answer have come to ask for essays`,
      causes: { right: kinds(agent.id, "prompt_drift"), acceptable: kinds(agent.id, "memory_corruption") },
      remedies: { right: acts("reset_memory"), acceptable: acts("reduce_autonomy") },
    },
  );
};

/** All that use one provider have it: whose fault it is not is theirs. */
const slowProvider: Draw = (fleet, rng) => {
  const { provider } = fleet[0]!;
  const those = fleet.filter((agent) => agent.provider === provider);
  const models = [...new Set(those.map(({ model }) => model))];
  const cause = (key: string): TrueCause => ({ node: key, kinds: ["external_cause"] });
  return {
    trouble: {
      agents: those.map(({ id }) => id),
      effect: {
        times: { latency: between(rng, 6, 14) },
        fails: { tool: null, share: between(rng, 0.02, 0.3) },
        retried: between(rng, 0.1, 0.5),
      },
      lastsMs: between(rng, 3, 6) * MINUTE,
      cures: [],
    },
    why: `${provider} browns out for some minutes`,
    // Where all that use it ask for one model, the two cannot be told apart.
    causes: {
      right: [cause(`provider:${provider}`)],
      acceptable: models.length === 1 ? [cause(`model:${models[0]}`)] : [],
    },
    remedies: LEFT_ALONE,
    words: [["other agents", provider]],
  };
};

const brokenTool: Draw = (fleet, rng) => {
  const agent = rng.pick(fleet);
  const tool = agent.tools[whole(rng, 0, 1)]!.name;
  return one(
    agent,
    { fails: { tool, share: between(rng, 0.7, 1) } },
    [{ order: "revoke_tools", tool }],
    {
      why: `what answers ${tool} for ${agent.id} is down`,
      causes: { right: kinds(agent.id, "tool_instability"), acceptable: [] },
      remedies: { right: acts("revoke_tools"), acceptable: acts("wait", "none") },
      words: [[agent.id], ["tool"]],
    },
  );
}; // prettier-ignore

/** Nothing that is done to the agent brings the old model back. */
const swappedModel: Draw = (fleet, rng) => {
  const agent = rng.pick(fleet);
  return one(
    agent,
    {
      answersAs: `${agent.provider}-${rng.pick(["edge", "turbo", "distilled", "preview"])}-${whole(rng, 1, 9)}`,
      times: { output: between(rng, 3, 6), latency: rng.pick([between(rng, 0.3, 0.5), between(rng, 2, 3)]) },
    },
    [],
    {
      why: `${agent.provider} answers ${agent.id} with another model than it asks for`,
      causes: { right: kinds(agent.id, "external_cause"), acceptable: [] },
      remedies: { right: acts("none", "wait"), acceptable: acts("reduce_autonomy") },
      words: [[agent.id], ["model"]],
    },
  );
};

const outwardOrders: Draw = (fleet, rng) => {
  const agent = rng.pick(fleet);
  const tool = drawOutward(rng);
  const read = agent.tools[0]!;
  return one(
    agent,
    {
      outward: { tool, calls: whole(rng, 2, 5) },
      floods: { tool: read.name, times: between(rng, 6, 20) },
      times: { input: between(rng, 2, 5) },
    },
    [...without([tool, read]), { order: "reset_memory" }],
    {
      why: `a page that ${agent.id} reads with ${read.name} tells it to use ${tool.name}, and it obeys`,
      causes: { right: kinds(agent.id, "prompt_injection"), acceptable: [] },
      remedies: { right: acts("revoke_tools"), acceptable: acts("reset_memory") },
    },
  );
};

const talkative: Draw = (fleet, rng) => {
  const agent = rng.pick(fleet);
  const read = agent.tools[0]!.name;
  return one(
    agent,
    {
      floods: { tool: read, times: between(rng, 8, 25) },
      times: { input: between(rng, 3, 6), output: between(rng, 4, 10) },
    },
    [{ order: "reset_memory" }, { order: "revoke_tools", tool: read }],
    {
      why: `a document that ${agent.id} got from ${read} tells it to print all that it knows, and it obeys`,
      causes: { right: kinds(agent.id, "prompt_injection"), acceptable: [] },
      remedies: { right: acts("revoke_tools", "reset_memory"), acceptable: [] },
    },
  );
};

const swollenMemory: Draw = (fleet, rng) => {
  const agent = rng.pick(fleet);
  return one(
    agent,
    { growth: { share: between(rng, 0.03, 0.08), upTo: between(rng, 5, 12) }, retried: between(rng, 0.1, 0.3) },
    [{ order: "reset_memory" }],
    {
      why: `${agent.id} recalls more with every call, most of it false`,
      causes: { right: kinds(agent.id, "memory_corruption"), acceptable: [] },
      remedies: { right: acts("reset_memory"), acceptable: [] },
    },
  );
};

const falseMemory: Draw = (fleet, rng) => {
  const agent = rng.pick(fleet);
  return one(
    agent,
    {
      times: { input: between(rng, 2, 4) },
      retried: between(rng, 0.4, 0.7),
      fails: { tool: null, share: between(rng, 0.2, 0.4) },
    },
    [{ order: "reset_memory" }],
    {
      why: `${agent.id} remembers something false, and trips over it in every run`,
      causes: { right: kinds(agent.id, "memory_corruption"), acceptable: [] },
      remedies: { right: acts("reset_memory"), acceptable: [] },
    },
  );
};

/** A class's case has the trouble of its number; what is beyond the list is one of it, drawn. */
export const TROUBLES: Record<"behaviour" | "surroundings" | "content", readonly Draw[]> = {
  behaviour: [loop, hiddenLoop, newPrompt, sameHash],
  surroundings: [slowProvider, brokenTool, swappedModel, slowProvider],
  content: [outwardOrders, swollenMemory, talkative, falseMemory],
};

export const remediesOn = (actions: readonly string[], agents: readonly string[]): TrueRemedy[] =>
  actions.flatMap((action) =>
    action === "none" ? [{ action, target: "*" }] : agents.map((target) => ({ action, target })),
  );
