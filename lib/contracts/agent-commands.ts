import { z } from "zod";
import { HOLD_LEVELS } from "@/lib/core/base/hold-levels";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { AgentCard, AgentParams } from "./agents";

/** A person's act on an agent. A reason is kept in the history. */
export const AgentCommandBody = z
  .object({
    reason: z.string().trim().max(500).optional(),
    level: z
      .enum(HOLD_LEVELS)
      .optional()
      .describe(
        "only for `quarantine`: how the agent is stopped. Default: the level of its type. If the agent is already quarantined, this changes its level",
      ),
    hand_over_to: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe(
        "only for `quarantine` at level hand_over: the agent that takes over queued tasks. Default: the host decides",
      ),
  })
  .meta({ id: "AgentCommandBody" });
export type AgentCommandBody = z.infer<typeof AgentCommandBody>;
export const AGENT_COMMANDS = [
  "quarantine",
  "release",
  "pause",
  "resume",
  "heal",
  "lift",
  "expected",
  "accept_downgrade",
  "refuse_downgrade",
] as const;
export type AgentCommand = (typeof AGENT_COMMANDS)[number];

/** What a person may do to an agent, each a resource of its own. */
export const AGENT_COMMAND = resource(PATHS.AGENT_COMMAND, {
  POST: {
    auth: "operator",
    summary:
      "Quarantines, releases, pauses, resumes or heals an agent, lifts its restrictions, marks its latest change as expected, or accepts or declines its host's request",
    params: AgentParams.extend({ command: z.enum(AGENT_COMMANDS) }),
    body: AgentCommandBody,
    response: AgentCard,
  },
});
