import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a client asked for, as far as scripts look at it. */
export interface ChatRequest {
  /** Counted from 0 over the server's life. */
  n: number;
  system: string;
  /** All messages but the system's, as one text. */
  text: string;
  /** Messages of role `tool` so far. */
  results: number;
  tools: string[];
  maxTokens: number;
}

/** How the server answers. */
export type Script =
  | { kind: "say"; text: string; usage?: unknown }
  | { kind: "call"; calls: { name: string; args: unknown }[]; text?: string; usage?: unknown }
  /** Any status, type and body. */
  | { kind: "raw"; status: number; type: string; body: string; headers?: Record<string, string> }
  /** Accepts and never answers. */
  | { kind: "hang" }
  /** Answers, byte after byte, and never ends. */
  | { kind: "drip"; type: string }
  /** A valid answer of so many bytes. */
  | { kind: "huge"; bytes: number }
  /** Drops the connection. */
  | { kind: "drop" };

export interface ScriptedServer {
  url: string;
  requests: ChatRequest[];
  close(): Promise<void>;
}

const DRIP_MS = 10;
const MAX_REQUEST_BYTES = 2_000_000;

/** An OpenAI-compatible server on loopback that does what a script says. `script` is asked once a request. */
export async function serveScript(script: (request: ChatRequest) => Script): Promise<ScriptedServer> {
  const requests: ChatRequest[] = [];
  const server = createServer((incoming, response) => {
    response.on("error", () => undefined);
    void bodyOf(incoming).then(
      (body) => {
        const request = parsed(body, requests.length);
        requests.push(request);
        play(script(request), response);
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of incoming.setEncoding("utf8")) {
    text += chunk as string;
    if (text.length > MAX_REQUEST_BYTES) throw new Error("the request is too large");
  }
  return text;
}

interface Wire {
  messages?: { role: string; content: unknown }[];
  tools?: { function?: { name?: string } }[];
  max_tokens?: number;
  max_completion_tokens?: number;
}

function parsed(body: string, n: number): ChatRequest {
  const wire = JSON.parse(body) as Wire;
  const messages = wire.messages ?? [];
  const text = (of: typeof messages) =>
    of.map(({ content }) => (typeof content === "string" ? content : JSON.stringify(content))).join("\n");
  return {
    n,
    system: text(messages.filter(({ role }) => role === "system")),
    text: text(messages.filter(({ role }) => role !== "system")),
    results: messages.filter(({ role }) => role === "tool").length,
    tools: (wire.tools ?? []).flatMap((tool) => tool.function?.name ?? []),
    maxTokens: wire.max_tokens ?? wire.max_completion_tokens ?? Number.POSITIVE_INFINITY,
  };
}

function play(script: Script, response: ServerResponse): void {
  switch (script.kind) {
    case "say":
      return json(response, completion({ content: script.text }, script.usage));
    case "call":
      return json(
        response,
        completion(
          {
            content: script.text ?? null,
            tool_calls: script.calls.map(({ name, args }, i) => ({
              id: `c${i}`,
              type: "function",
              function: { name, arguments: typeof args === "string" ? args : JSON.stringify(args) },
            })),
          },
          script.usage,
        ),
      );
    case "raw":
      response.writeHead(script.status, { "content-type": script.type, ...script.headers });
      response.end(script.body);
      return;
    case "hang":
      return;
    case "drip": {
      response.writeHead(200, { "content-type": script.type });
      response.write('{"choices": [{"message": {"content": "');
      const timer = setInterval(() => response.write("la "), DRIP_MS);
      response.on("close", () => clearInterval(timer));
      return;
    }
    case "huge":
      return json(response, completion({ content: "A".repeat(script.bytes) }, undefined));
    case "drop":
      response.destroy();
      return;
  }
}

const completion = (message: Record<string, unknown>, usage: unknown) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 0,
  model: "scripted",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" }],
  ...(usage === undefined ? { usage: { prompt_tokens: 400, completion_tokens: 60, total_tokens: 460 } } : { usage }),
});

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}
