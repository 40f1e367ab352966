import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BaseChatModelParams,
  type BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import type { ChatResult } from "@langchain/core/outputs";
import { decide, type Done } from "./mind";
import type { Provider } from "./provider";
import type { Rng } from "./rng";

export interface ScriptedModelFields extends BaseChatModelParams {
  provider: Provider;
  rng: Rng;
  /** Overrides the settings'. */
  temperature?: number;
  /** How the deployment runs the model; read at every call. */
  settings: { temperature: number };
}
interface CallOptions extends BaseChatModelCallOptions {
  tools?: BindToolsInput[];
}

/** Characters a token has on average, and what the tools' descriptions weigh. */
const CHARS_PER_TOKEN = 4;
const TOOL_TOKENS = 45;
/** What a model at temperature 2 thinks through before it speaks. */
const PONDER_TOKENS = 900;
/** What it says before it calls a tool. */
const PREAMBLE_WORDS = 25;

/**
 * A chat model that runs here: what it does is `decide` of what it is given, what it costs and how long it takes follows
 * from the lengths of what it reads and writes. Its luck is a seeded stream that only varies lengths and times.
 */
export class ScriptedModel extends BaseChatModel<CallOptions> {
  readonly model: string;
  private readonly fields: ScriptedModelFields;

  constructor(fields: ScriptedModelFields) {
    super(fields);
    this.fields = fields;
    this.model = fields.provider.model;
  }
  get temperature(): number {
    return this.fields.temperature ?? this.fields.settings.temperature;
  }
  _llmType() {
    return "scripted";
  }
  override getLsParams(options: this["ParsedCallOptions"]) {
    return { ...super.getLsParams(options), ls_provider: this.fields.provider.name };
  }
  override bindTools(tools: BindToolsInput[], kwargs?: Partial<CallOptions>) {
    return this.withConfig({ tools, ...kwargs });
  }

  async _generate(
    messages: BaseMessage[],
    options: this["ParsedCallOptions"],
    _run?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    const { provider, rng } = this.fields;
    const tools = (options.tools ?? []).map((t) => ("name" in t && typeof t.name === "string" ? t.name : ""));
    const intent = decide({ ...read(messages), tools });
    const text = intent.kind === "answer" ? this.write(intent.words, messages) : this.write(PREAMBLE_WORDS, messages);
    const call =
      intent.kind === "call"
        ? {
            name: intent.name,
            args: intent.args,
            id: `call_${Math.floor(rng.next() * 1e12)}`,
            type: "tool_call" as const,
          }
        : null;

    const input = tokens(messages.map((m) => m.text).join("")) + TOOL_TOKENS * tools.length;
    const said = tokens(text) + (call ? tokens(JSON.stringify(call.args)) + 14 : 0);
    const reasoning = this.ponder();
    const output = reasoning + said;
    await provider.serve(input, output, rng, options.signal);
    const message = new AIMessage({
      content: text,
      ...(call && { tool_calls: [call] }),
      usage_metadata: {
        input_tokens: input,
        output_tokens: output,
        total_tokens: input + output,
        input_token_details: { cache_read: cachedTokens(messages) },
        output_token_details: { reasoning },
      },
      response_metadata: { model_name: this.model, finish_reason: call ? "tool_calls" : "stop" },
    });
    return { generations: [{ text, message }] };
  }

  /** Tokens it thinks before it speaks: none as long as it is cool, very many when it runs hot. */
  private ponder(): number {
    return Math.round(Math.max(0, this.temperature - 1) * PONDER_TOKENS * this.fields.rng.lognormal(0.3));
  }

  /** About as many words as wanted, taken from what was found. A warmer model varies more. */
  private write(words: number, messages: BaseMessage[]): string {
    const found = messages.filter((m) => ToolMessage.isInstance(m)).flatMap((m) => m.text.split(/\s+/).slice(0, 40));
    const source = found.length > 0 ? found : ["nothing", "was", "found", "on", "this"];
    const length = Math.max(5, Math.round(words * this.fields.rng.lognormal(0.1 + 0.25 * this.temperature)));
    return Array.from({ length }, (_, i) => source[i % source.length]).join(" ");
  }
}

const tokens = (text: string) => Math.ceil(text.length / CHARS_PER_TOKEN);

/** A provider remembers the prefix it has just read: the system prompt always, the rest from the second call of a run on. */
function cachedTokens(messages: BaseMessage[]): number {
  const turn = messages.findLastIndex((m) => AIMessage.isInstance(m));
  const known = messages.filter((m, i) => SystemMessage.isInstance(m) || i < turn);
  return Math.floor(known.reduce((sum, m) => sum + m.text.length, 0) / CHARS_PER_TOKEN);
}

/** What the model takes in: instructions, the newest task with its lessons, and what was done for it since. */
function read(messages: BaseMessage[]) {
  const system = messages.filter((m) => SystemMessage.isInstance(m)).map((m) => m.text).join("\n"); // prettier-ignore
  const turn = messages.findLastIndex((m) => HumanMessage.isInstance(m));
  const human = messages[turn]?.text ?? "";
  const [task = "", lessons = ""] = human.split("\nLessons:\n");
  const results = new Map(messages.filter((m) => ToolMessage.isInstance(m)).map((m) => [m.tool_call_id, m]));
  const done: Done[] = messages
    .slice(turn + 1)
    .filter((m) => AIMessage.isInstance(m))
    .flatMap((m) => m.tool_calls ?? [])
    .map(({ id, name, args }) => {
      const result = results.get(id ?? "");
      return {
        name,
        args: args as Record<string, unknown>,
        result: result?.text ?? "",
        ok: result !== undefined && result.status !== "error",
      };
    });
  return { system, task: task.split("\n")[0] ?? "", lessons: lessons.split("\n- ").filter((l) => l !== ""), done };
}
