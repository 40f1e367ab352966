import { type Api, type Heard, type Json, jsonIn, keepTools, known, listIn, type Problem, type Reading, sum, textIn, type Told, tokensIn, type ToolCall } from "./api"; // prettier-ignore
import { parsed } from "./chat";

/** Tools that Anthropic runs itself are blocks of other types than `tool_use`. */
function callIn(block: Json): ToolCall | null {
  const type = textIn(block["type"]) ?? "";
  if (!type.endsWith("tool_use")) return null;
  return { tool: textIn(block["name"]) ?? "", id: textIn(block["id"]) ?? null, input: block["input"] };
}
const nameOf = (tool: Json): string => textIn(tool["name"]) ?? textIn(tool["type"]) ?? "";

/** `input_tokens` leaves out what was read from the cache or written to it. */
function tokensOf(usage: unknown): Told["tokens"] {
  const said = jsonIn(usage);
  const [cached, cacheWrite] = [tokensIn(said["cache_read_input_tokens"]), tokensIn(said["cache_creation_input_tokens"])]; // prettier-ignore
  const plain = tokensIn(said["input_tokens"]);
  return known({
    input: plain === undefined ? undefined : sum(plain, cached, cacheWrite),
    output: tokensIn(said["output_tokens"]),
    cached,
    cacheWrite,
    reasoning: undefined,
  });
}

const anthropicProblem = ({ kind, message }: Problem): Json => ({ type: "error", error: { type: kind, message } });

/** Anthropic's Messages. */
export const MESSAGES: Api = {
  vendor: "anthropic",
  path: "/v1/messages",
  withoutTools: (body, revoked) =>
    keepTools(body, (tool) => revoked.has(nameOf(tool)), (choice) => choice) ?? body, // prettier-ignore
  asking: (body) => body,
  read: (answer) => ({
    told: {
      model: textIn(answer["model"]),
      finish: textIn(answer["stop_reason"]),
      tokens: tokensOf(answer["usage"]),
    },
    calls: listIn(answer["content"]).flatMap((block) => callIn(block) ?? []),
  }),
  replaced(answer, refused) {
    let place = 0;
    let left = 0;
    const content = listIn(answer["content"]).map((block) => {
      if (!callIn(block)) return block;
      const reason = refused.get(place++);
      if (reason !== undefined) return { type: "text", text: reason };
      left++;
      return block;
    });
    return { ...answer, content, stop_reason: left > 0 ? answer["stop_reason"] : "end_turn" };
  },
  reading: () => new MessagesReading(),
  problem: anthropicProblem,
};

class MessagesReading implements Reading {
  readonly told: Told = { tokens: {} };
  done = false;
  /** By the index of the block. */
  readonly #open = new Map<unknown, ToolCall & { parts: string }>();

  errorFrame = (problem: Problem): string => `event: error\ndata: ${JSON.stringify(anthropicProblem(problem))}\n\n`;

  take(data: string): Heard {
    const event = parsed(data);
    switch (textIn(event["type"])) {
      case "message_start": {
        const message = jsonIn(event["message"]);
        const model = textIn(message["model"]);
        if (model) this.told.model = model;
        Object.assign(this.told.tokens, tokensOf(message["usage"]));
        return {};
      }
      case "content_block_start": {
        const call = callIn(jsonIn(event["content_block"]));
        if (!call) return { output: true };
        this.#open.set(event["index"], { ...call, parts: "" });
        return { begun: [call.tool], output: true };
      }
      case "content_block_delta": {
        const call = this.#open.get(event["index"]);
        if (call) call.parts += textIn(jsonIn(event["delta"])["partial_json"]) ?? "";
        return { output: true };
      }
      case "content_block_stop":
        return { ended: this.#end(event["index"]) };
      case "message_delta": {
        const finish = textIn(jsonIn(event["delta"])["stop_reason"]);
        if (finish) this.told.finish = finish;
        Object.assign(this.told.tokens, tokensOf(event["usage"]));
        return {};
      }
      case "message_stop":
        this.done = true;
        return { ended: [...this.#open.keys()].flatMap((index) => this.#end(index)) };
      case "error":
        this.told.error = textIn(jsonIn(event["error"])["type"]) ?? "error";
        return {};
      case undefined:
        return {};
    }
    return {};
  }

  #end(index: unknown): ToolCall[] {
    const call = this.#open.get(index);
    if (!call) return [];
    this.#open.delete(index);
    const { parts, ...of } = call;
    return [{ ...of, input: parts || of.input }];
  }
}
