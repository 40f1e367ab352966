import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { AIMessage, createAgent, fakeModel, HumanMessage, tool } from "langchain";
import { z } from "zod";
import { createGuard } from "./guard.js";
import { SentinelHold } from "./hold.js";
import { sentinel } from "./langchain/index.js";
import type { Guard } from "./seat.js";

/**
 * For trials of whole systems: a host process with agents that do no real work. Its only argument is a `Setting` as JSON; it takes orders as lines
 * on stdin, and answers each with one line of JSON.
 */
interface Setting {
  url: string;
  key: string;
  agentType: string;
  /** By name; `bufferSize`: of its client. */
  agents: { id: string; langchain: boolean; bufferSize?: number }[];
  /** From one run of an agent to its next. */
  paceMs: number;
}
/**
 * `work`: from now on each agent makes a run again and again. `loop`, `overspend`: each makes one run that asks for the same tool, or the model,
 * so often; the answer says how often it was let. `stats`: what waits. `rest`: no further runs; everything is sent. `flood`: one model call after
 * another, each with the next of these token counts, until one is held.
 */
type Order =
  | { do: "work" | "stats" | "rest" }
  | { do: "loop" | "overspend"; times: number }
  | { do: "learn"; tokens: number[] }
  | { do: "flood"; tokens: number[]; everyMs: number };

/** For everything that waits to be sent once Sentinel is there again: minutes, since how busy it is then must not decide. */
const SEND_MS = 5 * 60_000;
const INPUT_TOKENS = 100;
const OUTPUT_TOKENS = 20;

const { url, key, agentType, agents, paceMs } = JSON.parse(process.argv[2] ?? "") as Setting;

interface Made {
  models: number;
  tools: number;
}

interface Host {
  id: string;
  guard: Guard;
  /** One run, which asks for so many model calls, and so many calls of the same tool with the same arguments; it counts those that were let. Throws what the host would see. */
  run: (models: number, tools: number, made: Made) => Promise<void>;
  made: Made;
  slowestMs: number;
  errors: string[];
  held: number;
}

function hostOf({ id, langchain, bufferSize }: Setting["agents"][number]): Host {
  const options = { agentId: id, agentType, url, key, ...(bufferSize && { bufferSize }) };
  const middleware = langchain ? sentinel(options) : null;
  const guard = middleware?.guard ?? createGuard(options);
  const host = { id, guard, made: { models: 0, tools: 0 }, slowestMs: 0, errors: [], held: 0 };
  if (!middleware) return { ...host, run: (models, tools, made) => plainRun(guard, made, models, tools) };
  return {
    ...host,
    async run(models, tools, made) {
      const lookup = tool(() => ((made.tools += 1), "found"), { name: "lookup", description: "looks up", schema: z.object({ q: z.string() }) }); // prettier-ignore
      let model = fakeModel();
      for (let i = 1; i < Math.max(models, tools + 1); i++)
        model = model.respondWithTools([{ name: "lookup", args: { q: tools > 0 ? "same" : `${i}` }, id: `c${i}` }]); // prettier-ignore
      const usage_metadata = { input_tokens: INPUT_TOKENS, output_tokens: OUTPUT_TOKENS, total_tokens: INPUT_TOKENS + OUTPUT_TOKENS }; // prettier-ignore
      model = model.respond(new AIMessage({ content: "done", usage_metadata }));
      const agent = createAgent({ model, tools: [lookup], middleware: [middleware] });
      try {
        await agent.invoke({ messages: [new HumanMessage("hello")] }, { recursionLimit: 1_000 });
      } finally {
        made.models += model.calls.length;
      }
    },
  };
}

async function plainRun(guard: Guard, made: Host["made"], models: number, tools: number): Promise<void> {
  await guard.run(async () => {
    for (let i = 0; i < models; i++) await modelCall(guard, made, INPUT_TOKENS);
    for (let i = 0; i < tools; i++) {
      const call = await guard.beforeTool("lookup", { q: "same" });
      made.tools += 1;
      guard.afterTool(call, "found");
    }
  });
}

async function modelCall(guard: Guard, made: Host["made"], input: number): Promise<void> {
  const call = await guard.beforeModel({ model: "m-1", prompt: "Be brief." });
  made.models += 1;
  guard.afterModel(call, { input_tokens: input, output_tokens: OUTPUT_TOKENS });
}

/** A run as its host sees it: a hold is no error. */
async function tried(host: Host, models: number, tools: number): Promise<Made> {
  const began = performance.now();
  const made = { models: 0, tools: 0 };
  try {
    await host.run(models, tools, made);
  } catch (error) {
    if (error instanceof SentinelHold) host.held += 1;
    else host.errors.push(String(error));
  }
  host.slowestMs = Math.max(host.slowestMs, performance.now() - began);
  host.made.models += made.models;
  host.made.tools += made.tools;
  return made;
}

const hosts = agents.map(hostOf);
let working = false;
let works: Promise<void>[] = [];

async function work(host: Host): Promise<void> {
  // Not all at once.
  await wait(Math.random() * paceMs);
  while (working) {
    await tried(host, 2, 1);
    await wait(paceMs);
  }
}

/** What each agent was let do of a run that asks for too much. */
async function tooMuch(models: number, tools: number): Promise<Record<string, number>> {
  const each = hosts.map(async (host) => {
    const made = await tried(host, models, tools);
    return [host.id, models > 0 ? made.models : made.tools] as const;
  });
  return Object.fromEntries(await Promise.all(each));
}

const told = () =>
  hosts.map(({ id, guard, made, slowestMs, errors, held }) => ({
    id,
    made,
    slowestMs,
    errors,
    held,
    ...guard.stats(),
  }));

async function flood(host: Host, tokens: readonly number[], everyMs: number) {
  const sent: [number, number][] = [];
  for (const input of tokens) {
    try {
      sent.push([input, Date.now()]);
      await host.guard.run(() => modelCall(host.guard, host.made, input));
    } catch (error) {
      if (!(error instanceof SentinelHold)) throw error;
      sent.pop();
      break;
    }
    const until = Date.now() + everyMs;
    while (Date.now() < until && host.guard.directive()?.status !== "quarantined") await wait(1);
    if (host.guard.directive()?.status === "quarantined") break;
  }
  return { sent, heldAt: host.guard.directive()?.status === "quarantined" ? Date.now() : null };
}

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case "work":
      working = true;
      works = hosts.map(work);
      return {};
    case "loop":
      return tooMuch(0, order.times);
    case "overspend":
      return tooMuch(order.times, 0);
    case "stats":
      return told();
    case "rest":
      working = false;
      await Promise.all(works);
      // Closed, so that no heartbeat comes after the last one was sent.
      await Promise.all(hosts.map(({ guard }) => guard.close(SEND_MS)));
      return told();
    case "learn":
      for (const host of hosts) {
        for (const input of order.tokens) await host.guard.run(() => modelCall(host.guard, host.made, input));
        await host.guard.flush(SEND_MS);
      }
      return {};
    case "flood":
      return flood(hosts[0]!, order.tokens, order.everyMs);
  }
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await obey(JSON.parse(line) as Order))}\n`);
await Promise.all(hosts.map(({ guard }) => guard.close(10)));
