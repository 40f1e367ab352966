/**
 * The words of the house, declared once. SQL enums, zod schemas, URLs and screens derive from these lists,
 * so that a word can neither drift nor be misspelled.
 */

export const SUBJECT_KINDS = ["agent", "service"] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

/** What is kept of an agent's content where a key allows it. */
export const CONTENT_KINDS = ["prompt", "output", "tool_arguments", "tool_output"] as const;
export type ContentKind = (typeof CONTENT_KINDS)[number];

/** What an agent reports. `usage`: what a counter grew by, apart from single calls. `queued_task`: what its host decided on a task that a hold kept from starting. A flat sample without a kind becomes a `model_call` (it has a run id) or a `run_end` (a whole run). */
export const EVENT_KINDS = [
  "run_start",
  "model_call",
  "tool_call",
  "run_end",
  "heartbeat",
  "outcome",
  "usage",
  "queued_task",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];
/** Events that are work: what an agent on hold must not report. */
export const WORK_KINDS: ReadonlySet<EventKind> = new Set(["run_start", "model_call", "tool_call"]);

export const AGENT_STATES = [
  "learning",
  "healthy",
  "suspected",
  "quarantined",
  "healing",
  "probation",
  "exhausted",
] as const;
export type AgentState = (typeof AGENT_STATES)[number];

export const LIVENESS = ["live", "silent", "stuck"] as const;
export type Liveness = (typeof LIVENESS)[number];

/**
 * Why an agent cannot be judged fully. `late_events`: its events come from an outage and are too old to judge. `no_vitals`:
 * it reports no numbers. `missing_vitals`: it stopped reporting numbers that it used to. `high_cardinality`: its model,
 * prompt, tools or kinds of steps change so often that they are judged together.
 */
export const BLIND_SPOTS = ["late_events", "no_vitals", "missing_vitals", "high_cardinality"] as const;
export type BlindSpot = (typeof BLIND_SPOTS)[number];

export const SERVICE_STATES = ["healthy", "degraded", "down", "unknown"] as const;
export type ServiceState = (typeof SERVICE_STATES)[number];

/** What one measured series of a service says. `unknown`: nothing was measured, which is never well. */
export const SIGNAL_STATES = ["learning", "in_band", "out_of_band", "over_limit", "unknown"] as const;
export type SignalState = (typeof SIGNAL_STATES)[number];

export const ALERT_SEVERITIES = ["critical", "warning", "info"] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** Senders that authenticate with a token of their own. */
export const TOKEN_SOURCES = ["alertmanager", "grafana", "generic", "datadog"] as const;
export type TokenSource = (typeof TOKEN_SOURCES)[number];
/** Senders that sign what they send, with a secret of the configuration. */
export const SIGNED_SOURCES = ["pagerduty", "github"] as const;
/** Everybody whose alerts and changes are recorded. `sentinel`: what it finds itself. */
export const ALERT_SOURCE_KINDS = [...TOKEN_SOURCES, ...SIGNED_SOURCES, "sentinel"] as const;
export type AlertSourceKind = (typeof ALERT_SOURCE_KINDS)[number];

export const INVESTIGATION_STATES = ["running", "done", "failed"] as const;
export type InvestigationState = (typeof INVESTIGATION_STATES)[number];

export const INCIDENT_STATES = [
  "open",
  "investigating",
  "awaiting_approval",
  "acting",
  "verifying",
  "resolved",
  "rejected",
  "escalated",
  "dismissed",
] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** How an agent type is treated. `observe` records what would have been done and does nothing. */
export const MODES = ["observe", "recommend", "act"] as const;
export type Mode = (typeof MODES)[number];

export const ANOMALY_TYPES = [
  "latency_spike",
  "token_spike",
  "input_token_spike",
  "output_token_spike",
  "cost_spike",
  "tool_explosion",
  "high_retry_rate",
  "error_rate_spike",
  "prompt_change",
  "model_change",
  "tools_change",
  "config_change",
  "repetition",
  "run_overrun",
  "spend_velocity",
  "cache_collapse",
  "silence",
  "stuck_run",
  "vanished_work",
  /** Any other numeric column of a backtest, judged two-sided. */
  "gauge_shift",
] as const;
export type AnomalyType = (typeof ANOMALY_TYPES)[number];

/** What an anomaly asks for: look at it, hold judgement for the fleet, or contain now. */
export const VERDICTS = ["watch", "suspect", "quarantine"] as const;
export type Verdict = (typeof VERDICTS)[number];

export const DIAGNOSES = [
  "prompt_drift",
  "prompt_injection",
  "infinite_loop",
  "tool_instability",
  "memory_corruption",
  "cost_overrun",
  "external_cause",
  "unknown",
] as const;
export type Diagnosis = (typeof DIAGNOSES)[number];

/** Healing actions on agents: rungs of the ladders. */
export const AGENT_ACTIONS = [
  "reset_memory",
  "rollback_prompt",
  "reduce_autonomy",
  "revoke_tools",
  "clone_agent",
  "wait",
  "notify",
] as const;
export type AgentAction = (typeof AGENT_ACTIONS)[number];

/** Operations on services. What they may do exactly is in the allow-list of the configuration; a drill has only `replay`. */
export const SERVICE_ACTIONS = [
  "run_command",
  "call_webhook",
  "open_rollback_pr",
  "open_change_pr",
  "notify",
  "replay",
] as const;
export type ServiceAction = (typeof SERVICE_ACTIONS)[number];

/** `manual`: what a person did by hand, outside of Sentinel, and recorded. */
export const ACTION_NAMES = [
  ...AGENT_ACTIONS,
  "run_command",
  "call_webhook",
  "open_rollback_pr",
  "open_change_pr",
  "replay",
  "manual",
] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

export const RISKS = ["none", "reversible", "hard_to_undo", "destructive"] as const;
export type Risk = (typeof RISKS)[number];

export const PROPOSAL_STATES = ["proposed", "pending", "approved", "rejected", "expired", "void", "executed"] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** What policy says of a proposal; see policy.ts. */
export const POLICY_ANSWERS = ["run", "ask", "refuse", "record"] as const;
export type PolicyAnswer = (typeof POLICY_ANSWERS)[number];

/**
 * What is done about an agent that left its baseline: it is quarantined; it would have been (mode observe, global stop, a host that
 * cannot enforce it); a person is asked what to do (mode recommend); a containment limit stopped it; a cause that others share explains it.
 */
export const STANDINGS = ["held", "would_hold", "recommended", "limited", "shared_cause"] as const;
export type Standing = (typeof STANDINGS)[number];

export const APPROVAL_STATES = ["pending", "approved", "rejected", "expired", "void"] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

export const ACTION_RUN_STATES = ["started", "done", "failed", "cannot_tell"] as const;
export type ActionRunState = (typeof ACTION_RUN_STATES)[number];

/**
 * What measurement says of an action. `pending` until it can be told; `contained`: what was ill is kept from happening, the rest is well,
 * and it is not cured.
 */
export const OUTCOMES = ["pending", "recovered", "contained", "no_effect", "worse", "cannot_tell"] as const;
export type Outcome = (typeof OUTCOMES)[number];
/** An outcome as people read it; what is stored and sent stays `cannot_tell`. */
export const outcomeText = (outcome: string): string =>
  outcome === "cannot_tell" ? "inconclusive" : outcome.replaceAll("_", " ");

/** How far a directive got, over the live instances of an agent. */
export const CONTAINMENTS = ["none", "sent", "acknowledged", "enforced", "not_confirmed", "observe_only"] as const;
export type Containment = (typeof CONTAINMENTS)[number];

export const DIRECTIVE_STATUSES = ["run", "paused", "quarantined", "retired"] as const;
export type DirectiveStatus = (typeof DIRECTIVE_STATUSES)[number];

export const AUTONOMY_LEVELS = ["full", "reduced"] as const;
export type AutonomyLevel = (typeof AUTONOMY_LEVELS)[number];

export const CHANGE_KINDS = ["deploy", "prompt", "model", "tools", "config", "scale", "healing"] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

export const FINDING_KINDS = [
  "metric_shift",
  "log_template",
  "change",
  "dependency",
  "peer_group",
  "repetition",
  "similar_incident",
  "memory",
  "alert",
  /** A span's duration or gap, or what its absence says. */
  "trace",
  /** What an object says of itself: a last terminated state, a rollout's status. */
  "state",
  "runbook",
  /** Text that tries to give orders. It is data, and it is shown. */
  "instruction",
  "could_not_look",
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** What a key may send: `gateway` is requests to models, through us. Each is asked of the route that takes it in. */
export const KEY_SCOPES = ["events", "changes", "logs", "gateway"] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];
export const isAtLeast = (role: Role, wanted: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(wanted);

/** What an API token may be: a machine never administers. */
export const TOKEN_ROLES = ["viewer", "operator"] as const satisfies readonly Role[];
export type TokenRole = (typeof TOKEN_ROLES)[number];
/** What an API token may do over MCP besides reading. Nothing there decides an approval. */
export const TOKEN_SCOPES = ["hold"] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** One-time links: the first account, a further one, or signing in to one that exists. */
export const LINK_KINDS = ["setup", "invite", "sign_in"] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** Numbers in events that the detector judges. Units: ms, tokens, USD, counts; `error` and `retried` are 0 or 1. */
export const METRICS = [
  "latency_ms",
  "ttft_ms",
  "token_count",
  "input_tokens",
  "output_tokens",
  "cost",
  "tool_calls",
  "retries",
  "error",
  "cache_ratio",
  "result_bytes",
  "spend_per_min",
  "run_cost",
  "run_tokens",
  "run_calls",
  "run_depth",
] as const;
export type Metric = (typeof METRICS)[number];
/** What a series of an agent may be asked for: tool calls have series of their own, a call of a tool being no call of a model. */
export const SERIES_METRICS = [...METRICS, "tool.latency_ms", "tool.error", "tool.retries"] as const;
export type SeriesMetric = (typeof SERIES_METRICS)[number];

/** What a budget is of. `run`: one run; `tree`: a root run with all its descendants; the others: what was spent by whoever goes by that name. */
export const BUDGET_SCOPES = ["run", "tree", "agent", "user", "team", "repository", "fleet"] as const;
export type BudgetScope = (typeof BUDGET_SCOPES)[number];
/** The time a budget is for; `run`: from the beginning of the run, or of the tree, to its end. */
export const BUDGET_WINDOWS = ["run", "hour", "day", "month"] as const;
export type BudgetWindow = (typeof BUDGET_WINDOWS)[number];
/** What a budget counts. Of a tree alone: `depth` (levels below the root) and `descendants`. `idle_seconds`: without activity. */
export const BUDGET_MEASURES = [
  "usd",
  "tokens",
  "model_calls",
  "tool_calls",
  "depth",
  "descendants",
  "wall_seconds",
  "idle_seconds",
] as const;
export type BudgetMeasure = (typeof BUDGET_MEASURES)[number];
/** What happens when a budget is used up: work is held and a person asked for more, or it ends. */
export const AT_LIMIT = ["pause_and_ask", "stop"] as const;
export type AtLimit = (typeof AT_LIMIT)[number];
/**
 * What is done about a budget of one subject. `open`: nothing, it has warned at most; `asking`: it is used up, and a person is asked
 * for more; `stopped`: its agents are quarantined; `recorded`: mode observe, nothing is done; `ended`: its window or its run is over.
 */
export const BUDGET_STANDINGS = ["open", "asking", "stopped", "recorded", "ended"] as const;
export type BudgetStanding = (typeof BUDGET_STANDINGS)[number];
/** By what spending is told apart. */
export const SPEND_DIMENSIONS = ["fleet", "team", "user", "repository", "agent", "model", "tool"] as const;
export type SpendDimension = (typeof SPEND_DIMENSIONS)[number];

/** What kind of trouble a cause is: what it would need as a remedy. */
export const CAUSE_KINDS = [
  "deploy_regression",
  "config_regression",
  "dependency_failure",
  "resource_exhaustion",
  "memory_leak",
  "overload",
  "crash",
  "slow",
  "failing",
  "silent",
] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

/** How an evaluation stands. stopped: by a person; interrupted: the process that played it is gone. */
export const EVAL_RUN_STATES = ["running", "done", "failed", "stopped", "interrupted"] as const;
export type EvalRunState = (typeof EVAL_RUN_STATES)[number];

/** Sets of drawn cases: methods are developed on one; the other, of other systems, is only ever measured on. */
export const EVAL_SETS = ["dev", "second"] as const;
/** What a case may be of: a set that is drawn, or real incidents that were frozen. */
export const CASE_SETS = [...EVAL_SETS, "frozen"] as const;
