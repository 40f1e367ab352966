import type { z } from "zod";

/** The only hands an action has. They are given to it; it can reach nothing else. */
export interface ActionPorts {
  directives: {
    /** Changes the desired state of the target, once for this run of the action however often it is called. */
    issue(patch: ActionPatch): Promise<{ version: number }>;
  };
}

/** What actions may change of an agent's desired state. */
export interface ActionPatch {
  status?: "run" | "retired";
  rollbackTo?: string | null;
  revokedTools?: string[];
  autonomy?: {
    level: "full" | "reduced";
    max_model_calls: number | null;
    max_tool_calls: number | null;
    temperature: number | null;
  };
  memoryEpoch?: number;
  successor?: string | null;
}

/** A healing action as it is called: arguments are checked by it, whoever made them. */
export interface Action {
  /** What else it touches, for whoever decides. Throws ZodError for arguments that are not its own. */
  blastRadius(args: unknown): string;
  run(ports: ActionPorts, args: unknown): Promise<{ version: number | null; detail: string }>;
}

/** Defines an action from its arguments' schema and what it does with its ports. */
export const action = <Input>(definition: {
  input: z.ZodType<Input>;
  blastRadius(args: Input): string;
  run(ports: ActionPorts, args: Input): Promise<{ version: number | null; detail: string }>;
}): Action => ({
  blastRadius: (args) => definition.blastRadius(definition.input.parse(args)),
  run: (ports, args) => definition.run(ports, definition.input.parse(args)),
});
