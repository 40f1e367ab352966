import { agentAction, possible } from "./action";

/** Changes nothing: the event that goes with it is marked as needing attention in the console. */
export const notify = agentAction({
  label: "Notify and keep contained",
  expected: "People are notified; the agent stays contained until one of them decides.",
  risk: "none",
  reversible: true,
  undo: null,
  input: (z) => z.strictObject({}),
  prepare: () => possible({}),
  blastRadius: () => "Nothing is changed",
  detail: () => "nothing was changed",
});
