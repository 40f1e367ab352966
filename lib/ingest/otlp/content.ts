import type { ContentKind } from "@/lib/core/base/vocabulary";
import { rawContent, type RawContent } from "@/lib/core/evidence/content";

/** What a record holds of an agent's content; there only where the key may have it kept. */
export type Content = Partial<Record<ContentKind, RawContent>>;

/** Attributes that hold content, the first that was sent counts; by conventions and programs as `aliases.ts` has them. */
const NAMES: Readonly<Record<ContentKind, readonly string[]>> = {
  prompt: [
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "llm.input_messages",
    "ai.prompt.messages",
    "ai.prompt",
    "gcp.vertex.agent.llm_request",
    "prompt",
  ],
  output: [
    "gen_ai.output.messages",
    "gen_ai.completion",
    "llm.output_messages",
    "ai.response.text",
    "ai.response.object",
    "gcp.vertex.agent.llm_response",
    "response_text",
  ],
  tool_arguments: [
    "gen_ai.tool.call.arguments",
    "ai.toolCall.args",
    "gcp.vertex.agent.tool_call_args",
    "tool_arguments",
    "tool_parameters",
    "tool_input",
    "function_args",
    "arguments",
  ],
  tool_output: [
    "gen_ai.tool.call.result",
    "ai.toolCall.result",
    "gcp.vertex.agent.tool_response",
    "tool_response",
    "output",
  ],
};
/** OpenInference and OpenLLMetry call both ends of every span alike: of a tool they are its arguments and its output. */
const SENT = ["input.value", "traceloop.entity.input"] as const;
const GOT = ["output.value", "traceloop.entity.output"] as const;

/** Messages that older conventions number: `gen_ai.prompt.0.content`, `llm.input_messages.1.message.content`. */
const NUMBERED = /^(gen_ai\.(?:prompt|completion)|llm\.(?:input|output)_messages)\.\d{1,4}\.(?:message\.)?content$/;

/** Events of the older GenAI conventions whose body is the content. */
const BODIES: Readonly<Record<string, ContentKind>> = {
  "gen_ai.system.message": "prompt",
  "gen_ai.user.message": "prompt",
  "gen_ai.assistant.message": "output",
  "gen_ai.choice": "output",
  "gen_ai.tool.message": "tool_output",
};

const KNOWN: ReadonlySet<string> = new Set([...Object.values(NAMES).flat(), ...SENT, ...GOT]);

/** Texts of one record by the names of their attributes. */
export type ContentTexts = Record<string, string[]>;
export const contentBag = (): ContentTexts => Object.create(null) as ContentTexts;

/** The name under which an attribute's text is collected; null: it is no content. */
export const contentName = (attribute: string): string | null =>
  KNOWN.has(attribute) ? attribute : (NUMBERED.exec(attribute)?.[1] ?? null);

/** Collects a text; numbered messages are one. */
export function addContent(into: ContentTexts, name: string, text: string): void {
  if (text !== "") (into[name] ??= []).push(text);
}

/** What a record's texts are. `event`: its name, where its body may be content. */
export function contentOf(
  texts: ContentTexts | undefined,
  { isTool, event = "", body = null }: { isTool: boolean; event?: string; body?: string | null },
): Content | undefined {
  if (texts === undefined) return undefined;
  const first = (names: readonly string[]) => {
    const found = names.find((name) => texts[name] !== undefined);
    return found === undefined ? undefined : rawContent(texts[found]!.join("\n"));
  };
  const content: Content = {};
  const set = (kind: ContentKind, text: RawContent | undefined) => text && (content[kind] ??= text);
  for (const kind of isTool ? (["tool_arguments", "tool_output"] as const) : (["prompt", "output"] as const))
    set(kind, first(NAMES[kind]));
  set(isTool ? "tool_arguments" : "prompt", first(SENT));
  set(isTool ? "tool_output" : "output", first(GOT));
  if (Object.hasOwn(BODIES, event) && body !== null && body !== "") set(BODIES[event]!, rawContent(body));
  return Object.keys(content).length > 0 ? content : undefined;
}

/** Levels of a structured value that are written out, and values in all: what nests deeper is left out. */
const DEPTH_MAX = 12;
const VALUES_MAX = 5_000;

/** What limits the writing of one structured value. */
export class Budget {
  #left = VALUES_MAX;
  /** Whether one more value may be written at this depth. */
  allows = (depth: number): boolean => depth <= DEPTH_MAX && this.#left-- > 0;
}
