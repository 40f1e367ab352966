import { z } from "zod";
import { action } from "./action";

/** Switches to a fresh memory namespace; the old one is kept. */
export const resetMemory = action({
  input: z.strictObject({ epoch: z.int().positive() }),
  blastRadius: () => "This agent's memory: it starts from an empty namespace, the old one stays stored",
  async run({ directives }, { epoch }) {
    const { version } = await directives.issue({ status: "run", memoryEpoch: epoch });
    return { version, detail: `memory epoch ${epoch}` };
  },
});
