import { type Api, type Heard, type Json, jsonIn, keepTools, known, listIn, type Problem, type Reading, textIn, type Told, tokensIn, type ToolCall } from "./api"; // prettier-ignore
import { parsed } from "./chat";
import { openAiProblem } from "./openai-problem";

/** A tool that has no name, such as `web_search`, goes by its type. */
const nameOf = (tool: Json): string => textIn(tool["name"]) ?? textIn(tool["type"]) ?? "";

/** The call that an item of an answer is; null: it is none. The vendor's own tools are items of the type `…_call`. */
function callIn(item: Json): ToolCall | null {
  const type = textIn(item["type"]) ?? "";
  if (!type.endsWith("_call")) return null;
  return {
    tool: textIn(item["name"]) ?? type.slice(0, -"_call".length),
    id: textIn(item["call_id"]) ?? textIn(item["id"]) ?? null,
    input: item["arguments"] ?? item["input"] ?? item["action"],
  };
}

function tokensOf(usage: unknown): Told["tokens"] {
  const said = jsonIn(usage);
  return known({
    input: tokensIn(said["input_tokens"]),
    output: tokensIn(said["output_tokens"]),
    cached: tokensIn(jsonIn(said["input_tokens_details"])["cached_tokens"]),
    reasoning: tokensIn(jsonIn(said["output_tokens_details"])["reasoning_tokens"]),
    cacheWrite: undefined,
  });
}

const finishOf = (answer: Json): string | undefined =>
  textIn(jsonIn(answer["incomplete_details"])["reason"]) ?? textIn(answer["status"]);

/** OpenAI's Responses. */
export const RESPONSES: Api = {
  vendor: "openai",
  path: "/responses",
  withoutTools: (body, revoked) =>
    keepTools(body, (tool) => revoked.has(nameOf(tool)), firstRevoked(revoked)) ?? body, // prettier-ignore
  asking: (body) => body,
  read: (answer) => ({
    told: { model: textIn(answer["model"]), finish: finishOf(answer), tokens: tokensOf(answer["usage"]) },
    calls: listIn(answer["output"]).flatMap((item) => callIn(item) ?? []),
  }),
  replaced(answer, refused) {
    let place = 0;
    const output = listIn(answer["output"]).map((item) => {
      const reason = callIn(item) ? refused.get(place++) : undefined;
      return reason === undefined
        ? item
        : {
            type: "message",
            id: textIn(item["id"]) ?? "msg_sentinel",
            role: "assistant",
            status: "completed",
            content: [{ type: "output_text", text: reason, annotations: [] }],
          };
    });
    return { ...answer, output };
  },
  reading: () => new ResponsesReading(),
  problem: openAiProblem,
};

/** A choice may name one tool, or a list of those that are allowed: what matters of it is a revoked one. */
const firstRevoked =
  (revoked: ReadonlySet<string>) =>
  (choice: Json): Json | null =>
    [choice, ...listIn(choice["tools"])].find((one) => revoked.has(nameOf(one))) ?? null;

class ResponsesReading implements Reading {
  readonly told: Told = { tokens: {} };
  done = false;
  /** Ids of calls that were told as complete: the last message repeats them. */
  readonly #ended = new Set<string>();
  #sequence = 0;
  #id = "resp_sentinel";

  /**
   * A response that failed, which programs such as Codex end with, and by the code `invalid_prompt` do not try again; then the error
   * that the official clients throw.
   */
  errorFrame({ message, code }: Problem): string {
    const at = this.#sequence + 1;
    const failed = { id: this.#id, object: "response", status: "failed", error: { code: "invalid_prompt", message } };
    const error = { type: "error", code, message, param: null, sequence_number: at + 1, error: { type: code, code, message } }; // prettier-ignore
    return [{ type: "response.failed", sequence_number: at, response: failed }, error]
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join("");
  }

  take(data: string): Heard {
    // Not of this API, but some servers that imitate it end so.
    if (data.trim() === "[DONE]") return {};
    const event = parsed(data);
    this.#sequence = tokensIn(event["sequence_number"]) ?? this.#sequence;
    const type = textIn(event["type"]) ?? "";
    if (type === "error") this.told.error = textIn(event["code"]) ?? "error";
    if (type === "response.output_item.added") return { begun: named(callIn(jsonIn(event["item"]))), output: true };
    if (type === "response.output_item.done") return { ended: this.#end([jsonIn(event["item"])]), output: true };
    const { response } = event;
    if (response !== undefined) return this.#whole(type, jsonIn(response));
    return type.endsWith(".delta") ? { output: true } : {};
  }

  #whole(type: string, response: Json): Heard {
    this.#id = textIn(response["id"]) ?? this.#id;
    const model = textIn(response["model"]);
    if (model) this.told.model = model;
    Object.assign(this.told.tokens, tokensOf(response["usage"]));
    if (type === "response.failed") this.told.error = textIn(jsonIn(response["error"])["code"]) ?? "response_failed";
    this.done ||= ["response.completed", "response.incomplete", "response.failed"].includes(type);
    if (!this.done) return {};
    this.told.finish = finishOf(response);
    return { ended: this.#end(listIn(response["output"])) };
  }

  #end(items: readonly Json[]): ToolCall[] {
    const calls = items.flatMap((item) => callIn(item) ?? []);
    const fresh = calls.filter(({ id }) => id === null || !this.#ended.has(id));
    for (const { id } of fresh) if (id !== null) this.#ended.add(id);
    return fresh;
  }
}

const named = (call: ToolCall | null): string[] => (call ? [call.tool] : []);
