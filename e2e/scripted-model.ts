import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A call of the shell with this command, or with arguments of its own, or of another tool. */
export type Step = string | { tool?: string; args: object };

/** What a scripted model does at its nth turn (from 0) of a conversation; null: it is done. */
export type Script = (turn: number) => Step | null | Promise<Step | null>;

/** What each answer says that it used, besides nothing cached: input and output tokens. */
const USED = { anthropic: [1_200, 30], openai: [1_500, 60], gemini: [1_300, 30] } as const;

interface Asked {
  model?: string;
  stream?: boolean;
  tools?: { name?: string; functionDeclarations?: { name: string }[] }[];
}

/**
 * A model server on loopback that speaks the streaming formats of Anthropic's Messages, OpenAI's Responses and Gemini, and plays a
 * script. Only requests that offer a shell take a turn: programs ask for titles and routes besides.
 */
export async function startModel(script: Script) {
  const state: State = { turns: 0, tokens: 0, script };
  const server = createServer((request, response) => void answer(request, response, state));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    /** Begins another script; how many turns were taken of the one before. */
    play(next: Script): number {
      const { turns } = state;
      Object.assign(state, { turns: 0, tokens: 0, script: next });
      return turns;
    },
    get turns() {
      return state.turns;
    },
    /** Tokens of all answers since the script began, those of side calls included. */
    get tokens() {
      return state.tokens;
    },
    stop: () => server.closeAllConnections() ?? server.close(),
  };
}

interface State {
  turns: number;
  tokens: number;
  script: Script;
}

async function answer(request: IncomingMessage, response: ServerResponse, state: State) {
  let text = "";
  for await (const part of request.setEncoding("utf8")) text += part as string;
  const asked = (text ? JSON.parse(text) : {}) as Asked;
  const path = request.url ?? "";
  const names = (asked.tools ?? []).flatMap(({ name, functionDeclarations }) => [
    ...(name ? [name] : []),
    ...(functionDeclarations ?? []).map((one) => one.name),
  ]);
  const shell = ["Bash", "exec_command", "shell_command", "shell", "run_shell_command"].find((name) =>
    names.includes(name),
  );
  const turn = shell === undefined ? 0 : ++state.turns;
  const step = shell === undefined ? null : await state.script(turn - 1);
  const call = step === null || shell === undefined ? null : callOf(step, shell, `call_${process.pid}_${turn}_${Math.random().toString(36).slice(2)}`); // prettier-ignore
  if (path.includes("count_tokens")) return json(response, { input_tokens: 10 });
  const uses = ([input, output]: readonly [number, number]) => void (state.tokens += input + output);
  if (path.includes("/messages")) return (uses(USED.anthropic), anthropic(response, asked, call));
  if (path.includes("/responses")) return (uses(USED.openai), openai(response, call));
  if (path.includes("enerateContent")) return (uses(USED.gemini), gemini(response, path, call));
  return json(response, {});
}

type Call = { tool: string; args: object; id: string } | null;

function callOf(step: Step, shell: string, id: string): Call {
  if (typeof step !== "string") return { tool: step.tool ?? shell, args: step.args, id };
  const named =
    shell === "exec_command" ? { cmd: step } : { command: shell === "shell" ? ["bash", "-lc", step] : step };
  return { tool: shell, args: { ...named, ...(shell === "Bash" && { description: "Run it" }) }, id };
}

function json(response: ServerResponse, body: unknown): void {
  response.setHeader("content-type", "application/json").end(JSON.stringify(body));
}

function events(response: ServerResponse, list: ({ type: string } & Record<string, unknown>)[]): void {
  response.setHeader("content-type", "text/event-stream");
  for (const event of list) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

function anthropic(response: ServerResponse, { model = "m", stream }: Asked, call: Call): void {
  const [input_tokens, output_tokens] = USED.anthropic;
  const usage = { input_tokens, output_tokens, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
  const block = call
    ? { type: "tool_use", id: call.id, name: call.tool, input: call.args }
    : { type: "text", text: "Done." };
  const message = {
    id: `msg_${Math.random().toString(36).slice(2)}`,
    type: "message",
    role: "assistant",
    model,
    usage,
  };
  const stop_reason = call ? "tool_use" : "end_turn";
  if (stream !== true) return json(response, { ...message, content: [block], stop_reason, stop_sequence: null });
  const delta = call ? { type: "input_json_delta", partial_json: JSON.stringify(call.args) } : { type: "text_delta", text: "Done." }; // prettier-ignore
  events(response, [
    { type: "message_start", message: { ...message, content: [], stop_reason: null, stop_sequence: null } },
    {
      type: "content_block_start",
      index: 0,
      content_block: call ? { ...block, input: {} } : { type: "text", text: "" },
    },
    { type: "content_block_delta", index: 0, delta },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens } },
    { type: "message_stop" },
  ]);
}

function openai(response: ServerResponse, call: Call): void {
  const id = `resp_${Math.random().toString(36).slice(2)}`;
  const item = call
    ? { type: "function_call", id: `fc_${call.id}`, call_id: call.id, name: call.tool, arguments: JSON.stringify(call.args) }
    : { type: "message", id: `m_${id}`, role: "assistant", content: [{ type: "output_text", text: "Done.", annotations: [] }] }; // prettier-ignore
  const [input_tokens, output_tokens] = USED.openai;
  const usage = { input_tokens, input_tokens_details: { cached_tokens: 0 }, output_tokens, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: input_tokens + output_tokens }; // prettier-ignore
  events(response, [
    { type: "response.created", response: { id } },
    { type: "response.output_item.added", output_index: 0, item },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: { id, output: [item], usage } },
  ]);
}

function gemini(response: ServerResponse, path: string, call: Call): void {
  // Gemini CLI first asks how hard the task is, and tries again until it is told in numbers.
  const text = path.includes("stream")
    ? "Done."
    : JSON.stringify({ complexity_reasoning: "easy", complexity_score: 1 });
  const part = call ? { functionCall: { name: call.tool, args: call.args } } : { text };
  const [promptTokenCount, candidatesTokenCount] = USED.gemini;
  const totalTokenCount = promptTokenCount + candidatesTokenCount;
  const body = {
    candidates: [{ content: { role: "model", parts: [part] }, finishReason: "STOP", index: 0 }],
    usageMetadata: { promptTokenCount, candidatesTokenCount, totalTokenCount },
  };
  if (!path.includes("stream")) return json(response, body);
  response.setHeader("content-type", "text/event-stream").end(`data: ${JSON.stringify(body)}\n\n`);
}
