import type { Signs } from "./diagnose";
import type { AnomalyType, Diagnosis } from "../base/vocabulary";

/** Anomalies that show an agent doing something else than before, rather than waiting or failing. */
export const BEHAVIOUR: readonly AnomalyType[] = [
  "token_spike",
  "input_token_spike",
  "output_token_spike",
  "cost_spike",
  "tool_explosion",
  "repetition",
  "run_overrun",
  "spend_velocity",
  "vanished_work",
  "cache_collapse",
];

/** What an agent shows when something that it depends on is slow or fails. */
const DEPENDENCY: readonly AnomalyType[] = ["latency_spike", "high_retry_rate", "error_rate_spike"];

export interface Rule {
  diagnosis: Diagnosis;
  /** Natural logarithm of a likelihood ratio: 0.7 twice, 1.6 five times, 3 twenty times, 4 fifty times as likely. */
  weight: number;
  /** The sign, as a part of a sentence for people: what was seen and coincides, never what caused what. */
  sign: string;
  /** True if the sign is a side effect that several causes have in common. */
  indirect: boolean;
  /** The anomalies that show the sign (maybe none, where it was measured otherwise), or null if it is absent. */
  when: (s: Signs) => number[] | null;
}

const some = (indexes: number[]): number[] | null => (indexes.length > 0 ? indexes : null);
const given = (condition: boolean, indexes: () => number[] | null): number[] | null => (condition ? indexes() : null);

const promptChanged = (s: Signs) => s.of("prompt_change").length > 0 || s.changed("prompt") === "undeclared";
const promptStood = (s: Signs) => !promptChanged(s) && s.changed("prompt") === "no";
const contextFloods = (s: Signs) => s.on("result_bytes").length > 0 || s.tools.some((t) => t.floods === true);
const looping = (s: Signs) => s.of("repetition", "tool_explosion");
const spending = (s: Signs) => [...s.of("cost_spike", "spend_velocity"), ...s.on("run_cost", "run_tokens")];
const toolAtFault = (s: Signs) => s.failingTools.length > 0 || s.tools.some((t) => t.open === true);

/**
 * | diagnosis | sign | weight | |
 * | --- | --- | --- | --- |
 * | external_cause | agents with the same model, provider or tool left together | 6 | |
 * | external_cause | another model is asked or answers than before | 1.5 | weak |
 * | external_cause | only slowness, errors or retries, and no tool at fault | 1.5 | weak |
 * | prompt_drift | the prompt changed, undeclared | 2 | |
 * | prompt_drift | and the agent behaves differently since | 2 | |
 * | prompt_drift | it behaves differently after a declared prompt change | 2.5 | |
 * | prompt_drift | longer outputs or vanished work, no change known | 0.7 | weak |
 * | prompt_injection | a tool that acts on the outside was first used now | 2.5 | |
 * | prompt_injection | the tools changed, undeclared | 1 | |
 * | prompt_injection | larger inputs with the same prompt | 1.2 | weak |
 * | prompt_injection | far larger tool results | 1.2 | weak |
 * | prompt_injection | more tool calls along with a flooded context | 0.6 | weak |
 * | infinite_loop | the same action with the same result over and over | 4 | |
 * | infinite_loop | a run makes more or deeper calls than any before | 2 | |
 * | infinite_loop | far more tool calls, the context not flooded | 1.5 | |
 * | infinite_loop | a run does not end, and no tool call is open | 1 | weak |
 * | tool_instability | a tool fails far more often than usual | 3.5 | |
 * | tool_instability | a tool call does not come back | 3 | |
 * | tool_instability | failing or retried calls of a named tool | 2 | |
 * | tool_instability | errors or retries after an undeclared change of tools | 2 | |
 * | tool_instability | errors or retries of an agent alone | 1 | weak |
 * | memory_corruption | loops in several runs, nothing changed between them | 2 | |
 * | memory_corruption | larger inputs, the same prompt and ordinary tool results | 1.5 | weak |
 * | memory_corruption | the cache is missed, the same prompt and tools | 1.2 | weak |
 * | memory_corruption | vanished work, no change known | 0.7 | weak |
 * | cost_overrun | spends more than before | 0.5 | |
 * | cost_overrun | and nothing else that it does explains it | 1.9 | |
 */
export const RULES: readonly Rule[] = [
  {
    diagnosis: "external_cause",
    weight: 6,
    indirect: false,
    sign: "other agents with the same model, provider or tool left their baselines at the same time",
    when: (s) => given(s.external, () => s.of(...DEPENDENCY)),
  },
  {
    diagnosis: "external_cause",
    weight: 1.5,
    indirect: true,
    sign: "the requested or the answering model changed without being declared",
    when: (s) => some(s.of("model_change")),
  },
  {
    diagnosis: "external_cause",
    weight: 1.5,
    indirect: true,
    sign: "calls are slow or fail, the agent's behaviour is unchanged, and none of its tools is at fault",
    when: (s) =>
      given(!toolAtFault(s) && s.namesTool.length === 0 && s.of(...DEPENDENCY).length === s.all.length, () =>
        some(s.all),
      ),
  },
  {
    diagnosis: "prompt_drift",
    weight: 2,
    indirect: false,
    sign: "the prompt changed without being declared",
    when: (s) => given(promptChanged(s), () => s.of("prompt_change")),
  },
  {
    diagnosis: "prompt_drift",
    weight: 2,
    indirect: false,
    sign: "a shift in the agent's behaviour coincides with an undeclared change of the prompt",
    when: (s) => given(promptChanged(s), () => some(s.behaviour)),
  },
  {
    diagnosis: "prompt_drift",
    weight: 2.5,
    indirect: false,
    sign: "a shift in the agent's behaviour coincides with a declared change of the prompt",
    when: (s) => given(!promptChanged(s) && s.changed("prompt") === "declared", () => some(s.behaviour)),
  },
  {
    diagnosis: "prompt_drift",
    weight: 0.7,
    indirect: true,
    sign: "outputs are longer, or expected work is missing",
    when: (s) => given(promptStood(s), () => some(s.of("output_token_spike", "vanished_work"))),
  },
  {
    diagnosis: "prompt_injection",
    weight: 2.5,
    indirect: false,
    sign: "a tool with external effects was used for the first time",
    when: (s) =>
      given(
        s.tools.some((t) => t.unfamiliar === true && (t.sideEffect === "write" || t.sideEffect === "external")),
        () => s.of("tool_explosion"),
      ),
  },
  {
    diagnosis: "prompt_injection",
    weight: 1,
    indirect: false,
    sign: "the tools changed without being declared; their descriptions are text that the model follows",
    when: (s) =>
      given(s.of("tools_change").length > 0 || s.changed("tools") === "undeclared", () => s.of("tools_change")),
  },
  {
    diagnosis: "prompt_injection",
    weight: 1.2,
    indirect: true,
    sign: "inputs are larger than before while the prompt is the same",
    when: (s) => given(promptStood(s), () => some(s.of("input_token_spike"))),
  },
  {
    diagnosis: "prompt_injection",
    weight: 1.2,
    indirect: true,
    sign: "the results of tools are far larger than usual",
    when: (s) => given(contextFloods(s), () => s.on("result_bytes")),
  },
  {
    diagnosis: "prompt_injection",
    weight: 0.6,
    indirect: true,
    sign: "tool calls rose along with a flooded context",
    when: (s) => given(contextFloods(s) || s.of("input_token_spike").length > 0, () => some(s.of("tool_explosion"))),
  },
  {
    diagnosis: "infinite_loop",
    weight: 4,
    indirect: false,
    sign: "the same action with the same result, again and again",
    when: (s) => some(s.of("repetition")),
  },
  {
    diagnosis: "infinite_loop",
    weight: 2,
    indirect: false,
    sign: "a run makes more calls, or nests deeper, than any healthy run",
    when: (s) => some(s.on("run_calls", "run_depth")),
  },
  {
    diagnosis: "infinite_loop",
    weight: 1.5,
    indirect: false,
    sign: "far more tool calls than usual, in a context of usual size",
    when: (s) => given(!contextFloods(s) && s.of("input_token_spike").length === 0, () => some(s.of("tool_explosion"))),
  },
  {
    diagnosis: "infinite_loop",
    weight: 1,
    indirect: true,
    sign: "a run does not end, although no tool call is known to be open",
    when: (s) => given(!s.tools.some((t) => t.open === true), () => some(s.of("stuck_run"))),
  },
  {
    diagnosis: "tool_instability",
    weight: 3.5,
    indirect: false,
    sign: "a tool fails far more often than usual",
    when: (s) => given(s.failingTools.length > 0, () => s.of("error_rate_spike", "high_retry_rate")),
  },
  {
    diagnosis: "tool_instability",
    weight: 3,
    indirect: false,
    sign: "a tool call was started and has not returned",
    when: (s) =>
      given(
        s.tools.some((t) => t.open === true),
        () => s.of("stuck_run", "silence"),
      ),
  },
  {
    diagnosis: "tool_instability",
    weight: 2,
    indirect: false,
    sign: "failing, slow or retried calls of a tool that the anomaly names",
    when: (s) => given(!toolAtFault(s), () => some(s.of(...DEPENDENCY).filter((n) => s.namesTool.includes(n)))),
  },
  {
    diagnosis: "tool_instability",
    weight: 2,
    indirect: false,
    sign: "errors or retries coincide with an undeclared change of the tools",
    when: (s) =>
      given(s.of("tools_change").length > 0 || s.changed("tools") === "undeclared", () =>
        some(s.of("error_rate_spike", "high_retry_rate")),
      ),
  },
  {
    diagnosis: "tool_instability",
    weight: 1,
    indirect: true,
    sign: "errors or retries of this agent while its peers have none",
    when: (s) => given(!s.external, () => some(s.of("error_rate_spike", "high_retry_rate"))),
  },
  {
    diagnosis: "memory_corruption",
    weight: 2,
    indirect: false,
    sign: "loops in more than one run, and no change between them: memory is what persists across runs",
    when: (s) => given(promptStood(s) && s.runs(looping(s)) > 1, () => looping(s)),
  },
  {
    diagnosis: "memory_corruption",
    weight: 1.5,
    indirect: true,
    sign: "inputs are larger than before while the prompt is the same and tool results are ordinary",
    when: (s) => given(promptStood(s) && !contextFloods(s), () => some(s.of("input_token_spike"))),
  },
  {
    diagnosis: "memory_corruption",
    weight: 1.2,
    indirect: true,
    sign: "the prompt cache misses although prompt and tools are unchanged",
    when: (s) => given(promptStood(s) && s.of("tools_change").length === 0, () => some(s.of("cache_collapse"))),
  },
  {
    diagnosis: "memory_corruption",
    weight: 0.7,
    indirect: true,
    sign: "expected work is missing and no change is known",
    when: (s) => given(promptStood(s), () => some(s.of("vanished_work"))),
  },
  {
    // Tokens have a price: where they explain what is spent, that it is spent says little more.
    diagnosis: "cost_overrun",
    weight: 0.5,
    indirect: false,
    sign: "the agent spends more than before",
    when: (s) => some(spending(s)),
  },
  {
    diagnosis: "cost_overrun",
    weight: 1.9,
    indirect: false,
    sign: "no other measurement explains it",
    when: (s) =>
      given(
        promptStood(s) && looping(s).length === 0 && s.of("input_token_spike", "output_token_spike").length === 0,
        () => some(spending(s)),
      ),
  },
];
