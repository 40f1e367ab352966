import { agentAction, impossible, possible } from "./action";

/**
 * Replaces the system prompt by an earlier one that the SDK still holds. It can be taken back, yet it changes what the agent
 * is told, and what the agent does meanwhile stays done: a person is asked unless the agent's type allows it.
 */
export const rollbackPrompt = agentAction({
  label: "Roll back prompt",
  expected: "The agent follows an earlier prompt that its SDK still holds.",
  risk: "hard_to_undo",
  reversible: true,
  undo: "former_directive",
  input: (z) => z.strictObject({ to: z.string().min(1), from: z.string().nullable() }),
  prepare({ goodPromptHash: to, promptHash: from, heldPrompts }) {
    if (!to) return impossible("no earlier prompt is known to be good");
    if (to === from) return impossible("the prompt in use is the last good one");
    if (heldPrompts.length > 0 && !heldPrompts.includes(to))
      return impossible("the SDK no longer holds the last good prompt");
    return possible({ to, from });
  },
  blastRadius: () => "This agent's instructions: every run from now on follows the earlier prompt",
  patch: ({ to }) => ({ status: "run", rollbackTo: to }),
  detail: ({ to }) => `prompt ${to}`,
});
