import { z } from "zod";
import { action } from "./action";

/** What a person did outside of Sentinel: the agent runs again, so that its effect can be measured. */
export const manual = action({
  input: z.object({ entry: z.string().min(1) }),
  blastRadius: () => "What the person did; nothing further is done by Sentinel",
  async run({ directives }) {
    const { version } = await directives.issue({ status: "run" });
    return { version, detail: "done by hand; the agent runs again so that its effect can be measured" };
  },
});
