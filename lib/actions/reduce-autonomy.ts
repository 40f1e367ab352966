import { z } from "zod";
import { action } from "./action";

/** Caps what one run may do; the temperature goes to 0 where the model accepts it. */
export const reduceAutonomy = action({
  input: z.strictObject({ max_model_calls: z.int().positive(), max_tool_calls: z.int().positive() }),
  blastRadius: ({ max_model_calls, max_tool_calls }) =>
    `This agent's runs: at most ${max_model_calls} model calls and ${max_tool_calls} tool calls each; longer tasks end early`,
  async run({ directives }, caps) {
    const { version } = await directives.issue({
      status: "run",
      autonomy: { level: "reduced", ...caps, temperature: 0 },
    });
    return { version, detail: `at most ${caps.max_model_calls} model and ${caps.max_tool_calls} tool calls a run` };
  },
});
