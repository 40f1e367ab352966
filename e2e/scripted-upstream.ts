import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";

export interface Asked {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  /** Resolves once the client's connection is gone before it was answered whole. */
  gone: Promise<void>;
}
export type Play = (response: ServerResponse, asked: Asked) => void | Promise<void>;

/** A server on loopback in the place of a vendor's API: it answers as it is told, and remembers what it was asked. */
export async function startUpstream(first: Play, port = 0) {
  const state = { play: first, asked: [] as Asked[] };
  const server = createServer((request, response) => {
    const gone = once(response, "close").then(() => undefined);
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const asked = { path: request.url!, headers: request.headers, text: Buffer.concat(parts).toString(), gone };
      state.asked.push(asked);
      void state.play(response, asked);
    });
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    get asked() {
      return state.asked;
    },
    /** Answers so from now on, and forgets what it was asked. */
    plays(play: Play) {
      Object.assign(state, { play, asked: [] });
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Play =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };

/** Server-sent events; those with a `type` are named by it, as Anthropic and OpenAI's Responses do. */
export const frames = (list: readonly (string | Record<string, unknown>)[]): string =>
  list
    .map((one) => {
      if (typeof one === "string") return `data: ${one}\n\n`;
      const { type } = one;
      return `${typeof type === "string" ? `event: ${type}\n` : ""}data: ${JSON.stringify(one)}\n\n`;
    })
    .join("");

export const stream =
  (list: readonly (string | Record<string, unknown>)[]): Play =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).end(frames(list));
  };

interface Call {
  id: string;
  name: string;
  arguments: string;
}

/** One answer in the three formats, whole and as a stream: a text, or calls of tools. */
export const SAMPLES = {
  chat: {
    path: "/api/gateway/openai/v1/chat/completions",
    whole: (calls: Call[] = []) => ({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1,
      model: "gpt-4o-2024-08-06",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: calls.length > 0 ? null : "SECRET-ANSWER",
            ...(calls.length > 0 ? { tool_calls: calls.map(({ id, ...of }) => ({ id, type: "function", function: of })) } : {}), // prettier-ignore
          },
          finish_reason: calls.length > 0 ? "tool_calls" : "stop",
        },
      ],
      usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, prompt_tokens_details: { cached_tokens: 40 }, completion_tokens_details: { reasoning_tokens: 5 } }, // prettier-ignore
    }),
    stream: (calls: Call[] = [], usage = true) => {
      const of = (delta: object, finish_reason: string | null = null) => ({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-4o-2024-08-06", choices: [{ index: 0, delta, finish_reason }] }); // prettier-ignore
      return [
        of({ role: "assistant", content: "" }),
        ...(calls.length > 0 ? [] : [of({ content: "SECRET-" }), of({ content: "ANSWER" })]),
        ...calls.flatMap(({ id, name, arguments: args }, index) => [
          of({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
          of({ tool_calls: [{ index, function: { arguments: args.slice(0, 4) } }] }),
          of({ tool_calls: [{ index, function: { arguments: args.slice(4) } }] }),
        ]),
        of({}, calls.length > 0 ? "tool_calls" : "stop"),
        ...(usage ? [{ ...of({}), choices: [], usage: SAMPLES.chat.whole().usage }] : []),
        "[DONE]",
      ];
    },
    tool: (name: string) => ({ type: "function", function: { name, parameters: { type: "object" } } }),
  },
  responses: {
    path: "/api/gateway/openai/v1/responses",
    whole: (calls: Call[] = []) => ({
      id: "resp_1",
      object: "response",
      status: "completed",
      model: "gpt-4o-2024-08-06",
      output:
        calls.length > 0
          ? calls.map(({ id, ...of }) => ({ type: "function_call", id: `fc_${id}`, call_id: id, status: "completed", ...of })) // prettier-ignore
          : [{ type: "message", id: "msg_1", role: "assistant", status: "completed", content: [{ type: "output_text", text: "SECRET-ANSWER", annotations: [] }] }], // prettier-ignore
      usage: { input_tokens: 100, input_tokens_details: { cached_tokens: 40 }, output_tokens: 20, output_tokens_details: { reasoning_tokens: 5 }, total_tokens: 120 }, // prettier-ignore
    }),
    stream: (calls: Call[] = []) => {
      const response = SAMPLES.responses.whole(calls);
      return [
        { type: "response.created", response: { ...response, output: [], usage: null, status: "in_progress" } },
        ...response.output.flatMap((item, output_index) => [
          { type: "response.output_item.added", output_index, item: { ...item, arguments: "" } },
          { type: "response.output_text.delta", output_index, delta: "SECRET-ANSWER" },
          { type: "response.output_item.done", output_index, item },
        ]),
        { type: "response.completed", response },
      ].map((event, sequence_number) => ({ ...event, sequence_number }));
    },
    tool: (name: string) => ({ type: "function", name, parameters: { type: "object" } }),
  },
  messages: {
    path: "/api/gateway/anthropic/v1/messages",
    whole: (calls: Call[] = []) => ({
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-5-20250929",
      content:
        calls.length > 0
          ? calls.map(({ id, name, arguments: args }) => ({ type: "tool_use", id, name, input: JSON.parse(args) as object })) // prettier-ignore
          : [{ type: "text", text: "SECRET-ANSWER" }],
      stop_reason: calls.length > 0 ? "tool_use" : "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 50, cache_read_input_tokens: 40, cache_creation_input_tokens: 10, output_tokens: 20 },
    }),
    stream: (calls: Call[] = []) => {
      const message = SAMPLES.messages.whole(calls);
      const [first] = message.content;
      return [
        { type: "message_start", message: { ...message, content: [], stop_reason: null, usage: { ...message.usage, output_tokens: 1 } } }, // prettier-ignore
        { type: "ping" },
        ...(calls.length > 0
          ? calls.flatMap(({ id, name, arguments: args }, index) => [
              { type: "content_block_start", index, content_block: { type: "tool_use", id, name, input: {} } },
              { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: args.slice(0, 4) } }, // prettier-ignore
              { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: args.slice(4) } },
              { type: "content_block_stop", index },
            ])
          : [
              { type: "content_block_start", index: 0, content_block: { ...first, text: "" } },
              { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "SECRET-ANSWER" } },
              { type: "content_block_stop", index: 0 },
            ]),
        { type: "message_delta", delta: { stop_reason: message.stop_reason, stop_sequence: null }, usage: { output_tokens: 20 } }, // prettier-ignore
        { type: "message_stop" },
      ];
    },
    tool: (name: string) => ({ name, input_schema: { type: "object" } }),
  },
} as const;
export type SampleName = keyof typeof SAMPLES;
