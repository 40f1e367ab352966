import { z } from "zod";
import { action } from "./action";

/** Makes calls to the named tools answer with an error. `all` is what is revoked afterwards, earlier ones included. */
export const revokeTools = action({
  input: z.strictObject({ tools: z.array(z.string().min(1)).min(1), all: z.array(z.string().min(1)).min(1) }),
  blastRadius: ({ tools }) => `This agent loses ${tools.join(", ")} until it is given back; tasks that need it fail`,
  async run({ directives }, { tools, all }) {
    const { version } = await directives.issue({ status: "run", revokedTools: all });
    return { version, detail: `revoked ${tools.join(", ")}` };
  },
});
