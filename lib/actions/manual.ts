import { agentAction, impossible } from "./action";

/** What a person did outside of Sentinel, and recorded. The agent runs again, so that its effect can be measured. */
export const manual = agentAction({
  label: "By hand",
  expected: "The agent runs again, and its vitals say whether what was done by hand has helped.",
  risk: "none",
  reversible: false,
  undo: null,
  input: (z) => z.strictObject({ entry: z.string().min(1) }),
  // Only a person can say that it was done.
  prepare: () => impossible("it is recorded by people, not proposed"),
  blastRadius: () => "What the person did; nothing further is done by Sentinel",
  patch: () => ({ status: "run" }),
  detail: ({ entry }) => `done by hand: ${entry}`,
});
