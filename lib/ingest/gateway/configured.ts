import type { AgentEvent } from "@/lib/contracts/event";
import { hashOf } from "../hooks/dialects";
import { asName } from "../otlp/identity";
import { type Json, jsonIn, listIn, textIn } from "./api";

/** What a request sets besides its content: the tools that it offers, as a hash, and how hard the model shall think. */
export function configured(body: Json): Pick<AgentEvent, "tools_hash" | "effort"> {
  const tools = listIn(body["tools"]).map((tool) => JSON.stringify(tool));
  return {
    tools_hash: tools.length === 0 ? null : hashOf(tools.toSorted()),
    // Chat Completions, Responses, Messages.
    effort: asName(
      textIn(body["reasoning_effort"]) ??
        textIn(jsonIn(body["reasoning"])["effort"]) ??
        textIn(jsonIn(body["output_config"])["effort"]),
    ),
  };
}
