import type { Observation } from "@/lib/core/detection/detect";
import type { Metric } from "@/lib/core/base/vocabulary";
import type { AgentEvent } from "@/lib/contracts/event";
import type { StoredEvent } from "@/lib/db/queries/events";

const or = <T>(value: T | null | undefined): T | null => value ?? null;

/** What the detector judges, from an event as it was stored and heard of. Missing stays missing. */
export function observationOf(event: StoredEvent, learn: boolean, heardAt: number): Observation {
  const body = event.body;
  return {
    seq: event.seq,
    at: event.at,
    heardAt,
    kind: event.kind,
    model: or(body.model),
    responseModel: or(body.response_model),
    promptVersion: or(body.prompt_version),
    promptHash: or(body.prompt_hash),
    toolsHash: or(body.tools_hash),
    effort: or(body.effort),
    permissionMode: or(body.permission_mode),
    mcpServers: or(body.mcp_servers),
    stepKind: or(body.step_kind),
    tool: or(body.tool),
    runId: event.runId,
    parentRunId: or(body.parent_run_id),
    actionHash: or(body.action_hash),
    resultHash: or(body.result_hash),
    sideEffect: or(body.side_effect),
    success: or(body.success),
    values: valuesOf(body),
    learn,
  };
}

/** One assignment a metric: this runs for every event, and a closure or a list of names would cost more than all of it. */
export function valuesOf(body: Partial<AgentEvent>): Partial<Record<Metric, number>> {
  const values: Partial<Record<Metric, number>> = {};
  if (body.latency_ms != null) values.latency_ms = body.latency_ms;
  if (body.ttft_ms != null) values.ttft_ms = body.ttft_ms;
  if (body.input_tokens != null) values.input_tokens = body.input_tokens;
  if (body.output_tokens != null) values.output_tokens = body.output_tokens;
  const tokens = tokensOf(body);
  if (tokens !== undefined) values.token_count = tokens;
  if (body.cost != null) values.cost = body.cost;
  if (body.tool_calls != null) values.tool_calls = body.tool_calls;
  if (body.retries != null) values.retries = body.retries;
  else if (body.attempts) values.retries = body.attempts - 1;
  if (body.success != null) values.error = body.success ? 0 : 1;
  if (body.result_bytes != null) values.result_bytes = body.result_bytes;
  if (body.cached_input_tokens != null && body.input_tokens)
    values.cache_ratio = Math.min(1, body.cached_input_tokens / body.input_tokens);
  return values;
}

/** All tokens of an event: as reported, else the sum of what was reported; unknown if neither was. */
export function tokensOf(body: Partial<AgentEvent>): number | undefined {
  if (body.token_count !== null && body.token_count !== undefined) return body.token_count;
  if (body.input_tokens == null && body.output_tokens == null) return undefined;
  return (body.input_tokens ?? 0) + (body.output_tokens ?? 0);
}
