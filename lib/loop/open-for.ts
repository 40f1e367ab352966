import type { Anomaly } from "@/lib/core/detect";
import { mayHold } from "@/lib/core/limits";
import type { Agent, DirectiveRow } from "@/lib/db/queries/agents";
import { defaultPolicy } from "@/lib/db/queries/settings";
import { open, type Opened } from "./open";
import type { Plan } from "./plan";
import type { SweepContext } from "./shard";
import type { Detector } from "./sweeper";

/** Plans an incident for an agent under its type's policy and the limits as this sweep knows them. */
export function openFor(
  plan: Plan,
  ctx: SweepContext,
  subject: { agent: Agent; detector: Detector; directive: DirectiveRow | null; anomalies: readonly Anomaly[] },
): Opened {
  const { type } = subject.agent;
  const policy = ctx.policies.get(type) ?? defaultPolicy(type);
  return open(plan, {
    ...subject,
    db: ctx.db,
    mode: policy.mode,
    globalStop: ctx.settings.global_stop,
    hold: mayHold(ctx.holds.input(type, policy.floor, ctx.settings)),
    limitIncident: ctx.limitIncident,
    config: ctx.config,
    now: ctx.now,
  });
}

/** Lets the rest of the sweep know what was opened: holds count towards the limits, a limit's incident is joined. */
export function countOpened(ctx: SweepContext, agent: Agent, opened: Opened): void {
  if (opened.held) ctx.holds.add(agent.type);
  if (opened.limitIncident) ctx.limitIncident = opened.limitIncident;
}
