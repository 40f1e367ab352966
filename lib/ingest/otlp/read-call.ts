import type { AgentEvent } from "@/lib/contracts/event";
import { EVENT_LIMITS, isHttpStatus } from "@/lib/contracts/event";
import { type Amounts, COSTS, type Meaning, NAMES, type Rule, TELL_TWICE, TOKENS } from "./aliases";
import { asName, attribute } from "./identity";
import type { Attributes } from "./shape";

/** An attribute as a number: they arrive as text too. Null: not there, negative or no number. */
export function amount(value: unknown): number | null {
  const number =
    typeof value === "number" ? value : typeof value === "string" && value.trim() !== "" ? Number(value) : NaN;
  return Number.isFinite(number) && number >= 0 ? number : null;
}
/** An attribute as yes or no. */
export const yes = (value: unknown): boolean | null =>
  value === true || value === "true" ? true : value === false || value === "false" ? false : null;

export const said = (meaning: Meaning, of: Attributes) => attribute(NAMES[meaning], of);
const bounded = (value: number | null, most: number): number | null => (value !== null && value <= most ? value : null);
const tokens = (names: readonly string[], of: Attributes) => bounded(amount(attribute(names, of)), EVENT_LIMITS.count);

/** What a record says of one call: what it used, and what the event says besides. */
export interface Call {
  amounts: Amounts;
  event: Partial<AgentEvent>;
}

/** Reads a call by its rule. `failed`: what else is known of its end (a span's status); `latencyMs`: of its duration. */
export function readCall(
  rule: Rule,
  of: Attributes,
  known: { failed: boolean | null; latencyMs: number | null },
): Call {
  const status = amount(said("status", of));
  const success = rule.failed
    ? false
    : (yes(said("success", of)) ??
      (known.failed ? false : status !== null && status >= 400 ? false : known.failed === false ? true : null));
  const attempt = amount(said("attempt", of));
  const firstToken = amount(said("firstToken", of));
  const firstTokenSeconds = amount(said("firstTokenSeconds", of));
  const event: Partial<AgentEvent> = {
    latency_ms: bounded(amount(said("latency", of)) ?? known.latencyMs, EVENT_LIMITS.latencyMs),
    success: success ?? (rule.onlyFailed ? null : said("error", of) === undefined ? true : false),
    error_type: asName(said("error", of)),
    permission_mode: asName(said("permissions", of)),
    http_status: status !== null && isHttpStatus(status) ? Math.trunc(status) : null,
  };
  const failures = event.success === false ? { failures: 1 } : {};
  if (rule.is === "tool_call") {
    event.tool = asName(said("tool", of));
    return { amounts: { toolCalls: 1, ...failures }, event };
  }
  event.model = asName(said("model", of));
  event.response_model = asName(said("answeredBy", of));
  event.effort = asName(said("effort", of));
  event.tools_hash = asName(said("tools", of));
  event.provider = asName(said("provider", of));
  event.step_kind = asName(said("step", of));
  event.finish_reason = asName(said("finish", of));
  event.ttft_ms = bounded(
    firstToken ?? (firstTokenSeconds === null ? null : firstTokenSeconds * 1e3),
    EVENT_LIMITS.latencyMs,
  );
  if (attempt !== null && attempt >= 1) event.attempts = bounded(attempt, EVENT_LIMITS.count);
  return { amounts: { modelCalls: 1, ...failures, ...used(rule, of) }, event };
}

/** Tokens and cost of a call. What was not said stays unsaid. */
function used(rule: Rule, of: Attributes): Amounts {
  const amounts: Amounts = {};
  for (const kind of ["output", "cached", "cacheWrite", "reasoning", "total"] as const) {
    const value = tokens(TOKENS[kind], of);
    if (value !== null) amounts[kind] = value;
  }
  const input = tokens(TOKENS.input, of);
  if (input !== null) {
    // Only Anthropic's own names leave the cached ones out: a convention's name beside them says all.
    const uncached = rule.inputIs === "uncached" && amount(of["gen_ai.usage.input_tokens"]) === null;
    amounts.input = uncached ? input + (amounts.cached ?? 0) + (amounts.cacheWrite ?? 0) : input;
  }
  for (const [name, perDollar] of COSTS) {
    const cost = amount(of[name]);
    if (cost === null || cost / perDollar > EVENT_LIMITS.cost) continue;
    amounts.nanoUsd = Math.round((cost / perDollar) * 1e9);
    break;
  }
  return amounts;
}

/** Whether a program tells this elsewhere in its own words, so that the shared ones are not counted. */
export const isToldTwice = (program: string, name: string): boolean => TELL_TWICE[program]?.includes(name) ?? false;
