import type { ModelCall, Told } from "./calls.js";
import { hashTools } from "./hash.js";
import { CUT_OFF, refusal, SentinelHold } from "./hold.js";
import { quietly } from "./quietly.js";
import { count } from "./reading.js";
import type { Guard, ModelAbout } from "./seat.js";

/** The parts of `@openai/agents` that are touched, declared here so that nothing is imported. */
interface Request {
  systemInstructions?: string;
  modelSettings: { temperature?: number };
  tools: readonly { type: string; name?: string; description?: string; parameters?: unknown }[];
  signal?: AbortSignal;
}
type Usage = Record<"inputTokens" | "outputTokens" | "inputTokensDetails" | "outputTokensDetails", unknown>;
interface Answer {
  usage: object;
  output: readonly { type?: string }[];
}
interface Model {
  getResponse(request: never): Promise<Answer>;
  getStreamedResponse(request: never): AsyncIterable<{ type: string }>;
}
interface Provider {
  getModel(name?: string): object | Promise<object>;
}
interface Tool {
  type: string;
  name: string;
  invoke(context: unknown, input: string, details?: unknown): Promise<unknown>;
}
interface Agent {
  name: string;
  model: string | object;
  tools: readonly object[];
  handoffs: readonly object[];
  clone(config: never): object;
}

/** What the SDK answers to the model for a tool that threw (its `errorFunction` unless the host gives another). */
const TOOL_THREW = "An error occurred while running the tool.";

/**
 * A copy of the agent, and of those it hands over to, whose model and function tools ask Sentinel before each call. `provider` finds the model of an
 * agent that names it by a string (such as `new OpenAIProvider()`); without one that throws TypeError. Handoffs made with `handoff(…)` stay as
 * they are: hand them guarded agents.
 */
export function guarded<A extends Agent>(agent: A, guard: Guard, options: { provider?: Provider } = {}): A {
  return guardAgent(agent, guard, options.provider, new Map()) as A;
}

function guardAgent(agent: Agent, guard: Guard, provider: Provider | undefined, known: Map<Agent, object>): object {
  const made = known.get(agent);
  if (made) return made;
  const tools = agent.tools.map((tool) => (isFunctionTool(tool) ? guardTool(tool, guard) : tool));
  const copy = agent.clone({ tools, model: modelOf(agent, guard, provider) } as never) as { handoffs: object[] };
  known.set(agent, copy);
  copy.handoffs = agent.handoffs.map((other) => (isAgent(other) ? guardAgent(other, guard, provider, known) : other));
  return copy;
}

const isFunctionTool = (tool: object): tool is Tool => "type" in tool && tool.type === "function" && "invoke" in tool;
const isAgent = (x: object): x is Agent => "clone" in x && "tools" in x && "handoffs" in x;

function modelOf(agent: Agent, guard: Guard, provider: Provider | undefined): object {
  const { model } = agent;
  if (typeof model !== "string") return guardedModel(model as Model, guard);
  if (!provider)
    throw new TypeError(`the model of agent ${agent.name} is given as a string: pass a provider to guarded()`);
  const found = async () => (await provider.getModel(model || undefined)) as Model;
  const named: Model & { model: string } = {
    model,
    getResponse: async (request) => (await found()).getResponse(request),
    async *getStreamedResponse(request) {
      yield* (await found()).getStreamedResponse(request);
    },
  };
  return guardedModel(named, guard);
}

/** The same tool, whose invocation asks first. A tool that may not run returns the reason to the model. */
function guardTool(tool: Tool, guard: Guard): Tool {
  return {
    ...tool,
    async invoke(context, input, details) {
      try {
        const call = await guard.beforeTool(tool.name, input);
        try {
          const answer = await guard.race(call, tool.invoke(context, input, cancelled(details, call.signal)));
          if (typeof answer === "string" && answer.startsWith(TOOL_THREW)) call.failed();
          guard.afterTool(call, answer);
          return answer;
        } catch (error) {
          guard.afterTool(call, undefined, { error });
          if (call.outcomeUnknown) return CUT_OFF;
          throw error;
        }
      } catch (hold) {
        if (hold instanceof SentinelHold) return refusal(hold);
        throw hold;
      }
    },
  };
}

/** What a tool is told of its call, with a signal that aborts when the call has to end, too. */
function cancelled(details: unknown, signal: AbortSignal): object {
  const given = (details ?? {}) as { signal?: AbortSignal };
  const both = given.signal ? AbortSignal.any([given.signal, signal]) : signal;
  // As they are: some are getters, or have symbols for names.
  return Object.defineProperties({}, { ...Object.getOwnPropertyDescriptors(given), signal: { value: both, enumerable: true, configurable: true, writable: true } }); // prettier-ignore
}

/** The same model, which asks first. For `RunConfig.model`, which replaces the agents' own. */
export function guardedModel<M extends object>(model: M & Model, guard: Guard): M {
  const name = "model" in model && typeof model.model === "string" ? model.model : undefined;

  async function getResponse(request: Request): Promise<Answer> {
    const call = await admit(guard, name, request);
    try {
      const answer = await model.getResponse(restricted(call, request) as never);
      guard.afterModel(
        call,
        quietly(() => read(answer), {}),
      );
      return answer;
    } catch (error) {
      guard.afterModel(call, { error });
      throw error;
    }
  }

  async function* getStreamedResponse(request: Request) {
    const call = await admit(guard, name, request);
    try {
      for await (const event of model.getStreamedResponse(restricted(call, request) as never)) {
        if (event.type === "response_done")
          quietly(() => call.record(read((event as unknown as { response: Answer }).response)));
        yield event;
      }
      call.finish();
    } catch (error) {
      call.finish(error);
      throw error;
    } finally {
      call.abandon();
    }
  }

  return new Proxy(model, {
    get(target, property) {
      if (property === "getResponse") return getResponse;
      if (property === "getStreamedResponse") return getStreamedResponse;
      const own: unknown = Reflect.get(target, property, target);
      return typeof own === "function" ? (own.bind(target) as unknown) : own;
    },
  });
}

function admit(guard: Guard, model: string | undefined, request: Request): Promise<ModelCall> {
  const about = quietly((): ModelAbout => {
    const named = request.tools.flatMap(({ name, description, parameters }) =>
      name ? [{ name, ...(description && { description }), schema: parameters }] : [],
    );
    return {
      ...(model && { model }),
      prompt: request.systemInstructions,
      temperature: count(request.modelSettings.temperature),
      ...(named.length > 0 && { tools_hash: hashTools(named) }),
      tools: named.map(({ name }) => name),
    };
  }, {});
  return guard.beforeModel({ ...about, signal: request.signal });
}

const restricted = (call: ModelCall, request: Request): Request => ({
  ...request,
  ...(call.rolledBack && { systemInstructions: String(call.prompt) }),
  ...(call.lowered && { modelSettings: { ...request.modelSettings, temperature: call.temperature } }),
});

/** A detail of the usage, which is one record or one for each request behind the answer. */
function detail(details: unknown, key: string): number | undefined {
  const found = [details].flat().map((d) => count((d as Record<string, unknown> | undefined)?.[key]));
  return found.reduce((sum, x) => (x === undefined ? sum : (sum ?? 0) + x), undefined);
}

function read({ usage, output }: Answer): Told {
  const u = usage as Usage;
  return {
    input_tokens: count(u.inputTokens),
    output_tokens: count(u.outputTokens),
    cached_input_tokens: detail(u.inputTokensDetails, "cached_tokens"),
    reasoning_tokens: detail(u.outputTokensDetails, "reasoning_tokens"),
    tool_calls: output.filter((item) => item.type === "function_call").length,
  };
}
