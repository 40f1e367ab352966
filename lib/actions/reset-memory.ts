import { agentAction, possible } from "./action";

/**
 * Switches to a fresh memory namespace; the old one is kept. It can be taken back, yet it changes what the agent knows, and
 * what the agent does meanwhile stays done: a person is asked unless the agent's type allows it.
 */
export const resetMemory = agentAction({
  label: "Reset memory",
  expected: "The agent continues with an empty memory; the old one is kept and can be restored.",
  risk: "hard_to_undo",
  reversible: true,
  undo: "former_directive",
  input: (z) => z.strictObject({ epoch: z.int().positive() }),
  prepare: ({ directive }) => possible({ epoch: (directive?.memoryEpoch ?? 0) + 1 }),
  blastRadius: () => "This agent's memory: it starts from an empty namespace, the old one stays stored",
  patch: ({ epoch }) => ({ status: "run", memoryEpoch: epoch }),
  detail: ({ epoch }) => `memory epoch ${epoch}`,
});
