import type { Observation } from "@/lib/core/detect";
import type { Metric } from "@/lib/core/vocabulary";
import type { AgentEvent } from "@/lib/contracts/event";
import type { StoredEvent } from "@/lib/db/queries/events";

const or = <T>(value: T | null | undefined): T | null => value ?? null;

/** What the detector judges, from an event as it was stored. Missing stays missing. */
export function observationOf(event: StoredEvent, learn: boolean): Observation {
  const body = event.body;
  return {
    seq: event.seq,
    at: event.at,
    kind: event.kind,
    model: or(body.model),
    responseModel: or(body.response_model),
    promptVersion: or(body.prompt_version),
    promptHash: or(body.prompt_hash),
    toolsHash: or(body.tools_hash),
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

function valuesOf(body: Partial<AgentEvent>): Partial<Record<Metric, number>> {
  const values: Partial<Record<Metric, number>> = {};
  const set = (metric: Metric, value: number | null | undefined) => {
    if (value !== null && value !== undefined) values[metric] = value;
  };
  set("latency_ms", body.latency_ms);
  set("ttft_ms", body.ttft_ms);
  set("input_tokens", body.input_tokens);
  set("output_tokens", body.output_tokens);
  set("token_count", tokensOf(body));
  set("cost", body.cost);
  set("tool_calls", body.tool_calls);
  set("retries", body.retries ?? (body.attempts ? body.attempts - 1 : undefined));
  set("error", body.success === null || body.success === undefined ? undefined : body.success ? 0 : 1);
  set("result_bytes", body.result_bytes);
  if (body.cached_input_tokens !== undefined && body.cached_input_tokens !== null && body.input_tokens)
    set("cache_ratio", Math.min(1, body.cached_input_tokens / body.input_tokens));
  return values;
}

/** All tokens of an event: as reported, else the sum of what was reported; unknown if neither was. */
export function tokensOf(body: Partial<AgentEvent>): number | undefined {
  if (body.token_count !== null && body.token_count !== undefined) return body.token_count;
  if (body.input_tokens == null && body.output_tokens == null) return undefined;
  return (body.input_tokens ?? 0) + (body.output_tokens ?? 0);
}
