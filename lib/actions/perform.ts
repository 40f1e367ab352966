import { z } from "zod";
import type { AgentAction } from "@/lib/core/base/vocabulary";
import { type ActionPatch, type AgentFacts, impossible, type Prepared } from "./action";
import { ACTIONS } from "./index";

/** The only hands an action has. They are given to it; it can reach nothing else. */
export interface ActionPorts {
  directives: {
    /** Changes the desired state of the target, once for this run of the action however often it is called. */
    issue(patch: ActionPatch): Promise<{ version: number }>;
  };
}

/** Whether an action could be carried out on an agent now, with the arguments that it would get. */
export function prepareAction(action: AgentAction, facts: AgentFacts): Prepared<Record<string, unknown>> {
  const spec = ACTIONS[action];
  if (facts.enforcement === false && spec.patch) return impossible("its host does not enforce directives");
  if (facts.cannot.includes(action)) return impossible("an instance reported that it cannot do this");
  return spec.prepare(facts) as Prepared<Record<string, unknown>>;
}

/** What else an action touches. Throws ZodError for arguments that are not its own. */
export function blastRadiusOf(action: AgentAction, args: unknown): string {
  const spec = ACTIONS[action];
  return spec.blastRadius(spec.input(z).parse(args));
}

/** Carries an action out: its arguments are checked, whoever made them. Throws ZodError, or what its ports throw. */
export async function perform(
  action: AgentAction | "manual",
  { directives }: ActionPorts,
  args: unknown,
): Promise<{ version: number | null; detail: string }> {
  const spec = ACTIONS[action];
  const input = spec.input(z).parse(args);
  const version = spec.patch ? (await directives.issue(spec.patch(input))).version : null;
  return { version, detail: spec.detail(input) };
}
