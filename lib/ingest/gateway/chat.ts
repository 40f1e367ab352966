import { type Api, type Heard, isJson, type Json, jsonIn, keepTools, known, listIn, type Reading, textIn, type Told, tokensIn, type ToolCall } from "./api"; // prettier-ignore
import { Garbled } from "./frames";
import { openAiProblem } from "./openai-problem";

/** What a tool, a choice of one or a call of one is named: functions and custom tools say it one level down. */
const nameOf = (of: Json): string => {
  const inner = jsonIn(of["function"] ?? of["custom"]);
  return textIn(inner["name"]) ?? textIn(of["name"]) ?? textIn(of["type"]) ?? "";
};
const inputOf = (call: Json): unknown => jsonIn(call["function"])["arguments"] ?? jsonIn(call["custom"])["input"];

function tokensOf(usage: unknown): Told["tokens"] {
  const said = jsonIn(usage);
  return known({
    input: tokensIn(said["prompt_tokens"]),
    output: tokensIn(said["completion_tokens"]),
    cached: tokensIn(jsonIn(said["prompt_tokens_details"])["cached_tokens"]),
    reasoning: tokensIn(jsonIn(said["completion_tokens_details"])["reasoning_tokens"]),
    cacheWrite: undefined,
  });
}

const callsIn = (message: Json): ToolCall[] => [
  ...listIn(message["tool_calls"]).map((call) => ({ tool: nameOf(call), id: textIn(call["id"]) ?? null, input: inputOf(call) })), // prettier-ignore
  ...(isJson(message["function_call"])
    ? [{ tool: nameOf(message["function_call"]), id: null, input: message["function_call"]["arguments"] }]
    : []),
];

/** OpenAI's Chat Completions, and whatever speaks like it. */
export const CHAT: Api = {
  vendor: "openai",
  path: "/chat/completions",
  withoutTools(body, revoked) {
    const kept = keepTools(body, (tool) => revoked.has(nameOf(tool)), (choice) => choice) ?? body; // prettier-ignore
    const offered = listIn(kept["functions"]);
    const functions = offered.filter((one) => !revoked.has(nameOf(one)));
    if (functions.length === offered.length) return kept;
    const { functions: _, function_call: choice, ...rest } = kept;
    if (functions.length === 0) return rest;
    const isLost = isJson(choice) && revoked.has(nameOf(choice));
    return { ...rest, functions, ...(choice === undefined || isLost ? {} : { function_call: choice }) };
  },
  asking: (body) =>
    body["stream"] === true && !wantsUsage(body)
      ? { ...body, stream_options: { ...jsonIn(body["stream_options"]), include_usage: true } }
      : body,
  read(answer) {
    const choices = listIn(answer["choices"]);
    return {
      told: {
        model: textIn(answer["model"]),
        finish: textIn(choices[0]?.["finish_reason"]),
        tokens: tokensOf(answer["usage"]),
      },
      calls: choices.flatMap((choice) => callsIn(jsonIn(choice["message"]))),
    };
  },
  replaced(answer, refused) {
    let place = 0;
    const choices = listIn(answer["choices"]).map((choice) => {
      const { tool_calls: calls, function_call, ...message } = jsonIn(choice["message"]);
      const reasons: string[] = [];
      const isKept = () => {
        const reason = refused.get(place++);
        if (reason !== undefined) reasons.push(reason);
        return reason === undefined;
      };
      const kept = listIn(calls).filter(isKept);
      const legacy = isJson(function_call) && isKept() ? function_call : null;
      if (reasons.length === 0) return choice;
      const left = kept.length > 0 || legacy !== null;
      return {
        ...choice,
        message: {
          ...message,
          content: [textIn(message["content"]), ...reasons].filter(Boolean).join("\n\n"),
          ...(kept.length > 0 ? { tool_calls: kept } : {}),
          ...(legacy ? { function_call: legacy } : {}),
        },
        finish_reason: left ? choice["finish_reason"] : "stop",
      };
    });
    return { ...answer, choices };
  },
  reading: (asked) => new ChatReading(!wantsUsage(asked)),
  problem: openAiProblem,
};

const wantsUsage = (body: Json): boolean => jsonIn(body["stream_options"])["include_usage"] === true;

interface Open {
  tool: string;
  id: string | null;
  input: string;
}

class ChatReading implements Reading {
  readonly told: Told = { tokens: {} };
  done = false;
  /** By choice and index. */
  readonly #open = new Map<string, Open>();

  constructor(private readonly dropsUsage: boolean) {}

  errorFrame = (problem: Parameters<Api["problem"]>[0]): string =>
    `data: ${JSON.stringify(openAiProblem(problem))}\n\n`;

  take(data: string): Heard {
    if (data.trim() === "[DONE]") {
      this.done = true;
      return { ended: this.#end("") };
    }
    const chunk = parsed(data);
    const model = textIn(chunk["model"]);
    if (model) this.told.model = model;
    if (isJson(chunk["error"])) this.told.error = textIn(chunk["error"]["type"]) ?? "error";
    if (isJson(chunk["usage"])) Object.assign(this.told.tokens, tokensOf(chunk["usage"]));
    const choices = listIn(chunk["choices"]);
    if (choices.length === 0) return this.dropsUsage && isJson(chunk["usage"]) ? { drop: true } : {};
    const heard: Heard = {};
    for (const choice of choices) this.#choice(choice, heard);
    return heard;
  }

  #choice(choice: Json, heard: Heard): void {
    const delta = jsonIn(choice["delta"] ?? choice["message"]);
    const of = `${String(choice["index"])}.`;
    for (const [place, call] of listIn(delta["tool_calls"]).entries()) {
      const index = typeof call["index"] === "number" ? call["index"] : place;
      this.#part(`${of}${index}`, call, inputOf(call), heard);
    }
    if (isJson(delta["function_call"]))
      this.#part(`${of}legacy`, delta["function_call"], delta["function_call"]["arguments"], heard);
    if (Object.entries(delta).some(([name, value]) => name !== "role" && value !== null && value !== "")) heard.output = true; // prettier-ignore
    const finish = textIn(choice["finish_reason"]);
    if (!finish) return;
    this.told.finish = finish;
    heard.ended = [...(heard.ended ?? []), ...this.#end(of)];
  }

  #part(key: string, part: Json, input: unknown, heard: Heard): void {
    let call = this.#open.get(key);
    if (!call) this.#open.set(key, (call = { tool: "", id: null, input: "" }));
    const inner = jsonIn(part["function"] ?? part["custom"] ?? part);
    const name = textIn(inner["name"]);
    if (name) {
      // Clients put the pieces of a name together.
      if (call.tool !== name) call.tool += name;
      heard.begun = [...(heard.begun ?? []), call.tool];
    }
    call.id ??= textIn(part["id"]) ?? null;
    call.input += textIn(input) ?? "";
  }

  #end(of: string): ToolCall[] {
    const ended = [...this.#open].filter(([key]) => key.startsWith(of));
    for (const [key] of ended) this.#open.delete(key);
    return ended.map(([, call]) => call);
  }
}

/** The object that the data of a message holds. */
export function parsed(data: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    throw new Garbled("a message of the stream is not JSON");
  }
  if (!isJson(value)) throw new Garbled("a message of the stream is not an object");
  return value;
}
