import { z } from "zod";
import { action } from "./action";

/** Retires the agent in favour of a successor that its host's factory makes. */
export const cloneAgent = action({
  input: z.strictObject({ successor: z.string().min(1) }),
  blastRadius: ({ successor }) => `This agent is retired for good; ${successor} takes over with a fresh memory`,
  async run({ directives }, { successor }) {
    const { version } = await directives.issue({ status: "retired", successor });
    return { version, detail: `successor ${successor}` };
  },
});
