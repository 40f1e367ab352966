import { z } from "zod";
import type { AgentCard } from "@/lib/contracts/agents";
import type { Containment as State } from "@/lib/core/base/vocabulary";

const ENFORCEMENTS = ["none", "requested", "confirmed", "not_confirmed", "not_enforceable"] as const;

/** How far what an agent was told got, as people say it. */
export const Containment = z.object({
  state: z
    .enum(ENFORCEMENTS)
    .describe(
      "none: nothing was asked of it; requested: its host has not confirmed yet; confirmed: every live instance enforces it; not_confirmed: not within the time allowed; not_enforceable: its host cannot enforce it, so it may go on",
    ),
  live_instances: z.int(),
  acknowledged: z.int(),
  enforced: z.int(),
  text: z.string(),
});

const STATES: Record<State, (typeof ENFORCEMENTS)[number]> = {
  none: "none",
  sent: "requested",
  acknowledged: "requested",
  enforced: "confirmed",
  not_confirmed: "not_confirmed",
  observe_only: "not_enforceable",
};

export const containmentOf = ({ containment: { state, live, acknowledged, enforced, text } }: Pick<AgentCard, "containment">): z.input<typeof Containment> => ({ state: STATES[state], live_instances: live, acknowledged, enforced, text }); // prettier-ignore
