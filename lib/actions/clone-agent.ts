import { agentAction, impossible, possible } from "./action";

/** `agent` → `agent~2` → `agent~3`. */
function successorOf(id: string): string {
  const match = /^(.*)~(\d+)$/s.exec(id);
  return match ? `${match[1]}~${Number(match[2]) + 1}` : `${id}~2`;
}

/** Retires the agent in favour of a successor that its host's factory makes, and that cannot be un-made. */
export const cloneAgent = agentAction({
  label: "Replace with a clone",
  expected: "The agent is retired and a fresh successor, made by the host's factory, takes over.",
  risk: "hard_to_undo",
  reversible: false,
  undo: null,
  retires: true,
  input: (z) => z.strictObject({ successor: z.string().min(1) }),
  prepare: ({ id, canClone }) =>
    canClone ? possible({ successor: successorOf(id) }) : impossible("its host registered no factory"),
  blastRadius: ({ successor }) => `This agent is retired permanently; ${successor} takes over with a fresh memory`,
  patch: ({ successor }) => ({ status: "retired", successor }),
  detail: ({ successor }) => `successor ${successor}`,
});
