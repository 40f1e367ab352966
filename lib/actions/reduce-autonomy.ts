import { agentAction, impossible, possible } from "./action";

/** Calls that a run may make: enough for a short task. */
const CALL_CAP = 6;

/** Caps what one run may do; the temperature goes to 0 where the model accepts it. */
export const reduceAutonomy = agentAction({
  label: "Reduce autonomy",
  expected: "Each run may make fewer model and tool calls; the limit stays until it is lifted.",
  risk: "reversible",
  reversible: true,
  undo: "former_directive",
  input: (z) => z.strictObject({ max_model_calls: z.int().positive(), max_tool_calls: z.int().positive() }),
  prepare: ({ directive }) =>
    directive?.autonomy.level === "reduced"
      ? impossible("autonomy is already reduced")
      : possible({ max_model_calls: CALL_CAP, max_tool_calls: CALL_CAP }),
  blastRadius: ({ max_model_calls, max_tool_calls }) =>
    `This agent's runs: at most ${max_model_calls} model calls and ${max_tool_calls} tool calls each; longer tasks end early`,
  patch: (caps) => ({ status: "run", autonomy: { level: "reduced", ...caps, temperature: 0 } }),
  detail: ({ max_model_calls, max_tool_calls }) =>
    `at most ${max_model_calls} model and ${max_tool_calls} tool calls a run`,
});
