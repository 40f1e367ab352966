import { createAgent, dynamicSystemPromptMiddleware, HumanMessage } from "langchain";
import type { Client, RunIds } from "../../sdk/typescript/index";
import { sentinel } from "../../sdk/typescript/langchain/index";
import type { Inbox } from "./inbox";
import type { Memory } from "./memory";
import { pause, type Provider } from "./provider";
import type { Rng } from "./rng";
import { type AgentSpec, KINDS } from "./roster";
import { ScriptedModel } from "./scripted-model";
import { createTools, type Desk, SIDE_EFFECTS } from "./tools";

/** LangGraph steps of one run: about thirty calls, far above any ordinary task. */
const RECURSION_LIMIT = 60;
/** Rest between two tasks at pace 1, ms: with somewhat over a second a run this gives two to three events a second. */
const REST_MS = 2000;
/** A look into an index or a table over there, ms. Much longer than this machine's own hiccups, which are nobody's illness. */
const TOOL_MS = 45;
/** An agent that is held is asked to work again at this pace, ms. */
const HELD_REST_MS = 1000;

/** What a deployment decides about an agent and can get wrong. */
export interface Deployment {
  prompt: string;
  temperature: number;
}

export interface HostOptions {
  spec: AgentSpec;
  deployment: Deployment;
  client: Client;
  provider: Provider;
  memory: Memory;
  inbox: Inbox;
  desk: Omit<Desk, "agentId" | "note" | "learn" | "inbox" | "work">;
  rng: Rng;
  pace: number;
  timeScale: number;
  /** How long a tool may still run once the agent is held, ms. */
  toolGraceMs: number;
  heartbeatMs: number;
  successor: (id: string) => void;
}

/** One real agent at work: takes a task, runs it, rests, takes the next. */
export function startHost(o: HostOptions) {
  const { spec, deployment, memory, rng } = o;
  const kind = KINDS[spec.type];
  const stopped = new AbortController();
  let runs = 0;
  /** Of the run under way. Each has its own: LangGraph leaves listeners behind on the signal that it is given. */
  let running = new AbortController();

  const watch = sentinel({
    agentId: spec.id,
    agentType: spec.type,
    client: o.client,
    environment: "demo",
    version: "2026.11",
    mcpServers: kind.mcpServers,
    prices: { [o.provider.model]: o.provider.price },
    sideEffects: SIDE_EFFECTS,
    memory: (epoch) => `${spec.id}/${epoch}`,
    clone: o.successor,
    toolGraceMs: o.toolGraceMs,
    heartbeatMs: o.heartbeatMs,
  });
  const space = () => watch.guard.memoryNamespace();
  const all = createTools({
    ...o.desk,
    agentId: spec.id,
    work: (signal) => pause(TOOL_MS * rng.lognormal(0.3) * o.timeScale, signal),
    note: (text) => memory.note(space(), text),
    learn: (lesson) => memory.learn(space(), lesson),
    inbox: o.inbox,
  });
  const agent = createAgent({
    model: new ScriptedModel({ provider: o.provider, rng, settings: deployment }),
    tools: kind.tools.map((name) => all[name]),
    middleware: [dynamicSystemPromptMiddleware(() => deployment.prompt), watch],
  });

  function message(task: string): HumanMessage {
    const { recent, lessons } = memory.read(space());
    const notes = `${task}\nNotes from earlier work:\n- ${recent.join("\n- ")}`;
    return new HumanMessage(lessons.length > 0 ? `${notes}\nLessons:\n- ${lessons.join("\n- ")}` : notes);
  }

  /** Runs one task; the answer's text, or null when the run was stopped or failed. */
  async function run(task: string, parent: RunIds | null): Promise<string | null> {
    const configurable = {
      task_id: `${spec.id}-${++runs}`,
      ...(parent && { parent_run_id: parent.runId, root_run_id: parent.rootRunId }),
    };
    running = new AbortController();
    try {
      const config = { configurable, recursionLimit: RECURSION_LIMIT, signal: running.signal };
      const { messages } = await agent.invoke({ messages: [message(task)] }, config);
      const last = messages.at(-1);
      return last === undefined || "sentinel" in last.response_metadata ? null : last.text;
    } catch {
      // A run that fails is an agent's everyday; Sentinel hears of it through the SDK, and the next task follows.
      return null;
    }
  }

  async function work() {
    await pause(rng.next() * REST_MS * (o.timeScale / o.pace), stopped.signal);
    while (!stopped.signal.aborted) {
      const handed = o.inbox.take(spec.id);
      const answer = await run(handed?.task ?? kind.task(rng), handed?.run ?? null);
      if (handed && answer !== null) o.inbox.report(handed.from, answer);
      const rest = (REST_MS * rng.lognormal(0.4)) / o.pace;
      await pause((answer === null ? Math.max(rest, HELD_REST_MS) : rest) * o.timeScale, stopped.signal);
    }
  }
  const working = work().catch(() => {});

  return {
    spec,
    tools: kind.tools,
    guard: watch.guard,
    namespace: space,
    async stop() {
      stopped.abort();
      running.abort();
      await working;
      await watch.guard.close(1000);
    },
  };
}
export type Host = ReturnType<typeof startHost>;
