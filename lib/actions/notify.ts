import { z } from "zod";
import { action } from "./action";

/** Changes nothing: people are told by the event that goes with it. Also what `wait` does. */
export const notify = action({
  input: z.strictObject({}),
  blastRadius: () => "Nothing is changed",
  run: () => Promise.resolve({ version: null, detail: "nothing was changed" }),
});
