import { ACTIONS } from "@/lib/actions/index";
import type { HoldLevel } from "@/lib/core/base/hold-levels";
import type { CauseView } from "@/lib/contracts/services";
import type {
  AgentAction,
  AnomalyType,
  ChangeKind,
  Diagnosis,
  FindingKind,
  Mode,
  Outcome,
  PolicyAnswer,
  ProposalState,
  Risk,
} from "@/lib/core/base/vocabulary";

/** What the vocabulary's words are called on screen. Careful ones: nothing here says why something happened, or that it is mended. */
export const ACTION = Object.fromEntries(
  Object.entries(ACTIONS).map(([action, { label }]) => [action, label]),
) as Record<AgentAction, string>;

export const DIAGNOSIS: Record<Diagnosis, string> = {
  prompt_drift: "Prompt drift",
  prompt_injection: "Prompt injection",
  infinite_loop: "Infinite loop",
  tool_instability: "Tool instability",
  memory_corruption: "Memory corruption",
  cost_overrun: "Cost overrun",
  external_cause: "External cause",
  unknown: "Unknown",
};

/** What kind of trouble a cause of a service incident is. */
export const CAUSE: Record<CauseView["kind"], string> = {
  deploy_regression: "New version",
  config_regression: "Configuration problem",
  dependency_failure: "Dependency failure",
  resource_exhaustion: "Resource exhausted",
  memory_leak: "Memory growth",
  overload: "Overload",
  crash: "Crashes",
  slow: "Slow processing",
  failing: "Failing operations",
  silent: "No response",
  no_fault: "No fault found",
  unknown: "Unknown",
};

export const ANOMALY: Record<AnomalyType, string> = {
  latency_spike: "Latency spike",
  token_spike: "Token spike",
  input_token_spike: "Input token spike",
  output_token_spike: "Output token spike",
  cost_spike: "Cost spike",
  tool_explosion: "Tool-call spike",
  high_retry_rate: "High retry rate",
  error_rate_spike: "Error rate spike",
  prompt_change: "Prompt change",
  model_change: "Model change",
  tools_change: "Tools change",
  config_change: "Configuration change",
  repetition: "Repetition",
  run_overrun: "Run too long",
  spend_velocity: "Spend rate spike",
  cache_collapse: "Cache hit rate drop",
  silence: "Silence",
  stuck_run: "Stuck run",
  vanished_work: "Throughput drop",
  gauge_shift: "Gauge shift",
};

export const OUTCOME: Record<Outcome, string> = {
  pending: "Being measured",
  recovered: "Recovered",
  contained: "Contained, not healed",
  no_effect: "No effect",
  worse: "Worse",
  cannot_tell: "Inconclusive",
};

export const RISK: Record<Risk, string> = {
  none: "No risk",
  reversible: "Reversible",
  hard_to_undo: "Hard to undo",
  destructive: "Destructive",
};

export const MODE: Record<Mode, string> = { observe: "Observe", recommend: "Recommend", act: "Act" };
export const MODE_MEANS: Record<Mode, string> = {
  observe: "Records what would have been done. Nothing is executed.",
  recommend: "Every action requires approval.",
  act: "Contains and heals within its limits; requires approval above the threshold.",
};

export const HOLD_LEVEL: Record<HoldLevel, string> = {
  hold_new: "Hold new runs",
  drain: "Drain",
  hand_over: "Hand over",
  kill: "Kill",
};
export const HOLD_LEVEL_MEANS: Record<HoldLevel, string> = {
  hold_new: "Runs in progress continue; new runs wait.",
  drain: "Calls in flight may finish; nothing further starts.",
  hand_over: "Like drain, and the host hands its queued tasks over.",
  kill: "Calls in flight are aborted at once; whether they took effect is then unknown.",
};

export const POLICY: Record<PolicyAnswer, string> = {
  run: "Allowed by policy",
  ask: "Policy requires approval",
  refuse: "Denied by policy",
  record: "Recorded only",
};

export const CHANGE: Record<ChangeKind, string> = {
  deploy: "Deploy",
  prompt: "Prompt",
  model: "Model",
  tools: "Tools",
  config: "Configuration",
  scale: "Scale",
  healing: "Healing action",
};

export const FINDING: Record<FindingKind, string> = {
  metric_shift: "Metric shift",
  log_template: "Log template",
  change: "Change",
  dependency: "Dependency",
  peer_group: "Peer group",
  repetition: "Repetition",
  similar_incident: "Similar incident",
  memory: "Learned pattern",
  alert: "Alert",
  trace: "Spans",
  state: "State",
  runbook: "Runbook",
  instruction: "Suspected prompt injection",
  could_not_look: "Could not read",
};

export const PROPOSAL: Record<ProposalState, string> = {
  proposed: "Proposed",
  pending: "Waiting for approval",
  approved: "Approved",
  rejected: "Rejected",
  expired: "Expired",
  void: "Void",
  executed: "Carried out",
};

/** A metric's name with its unit, as an axis says it. */
export const METRIC: Record<string, { label: string; unit: string }> = {
  latency_ms: { label: "Latency", unit: "ms" },
  ttft_ms: { label: "Time to first token", unit: "ms" },
  token_count: { label: "Tokens", unit: "" },
  input_tokens: { label: "Input tokens", unit: "" },
  output_tokens: { label: "Output tokens", unit: "" },
  cost: { label: "Cost", unit: "USD" },
  tool_calls: { label: "Tool calls", unit: "" },
  retries: { label: "Retries", unit: "" },
  error: { label: "Errors", unit: "share" },
  cache_ratio: { label: "Cache ratio", unit: "share" },
  result_bytes: { label: "Tool result size", unit: "bytes" },
  spend_per_min: { label: "Spend per minute", unit: "USD" },
  run_cost: { label: "Cost of a run", unit: "USD" },
  run_tokens: { label: "Tokens of a run", unit: "" },
  run_calls: { label: "Calls of a run", unit: "" },
  run_depth: { label: "Depth of a run", unit: "" },
};

const plain = (word: string) => {
  const spaced = word.replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};

/** The name of a word that may be newer than this screen. */
export const name = (names: Record<string, string>, word: string | null): string =>
  word === null ? "Unknown" : Object.hasOwn(names, word) ? names[word]! : plain(word);

export const metricName = (metric: string): string => METRIC[metric]?.label ?? plain(metric);
export const metricUnit = (metric: string): string => METRIC[metric]?.unit ?? "";
