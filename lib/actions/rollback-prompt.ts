import { z } from "zod";
import { action } from "./action";

/** Replaces the system prompt by an earlier one that the SDK still holds. */
export const rollbackPrompt = action({
  input: z.strictObject({ to: z.string().min(1), from: z.string().nullable() }),
  blastRadius: () => "This agent's instructions: every run from now on follows the earlier prompt",
  async run({ directives }, { to }) {
    const { version } = await directives.issue({ status: "run", rollbackTo: to });
    return { version, detail: `prompt ${to}` };
  },
});
