import type { Anomaly } from "../detection/detect";
import { type ActionRunState, type AnomalyType, type Outcome, outcomeText } from "../base/vocabulary";

/** What a screen needs of an anomaly to say it in words. */
export type Described = Pick<
  Anomaly,
  "type" | "metric" | "value" | "expected" | "evidence" | "effect" | "samples" | "detail"
>;

type Unit = "ms" | "tokens" | "usd" | "bytes" | "share" | "count";
interface Name {
  name: string;
  unit: Unit;
}

/** Metrics as people call them. Others (a backtest's columns) go by the name they came with. */
const NAMES: Record<string, Name> = {
  latency_ms: { name: "latency", unit: "ms" },
  ttft_ms: { name: "time to first token", unit: "ms" },
  token_count: { name: "tokens", unit: "tokens" },
  input_tokens: { name: "input tokens", unit: "tokens" },
  output_tokens: { name: "output tokens", unit: "tokens" },
  cost: { name: "cost", unit: "usd" },
  tool_calls: { name: "tool calls", unit: "count" },
  retries: { name: "retries", unit: "count" },
  cache_ratio: { name: "share of input from cache", unit: "share" },
  result_bytes: { name: "result size", unit: "bytes" },
  spend_per_min: { name: "spend per minute", unit: "usd" },
  run_cost: { name: "cost of the run so far", unit: "usd" },
  run_tokens: { name: "tokens of the run so far", unit: "tokens" },
  run_calls: { name: "calls of the run so far", unit: "count" },
  run_depth: { name: "depth of the run", unit: "count" },
  joint: { name: "several metrics together", unit: "count" },
};

/** A metric's name for people. */
export const metricName = (metric: string): string => NAMES[metric]?.name ?? YES[metric] ?? metric.replaceAll("_", " ");

/** Yes-or-no streams: what the yes is, in words. */
const YES: Record<string, string> = {
  error: "failed calls",
  retried: "retried calls",
  zero_tokens: "calls without tokens",
  zero_output: "calls without output",
  zero_tools: "steps without tool calls",
};

/**
 * One anomaly in a sentence: what was measured, what was expected, how far apart they are and how many samples carry the
 * evidence. It states measurements only; causes are the diagnosis's business.
 */
export function describeAnomaly(a: Described): string {
  switch (a.type) {
    case "prompt_change":
    case "model_change":
    case "tools_change":
    case "config_change":
      return identityText(a);
    case "repetition":
      return a.evidence === "rule"
        ? `${plain(a.value)} identical calls in a row`
        : `${plain(a.value)} steps that repeat earlier ones`;
    case "silence":
      return `no events for ${duration(a.value)}, expected within ${duration(a.expected.high)}`;
    case "stuck_run":
      return `a run without a step for ${duration(a.value)} while others report, expected within ${duration(a.expected.high)}`;
    case "latency_spike":
    case "token_spike":
    case "input_token_spike":
    case "output_token_spike":
    case "cost_spike":
    case "tool_explosion":
    case "high_retry_rate":
    case "error_rate_spike":
    case "run_overrun":
    case "spend_velocity":
    case "cache_collapse":
    case "vanished_work":
    case "gauge_shift":
      return a.metric in YES ? rateText(a) : measuredText(a);
  }
}

/** What a metric is measured in. */
export const unitOf = (metric: string): Unit => NAMES[metric]?.unit ?? "count";

/** `latency 8,400 ms, expected 350–1,900 (4.4x the centre); evidence over 6 samples` */
function measuredText(a: Described): string {
  if (a.metric === "joint")
    return `several metrics moved together, each by less than would raise an alarm alone; ${carried(a.samples)}`;
  const { name, unit } = NAMES[a.metric] ?? { name: a.metric, unit: "count" };
  const { low, high } = a.expected;
  const band = `${bare(low, unit)}–${bare(high, unit)}`;
  const inside = a.value >= low && a.value <= high;
  const far = a.type === "gauge_shift" || inside ? "" : ` (${times(a.effect)} the expected value)`;
  const shift = inside ? "; the level shifted, " : "; ";
  return `${name} ${quantity(a.value, unit)}, expected ${band}${far}${shift}${carried(a.samples)}`;
}

function rateText(a: Described): string {
  const usual = a.expected.mid < 0.0005 ? "almost none" : quantity(a.expected.mid, "share");
  return `more ${YES[a.metric]} than usual (normally ${usual}); ${carried(a.samples)}`;
}

const PARTS: Partial<Record<AnomalyType, string>> = {
  prompt_change: "prompt",
  model_change: "model",
  tools_change: "tools",
  config_change: "configuration",
};

function identityText(a: Described): string {
  const { from, to, what } = a.detail;
  const moved = from === undefined || to === undefined ? "" : ` from ${from ?? "unknown"} to ${to ?? "unknown"}`;
  return `${what ?? PARTS[a.type] ?? a.metric} changed${moved}, not declared`;
}

const carried = (samples: number): string =>
  samples <= 1 ? "evidence in one sample" : `evidence over ${plain(Math.round(samples))} samples`;

/** Beyond this a ratio only says that there was nearly nothing before. */
const RATIO_SHOWN = 1000;
const times = (ratio: number): string =>
  ratio >= RATIO_SHOWN ? `over ${plain(RATIO_SHOWN)}x` : `${significant(ratio, 2)}x`;

/** A number with its unit: `8,400 ms`, `$0.0123`, `12 %`, `3.4 kB`. */
export function quantity(value: number, unit: Unit): string {
  switch (unit) {
    case "ms":
      return `${bare(value, unit)} ms`;
    case "usd":
    case "share":
    case "bytes":
    case "tokens":
    case "count":
      return bare(value, unit);
  }
}

function bare(value: number, unit: Unit): string {
  switch (unit) {
    case "ms":
    case "tokens":
    case "count":
      return Math.abs(value) >= 10 ? plain(Math.round(value)) : significant(value, 2);
    case "usd":
      return `$${Math.abs(value) >= 100 ? plain(Math.round(value)) : significant(value, 3)}`;
    case "share":
      return `${significant(value * 100, 2)} %`;
    case "bytes":
      return value >= 1e6
        ? `${significant(value / 1e6, 3)} MB`
        : value >= 1e3
          ? `${significant(value / 1e3, 3)} kB`
          : `${plain(Math.round(value))} B`;
  }
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A time span in ms as people say it: `850 ms`, `12 s`, `4 min`, `3.5 h`. */
export function duration(ms: number): string {
  if (ms < SECOND) return `${plain(Math.round(ms))} ms`;
  if (ms < 2 * MINUTE) return `${significant(ms / SECOND, 2)} s`;
  if (ms < 2 * HOUR) return `${plain(Math.round(ms / MINUTE))} min`;
  return `${significant(ms / HOUR, 2)} h`;
}

const plain = (x: number): string => x.toLocaleString("en-US", { maximumFractionDigits: 2 });
const significant = (x: number, digits: number): string =>
  x.toLocaleString("en-US", {
    maximumSignificantDigits: Math.max(digits, Math.floor(Math.log10(Math.abs(x) || 1)) + 1),
  });

/** What an action is called for people: the name of an allow-listed operation, what was done by hand in its words, else the action's name. */
export function actionName({ action, args }: { action: string; args: Record<string, unknown> }): string {
  if (typeof args["entry"] !== "string") return action.replaceAll("_", " ");
  return action === "manual" ? `${args["entry"]} (by hand)` : args["entry"];
}

/** An action as far as its result is told. */
interface Carried {
  action: string;
  args: Record<string, unknown>;
  state: ActionRunState;
  outcome: Outcome;
}

/** How an incident ended that nobody and nothing closed: with what was carried out for it meanwhile, and what came of each. */
export function passedText(runs: readonly Carried[]): string {
  const ended = "its alerts ended and no measured signal is out of band";
  if (runs.length === 0) return `${ended}; no operation was carried out for it`;
  const tried = runs.map((run) => `${actionName(run)} (${resultText(run)})`);
  return `${ended}; carried out before: ${tried.join(", ")}`;
}

function resultText({ state, outcome }: Carried): string {
  if (outcome === "pending") return state === "failed" ? "failed" : "effect not measured";
  return outcomeText(outcome);
}
