import { agentAction, impossible, possible } from "./action";

/** Makes calls to the named tools answer with an error. `all` is what is revoked afterwards, earlier ones included. */
export const revokeTools = agentAction({
  label: "Revoke tools",
  expected: "Calls to the named tools return an error; the tools stay revoked until they are restored.",
  risk: "reversible",
  reversible: true,
  undo: "former_directive",
  input: (z) => z.strictObject({ tools: z.array(z.string().min(1)).min(1), all: z.array(z.string().min(1)).min(1) }),
  prepare({ directive, suspectTools: [worst] }) {
    if (worst === undefined) return impossible("no tool is implicated");
    return possible({ tools: [worst], all: [...(directive?.revokedTools ?? []), worst] });
  },
  blastRadius: ({ tools }) => `This agent loses ${tools.join(", ")} until restored; tasks that need it fail`,
  patch: ({ all }) => ({ status: "run", revokedTools: all }),
  detail: ({ tools }) => `revoked ${tools.join(", ")}`,
});
