import { VERSION } from "./version.js";

/**
 * What travels between an agent and Sentinel. Declared here, not imported, so that the SDK stands alone;
 * `wire.test.ts` holds these types against the server's contracts.
 */

/** From 0.2 on guards hold budgets of runs themselves: Sentinel then pauses no other run of the agent. */
export const SDK_VERSION = `ts-${VERSION}`;

export type EventKind = "run_start" | "model_call" | "tool_call" | "run_end" | "heartbeat" | "outcome" | "queued_task";
export type SideEffect = "read" | "write" | "external";
export type Attributes = Record<string, string | number | boolean | null>;

/** One event. Only `agent_id` is required; what is unknown is left out, never reported as 0. Times in ms, cost in USD. */
export interface AgentEvent {
  agent_id: string;
  agent_type?: string;
  kind?: EventKind;
  timestamp?: number | string;
  sequence?: number;
  instance_id?: string;
  run_id?: string;
  parent_run_id?: string;
  root_run_id?: string;
  task_id?: string;
  environment?: string;
  version?: string;
  sdk_version?: string;
  directive_version?: number;
  directive_hash?: string;
  enforced?: boolean;
  mcp_servers?: string[];
  tools_hash?: string;
  /** What the agent may do without asking its user, as its program calls it. */
  permission_mode?: string;
  attributes?: Attributes;

  model?: string;
  response_model?: string;
  /** How hard the model was told to think, such as low or high. */
  effort?: string;
  provider?: string;
  region?: string;
  latency_ms?: number;
  ttft_ms?: number;
  input_tokens?: number;
  output_tokens?: number;
  cached_input_tokens?: number;
  cache_write_tokens?: number;
  reasoning_tokens?: number;
  token_count?: number;
  cost?: number;
  retries?: number;
  attempts?: number;
  http_status?: number;
  finish_reason?: string;
  success?: boolean;
  error_type?: string;
  prompt_hash?: string;
  prompt_version?: string;
  step_kind?: string;
  tool_calls?: number;

  tool?: string;
  action_hash?: string;
  result_hash?: string;
  side_effect?: SideEffect;
  result_bytes?: number;

  outcome?: string;
  score?: number;
  label?: string;
}

export const DIRECTIVE_STATUSES = ["run", "paused", "quarantined", "retired"] as const;
export type DirectiveStatus = (typeof DIRECTIVE_STATUSES)[number];

/**
 * How a quarantine stops the agent. `hold_new`: runs in progress go on, new ones wait; `drain`: calls in flight finish, nothing further starts;
 * `hand_over`: the same, and queued tasks are passed on; `kill`: calls in flight are aborted at once.
 */
export const HOLD_LEVELS = ["hold_new", "drain", "hand_over", "kill"] as const;
export type HoldLevel = (typeof HOLD_LEVELS)[number];

/** The desired state of an agent. `version` only grows. */
export interface Directive {
  agent_id: string;
  version: number;
  hash: string;
  status: DirectiveStatus;
  /** Null unless quarantined. A level that this SDK does not know drains. */
  level: HoldLevel | null;
  /** At level `hand_over`: the agent that takes over queued tasks, where one was named. */
  hand_over_to: string | null;
  prompt: { rollback_to: string } | null;
  revoked_tools: string[];
  autonomy: {
    level: "full" | "reduced";
    max_model_calls: number | null;
    max_tool_calls: number | null;
    temperature: number | null;
  };
  memory_epoch: number;
  successor: string | null;
  reason: string;
  lease_seconds: number;
  /** What each run may use. They are no part of version and hash, and hold when the lease has ended. */
  budgets: Budget[];
  /** Likewise, what each run with all its descendants may use together. */
  tree_budgets: TreeBudget[];
}

export const BUDGET_MEASURES = ["usd", "tokens", "model_calls", "tool_calls", "wall_seconds"] as const;
const TREE_BUDGET_MEASURES = [...BUDGET_MEASURES, "depth", "descendants"] as const;

/** What a run may use of something. `more`: what was allowed on top of the limit, by run. */
export interface Budget {
  id: string;
  measure: (typeof BUDGET_MEASURES)[number];
  limit: number;
  at_limit: "pause_and_ask" | "stop";
  more: Record<string, number>;
}

/** What a tree may use of something. `more`: what was allowed on top of the limit, by root run. */
export interface TreeBudget extends Omit<Budget, "measure"> {
  measure: (typeof TREE_BUDGET_MEASURES)[number];
}

export interface Registration {
  agent_id: string;
  agent_type?: string;
  model?: string;
  provider?: string;
  mcp_servers?: string[];
  tools?: string[];
  enforcement?: boolean;
  can_clone?: boolean;
  labels?: Record<string, string>;
  instance_id?: string;
  prompt_hash?: string;
  prompt_version?: string;
  held_prompts?: string[];
  environment?: string;
  version?: string;
  sdk_version?: string;
}

type Json = Record<string, unknown>;
const isObject = (x: unknown): x is Json => typeof x === "object" && x !== null && !Array.isArray(x);
const isCount = (x: unknown): x is number => typeof x === "number" && Number.isSafeInteger(x) && x >= 0;
const capOrNull = (x: unknown) => (isCount(x) && x > 0 ? x : null);

/**
 * Reads a directive from an answer. Anything that does not hold what enforcement needs is null: a half-understood
 * directive is worse than the one already in force.
 */
export function readDirective(x: unknown): Directive | null {
  if (!isObject(x)) return null;
  const status = DIRECTIVE_STATUSES.find((s) => s === x["status"]);
  const {
    agent_id,
    version,
    hash,
    prompt,
    revoked_tools,
    autonomy,
    memory_epoch,
    successor,
    reason,
    lease_seconds,
    hand_over_to,
  } = x;
  if (typeof agent_id !== "string" || !isCount(version) || typeof hash !== "string" || !status) return null;
  if (!Array.isArray(revoked_tools) || !revoked_tools.every((t) => typeof t === "string")) return null;
  if (!isObject(autonomy) || !isCount(memory_epoch) || !isCount(lease_seconds) || lease_seconds === 0) return null;
  if (prompt !== null && !(isObject(prompt) && typeof prompt["rollback_to"] === "string")) return null;
  const { level, max_model_calls, max_tool_calls, temperature } = autonomy;
  return {
    agent_id,
    version,
    hash,
    status,
    level: status === "quarantined" ? (HOLD_LEVELS.find((l) => l === x["level"]) ?? "drain") : null,
    hand_over_to: typeof hand_over_to === "string" && hand_over_to !== "" ? hand_over_to : null,
    prompt: prompt === null ? null : { rollback_to: prompt["rollback_to"] as string },
    revoked_tools,
    autonomy: {
      level: level === "reduced" ? "reduced" : "full",
      max_model_calls: capOrNull(max_model_calls),
      max_tool_calls: capOrNull(max_tool_calls),
      temperature: typeof temperature === "number" ? temperature : null,
    },
    memory_epoch,
    successor: typeof successor === "string" && successor !== "" ? successor : null,
    reason: typeof reason === "string" ? reason : "",
    lease_seconds,
    budgets: readBudgets(x["budgets"], BUDGET_MEASURES),
    tree_budgets: readBudgets(x["tree_budgets"], TREE_BUDGET_MEASURES),
  };
}

const isAmount = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x) && x > 0;

/** Those that can be held. An older server sends none; one of a measure that this SDK does not know is left to the server. */
function readBudgets<M extends string>(x: unknown, measures: readonly M[]) {
  if (!Array.isArray(x)) return [];
  return x.flatMap((one: unknown) => {
    if (!isObject(one)) return [];
    const { id, limit, at_limit, more } = one;
    const measure = measures.find((m) => m === one["measure"]);
    if (typeof id !== "string" || !measure || !isAmount(limit)) return [];
    const granted = Object.entries(isObject(more) ? more : {}).filter((e): e is [string, number] => isAmount(e[1]));
    const stop = at_limit === "stop" ? ("stop" as const) : ("pause_and_ask" as const);
    return [{ id, measure, limit, at_limit: stop, more: Object.fromEntries(granted) }];
  });
}

/** The directives an ingest answer carries, one for each agent that it understood. */
export function readIngestDirectives(answer: unknown): Directive[] {
  if (!isObject(answer) || !isObject(answer["agents"])) return [];
  return Object.values(answer["agents"]).flatMap((standing) => {
    const directive = isObject(standing) ? readDirective(standing["directive"]) : null;
    return directive ? [directive] : [];
  });
}

/** The server's reasons, one for each event of a batch that it did not take. */
export function readRejections(answer: unknown): string[] {
  if (!isObject(answer) || !Array.isArray(answer["rejected"])) return [];
  return answer["rejected"].map((r: unknown) =>
    isObject(r) ? `${String(r["field"])}: ${String(r["reason"])}` : "rejected",
  );
}

/** The directive of a register or long-poll answer. */
export const readStanding = (answer: unknown) => (isObject(answer) ? readDirective(answer["directive"]) : null);

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Longest id or name that Sentinel accepts. */
const NAME_MAX = 200;
// oxlint-disable-next-line no-control-regex -- taking control characters out is the purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
/** A name that Sentinel accepts: without control characters, not too long; nothing left means unknown. */
export const cleanName = (s: string) => s.replace(CONTROL, " ").trim().slice(0, NAME_MAX) || undefined;

/** An event whose names are acceptable, as JSON. Null where it cannot be written (a cycle, a bigint). */
export function encodeEvent(event: AgentEvent): string | null {
  try {
    return JSON.stringify(event, (key, value: unknown) =>
      typeof value === "string" && key !== "timestamp" ? cleanName(value) : value,
    );
  } catch {
    return null;
  }
}
