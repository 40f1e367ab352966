import { z } from "zod";
import { action } from "./action";

/** Changes nothing: the event that goes with it is marked as needing attention in the console. Also what `wait` does. */
export const notify = action({
  input: z.strictObject({}),
  blastRadius: () => "Nothing is changed",
  run: () => Promise.resolve({ version: null, detail: "nothing was changed" }),
});
