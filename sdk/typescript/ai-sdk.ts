import type { ModelCall, Told } from "./calls.js";
import { hashTools } from "./hash.js";
import { CUT_OFF, refusal, SentinelHold } from "./hold.js";
import { quietly } from "./quietly.js";
import { count, text } from "./reading.js";
import { insideRun } from "./runs.js";
import type { Guard, ModelAbout } from "./seat.js";

/** The parts of the AI SDK's language model specification v3 that are touched, declared here so that nothing is imported. */
interface Params {
  prompt: readonly { role: string; content: unknown }[];
  temperature?: number;
  tools?: readonly { type: string; name: string; description?: string; inputSchema?: unknown }[];
  abortSignal?: AbortSignal;
}
interface Usage {
  inputTokens: { total?: number; cacheRead?: number; cacheWrite?: number };
  outputTokens: { total?: number; reasoning?: number };
}
interface Finish {
  usage?: Usage;
  finishReason?: { unified?: string };
}
interface Generated extends Finish {
  content: readonly { type: string }[];
  response?: { modelId?: string };
}
interface Streamed<Part> {
  stream: ReadableStream<Part>;
}
interface Identified {
  modelId: string;
  provider: string;
}

/**
 * Middleware for `wrapLanguageModel`: each model call asks Sentinel first. A held one throws SentinelHold, which `generateText` passes on. Put the
 * calls of one request inside `guard.run(…)`.
 */
export function sentinelMiddleware(guard: Guard) {
  return {
    specificationVersion: "v3" as const,
    async wrapGenerate<R extends Generated, P extends Params>(o: {
      doGenerate: () => PromiseLike<R>;
      params: P;
      model: Identified & { doGenerate(params: P): PromiseLike<R> };
    }): Promise<R> {
      const call = await admit(guard, o.model, o.params);
      try {
        const params = restricted(call, o.params);
        const answer = await (params === o.params ? o.doGenerate() : o.model.doGenerate(params));
        guard.afterModel(
          call,
          quietly(() => readGenerated(answer), {}),
        );
        return answer;
      } catch (error) {
        guard.afterModel(call, { error });
        throw error;
      }
    },
    async wrapStream<Part extends { type: string }, R extends Streamed<Part>, P extends Params>(o: {
      doStream: () => PromiseLike<R>;
      params: P;
      model: Identified & { doStream(params: P): PromiseLike<R> };
    }): Promise<R> {
      const call = await admit(guard, o.model, o.params);
      try {
        const params = restricted(call, o.params);
        const answer = await (params === o.params ? o.doStream() : o.model.doStream(params));
        return { ...answer, stream: watched(answer.stream, call) };
      } catch (error) {
        guard.afterModel(call, { error });
        throw error;
      }
    },
  };
}

/** The stream as it is; its end is the end of the call. */
function watched<Part extends { type: string }>(stream: ReadableStream<Part>, call: ModelCall): ReadableStream<Part> {
  const reader = stream.getReader();
  const began = performance.now();
  let first = true;
  let toolCalls = 0;
  function see(part: Part & { delta?: unknown; modelId?: unknown; error?: unknown } & Finish) {
    if (first && part.type.endsWith("-delta")) {
      first = false;
      call.record({ ttft_ms: performance.now() - began });
    }
    if (part.type === "tool-call") toolCalls++;
    if (part.type === "response-metadata") call.record({ response_model: text(part.modelId) });
    if (part.type === "finish") call.record({ ...readFinish(part), tool_calls: toolCalls });
    if (part.type === "error") call.finish(part.error ?? new Error("stream error"));
  }
  return new ReadableStream<Part>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          call.finish();
          controller.close();
          return;
        }
        quietly(() => see(value as never));
        controller.enqueue(value);
      } catch (error) {
        call.finish(error);
        controller.error(error);
      }
    },
    async cancel(reason) {
      call.abandon();
      await reader.cancel(reason);
    },
  });
}

function admit(guard: Guard, { modelId, provider }: Identified, params: Params): Promise<ModelCall> {
  const about = quietly((): ModelAbout => {
    const tools = (params.tools ?? []).map(({ name, description, inputSchema }) => ({
      name,
      ...(description && { description }),
      schema: inputSchema,
    }));
    const system = params.prompt.filter(({ role }) => role === "system").map(({ content }) => String(content));
    return {
      model: text(modelId),
      provider: text(provider),
      prompt: system.length > 0 ? system.join("\n") : undefined,
      temperature: count(params.temperature),
      ...(tools.length > 0 && { tools_hash: hashTools(tools) }),
      tools: tools.map(({ name }) => name),
    };
  }, {});
  return guard.beforeModel({ ...about, signal: params.abortSignal });
}

function restricted<P extends Params>(call: ModelCall, params: P): P {
  if (!call.rolledBack && !call.lowered) return params;
  const rest = params.prompt.filter(({ role }) => role !== "system");
  return {
    ...params,
    ...(call.rolledBack && { prompt: [{ role: "system", content: String(call.prompt) }, ...rest] }),
    ...(call.lowered && { temperature: call.temperature }),
  };
}

const readFinish = ({ usage, finishReason }: Finish): Told => ({
  finish_reason: text(finishReason?.unified),
  input_tokens: count(usage?.inputTokens.total),
  output_tokens: count(usage?.outputTokens.total),
  cached_input_tokens: count(usage?.inputTokens.cacheRead),
  cache_write_tokens: count(usage?.inputTokens.cacheWrite),
  reasoning_tokens: count(usage?.outputTokens.reasoning),
});

const readGenerated = (answer: Generated): Told => ({
  ...readFinish(answer),
  response_model: text(answer.response?.modelId),
  tool_calls: answer.content.filter(({ type }) => type === "tool-call").length,
});

interface ToolOptions {
  abortSignal?: AbortSignal;
}
type Execute = (input: never, options: never) => unknown;

/**
 * The same tools, whose execution asks Sentinel first. One that may not run throws, and the AI SDK shows the reason to the model. Tools without
 * `execute` (of the client, or of the provider) stay as they are.
 */
export function guardedTools<T extends Record<string, object>>(tools: T, guard: Guard): T {
  const guardedOnes = Object.entries(tools).map(([name, tool]) => {
    const { execute } = tool as { execute?: Execute };
    return [
      name,
      execute ? { ...tool, execute: guardedExecute(name, execute.bind(tool), isGenerator(execute), guard) } : tool,
    ];
  });
  return Object.fromEntries(guardedOnes) as T;
}

const isGenerator = (f: unknown) => Object.prototype.toString.call(f) === "[object AsyncGeneratorFunction]";

function guardedExecute(name: string, execute: Execute, streams: boolean, guard: Guard): unknown {
  async function admitted(input: unknown, options: ToolOptions | undefined) {
    try {
      const signal = options?.abortSignal;
      const call = await guard.beforeTool(name, input, { signal });
      return {
        call,
        options: { ...options, abortSignal: signal ? AbortSignal.any([signal, call.signal]) : call.signal },
      };
    } catch (hold) {
      throw hold instanceof SentinelHold ? new Error(refusal(hold), { cause: hold }) : hold;
    }
  }
  async function once(input: never, options: never) {
    const { call, options: mine } = await admitted(input, options);
    try {
      const work = () => Promise.resolve(execute(input, mine as never));
      const answer = await guard.race(call, call.run ? insideRun(call.run, work) : work());
      guard.afterTool(call, answer);
      return answer;
    } catch (error) {
      guard.afterTool(call, undefined, { error });
      throw call.outcomeUnknown ? new Error(CUT_OFF, { cause: error }) : error;
    }
  }
  async function* streamed(input: never, options: never) {
    const { call, options: mine } = await admitted(input, options);
    try {
      let last: unknown;
      for await (const part of execute(input, mine as never) as AsyncIterable<unknown>) yield (last = part);
      guard.afterTool(call, last);
    } catch (error) {
      guard.afterTool(call, undefined, { error });
      throw error;
    } finally {
      call.abandon();
    }
  }
  return streams ? streamed : once;
}
