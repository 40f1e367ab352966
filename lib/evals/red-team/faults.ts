import type { Event } from "./arena";
import type { Fault } from "./attack";

/** A hundred times the tokens, and the money with them. */
export const flood: Fault = (event) => scaled(event, 100);

/** Every call fails and is paid for a hundred times over. */
export const failing: Fault = (event) => ({ ...scaled(event, 100), success: false, error_type: "server_error" });

/** Every call fails, quickly and cheaply. */
export const broken: Fault = (event) => ({ ...event, success: false, error_type: "tool_error" });

/** The same tool with the same arguments and the same result, with effects outside, again and again. */
export const circling: Fault = (event) => ({
  agent_id: event.agent_id,
  agent_type: event.agent_type,
  kind: "tool_call",
  instance_id: event.instance_id,
  run_id: `${event.agent_id}-circle`,
  sequence: event.sequence,
  timestamp: event.timestamp,
  tool: "send_mail",
  action_hash: "a-1",
  result_hash: "r-1",
  side_effect: "external",
  latency_ms: 120,
  success: true,
});

/** Sixty tool calls where there was one. */
export const busy: Fault = (event) => ({ ...event, tool_calls: 60 });

/** The provider does not answer. */
export const unavailable: Fault = (event) => ({ ...event, success: false, error_type: "503", http_status: 503 });

/** Twelve times as slow. */
export const slow: Fault = (event) => ({ ...event, latency_ms: (event.latency_ms ?? 900) * 12 });

const scaled = (event: Event, factor: number): Event => ({
  ...event,
  input_tokens: Math.round((event.input_tokens ?? 0) * factor),
  output_tokens: Math.round((event.output_tokens ?? 0) * factor),
  token_count: Math.round((event.token_count ?? 0) * factor),
  cost: (event.cost ?? 0) * factor,
});
