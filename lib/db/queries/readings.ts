import type { EventKind } from "@/lib/core/base/vocabulary";

/** The fields of an event that numbers are read from, in the order in which `FIELDS_SQL` gives them. */
const FIELDS = [
  "latency_ms",
  "ttft_ms",
  "input_tokens",
  "output_tokens",
  "token_count",
  "cost",
  "tool_calls",
  "retries",
  "attempts",
  "success",
  "cached_input_tokens",
  "result_bytes",
] as const;
type Field = (typeof FIELDS)[number];
type Fields = (name: Field) => number | null;

/** A JSON array of the fields of `agent_events.body`: one parse an event, however many are asked for. */
export const FIELDS_SQL = `json_extract(body, ${FIELDS.map((field) => `'$.${field}'`).join(", ")})`;

interface Reading {
  /** Steps of these kinds carry it. Tool calls have series of their own: their latency is not a model's. */
  of: "call" | "tool";
  /** The detector's name of it, which its bands go by. */
  metric: string;
  /** Null is unknown, never 0. */
  value: (f: Fields) => number | null;
}

const call = (metric: string, value: Reading["value"]): Reading => ({ of: "call", metric, value });
const tool = (metric: string, value: Reading["value"]): Reading => ({ of: "tool", metric, value });

const error = (f: Fields) => {
  const success = f("success");
  return success === null ? null : 1 - success;
};
const retries = (f: Fields) => {
  const attempts = f("attempts");
  return f("retries") ?? (attempts === null ? null : attempts - 1);
};

/** What a series can show of single events, by the name that an API caller gives. */
export const READINGS: Record<string, Reading> = {
  latency_ms: call("latency_ms", (f) => f("latency_ms")),
  ttft_ms: call("ttft_ms", (f) => f("ttft_ms")),
  input_tokens: call("input_tokens", (f) => f("input_tokens")),
  output_tokens: call("output_tokens", (f) => f("output_tokens")),
  token_count: call("token_count", (f) => {
    const [all, input, output] = [f("token_count"), f("input_tokens"), f("output_tokens")];
    return all ?? (input === null && output === null ? null : (input ?? 0) + (output ?? 0));
  }),
  cost: call("cost", (f) => f("cost")),
  tool_calls: call("tool_calls", (f) => f("tool_calls")),
  retries: call("retries", retries),
  error: call("error", error),
  cache_ratio: call("cache_ratio", (f) => {
    const [cached, input] = [f("cached_input_tokens"), f("input_tokens")];
    return cached === null || !input ? null : Math.min(1, cached / input);
  }),
  "tool.latency_ms": tool("latency_ms", (f) => f("latency_ms")),
  "tool.error": tool("error", error),
  "tool.retries": tool("retries", retries),
  result_bytes: tool("result_bytes", (f) => f("result_bytes")),
};

/** Which readings an event belongs to. The end of a run that was reported step by step carries totals, not a step. */
export function stepOf(kind: EventKind, runId: string | null): Reading["of"] | null {
  switch (kind) {
    case "model_call":
      return "call";
    case "tool_call":
      return "tool";
    case "run_end":
      return runId === null ? "call" : null;
    case "run_start":
    case "heartbeat":
    case "outcome":
    case "usage":
    case "queued_task":
      return null;
  }
}

/** Gives access to what `FIELDS_SQL` read of one event. Yes and no are 1 and 0; what is no number is unknown. */
export function fieldsOf(values: readonly unknown[]): Fields {
  return (name) => {
    const value = values[FIELDS.indexOf(name)];
    if (typeof value === "boolean") return value ? 1 : 0;
    return typeof value === "number" ? value : null;
  };
}
