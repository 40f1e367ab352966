import { downgradeClaim, enterType } from "@/lib/db/queries/agent-writes";
import type { Downgrade } from "@/lib/db/schema/agents";
import type { Agent } from "@/lib/db/queries/agents";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "../actor";
import type { Plan } from "@/lib/db/plan";

/** What a host asks for an agent, for people: "to treat it as type Leisure". */
export function downgradeText({ type, enforcement }: Pick<Downgrade, "type" | "enforcement">): string {
  return [
    ...(type === undefined ? [] : [`to treat it as type ${type}`]),
    ...(enforcement === undefined ? [] : ["to exempt it from quarantine"]),
  ].join(" and ");
}

/**
 * A person's decision on what a host asked for. What is decided on is what was recorded first: a host cannot exchange it
 * while somebody reads it. Throws `conflict` when nothing is asked.
 */
export function decideDowngrade(
  plan: Plan,
  agent: Agent,
  accepted: boolean,
  reason: string | undefined,
  by: Actor,
  now: number,
): void {
  const { downgrade } = agent;
  if (!downgrade) throw new SentinelError("conflict", { detail: `The host of ${agent.id} has no pending request` });
  const type = accepted ? (downgrade.type ?? agent.type) : agent.type;
  const enforcement = accepted && downgrade.enforcement === false ? false : agent.enforcement;
  const text = `${by.name} ${accepted ? "accepted" : "declined"} the request of the host of ${agent.id}: ${downgradeText(downgrade)}`;
  plan
    .claim(downgradeClaim(agent, { type, enforcement }))
    .write(enterType(type, now))
    .tell({
      at: now,
      type: accepted ? "agent.downgrade_accepted" : "agent.downgrade_refused",
      agentId: agent.id,
      text: reason ? `${text}: ${reason}` : text,
      data: { by: by.id, ...downgrade },
    });
}
