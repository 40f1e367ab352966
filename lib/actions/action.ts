import type { z } from "zod";
import type { Risk } from "@/lib/core/base/vocabulary";

/** What is known of an agent when an action on it is considered: from its registration, its directive and evidence. */
export interface AgentFacts {
  id: string;
  /** False: its host does not obey directives; null: not said. */
  enforcement: boolean | null;
  /** Actions that an instance reported it cannot carry out. */
  cannot: readonly string[];
  canClone: boolean;
  promptHash: string | null;
  goodPromptHash: string | null;
  /** Prompts that its SDK still holds; empty: not said. */
  heldPrompts: readonly string[];
  /** The directive in force; null: none yet. */
  directive: {
    memoryEpoch: number;
    revokedTools: readonly string[];
    autonomy: { level: "full" | "reduced" };
  } | null;
  /** Tools that the evidence implicates, the worst first. */
  suspectTools: readonly string[];
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

/** Whether an action can be carried out now: with these arguments, or why not. */
export type Prepared<Input> = { possible: true; args: Input } | { possible: false; reason: string };
export const possible = <Input>(args: Input): Prepared<Input> => ({ possible: true, args });
export const impossible = (reason: string): Prepared<never> => ({ possible: false, reason });

/** An action on agents: all that the ladder, proposals, verification and the screens know of it. */
export interface AgentActionSpec<Input> {
  /** Its name on screen. */
  label: string;
  /** What a person may expect of it, in plain words. */
  expected: string;
  risk: Risk;
  /** Whether a failed attempt can be taken back. */
  reversible: boolean;
  /** What takes it back; null where there is nothing to take back, or no way. */
  undo: "former_directive" | null;
  /** Its agent is retired once the action has worked. */
  retires?: true;
  /** Its arguments. Zod is handed in, since browsers load this for the words and have no use for schemas. */
  input(zod: typeof z): z.ZodType<Input>;
  /** Arguments come from facts only, never from text that somebody else wrote. */
  prepare(facts: AgentFacts): Prepared<Input>;
  /** What else it touches, for those who decide. */
  blastRadius(args: Input): string;
  /** The change of the agent's directive; left out: it changes nothing, so that no host has to obey it. */
  patch?(args: Input): ActionPatch;
  /** What was sent, for the timeline. */
  detail(args: Input): string;
}

/** Defines an action; `Input` is inferred from its schema. */
export const agentAction = <Input>(spec: AgentActionSpec<Input>): AgentActionSpec<Input> => spec;
