import type { Anomaly } from "@/lib/core/detection/detect";
import { mayHold } from "@/lib/core/agents/limits";
import type { Agent, DirectiveRow } from "@/lib/db/queries/agents";
import type { Incident } from "@/lib/db/queries/incidents";
import { modeNow, policyOf } from "@/lib/db/queries/settings";
import { notContained, open, type Opened } from "./open";
import type { Plan } from "@/lib/db/plan";
import type { SweepContext } from "./context";
import type { Detector } from "./detector";

interface Subject {
  agent: Agent;
  detector: Detector;
  directive: DirectiveRow | null;
  anomalies: readonly Anomaly[];
  /** The open incident that the agent is in at large; null if it is in none. */
  leaving?: Incident | null;
}

/** Plans an incident for an agent under its type's policy and the limits as this sweep knows them. */
export function openFor(plan: Plan, ctx: SweepContext, subject: Subject): Opened {
  return open(plan, {
    ...subject,
    leaving: subject.leaving ?? null,
    db: ctx.db,
    ...policyFor(ctx, subject.agent),
    hold: holdFor(ctx, subject.agent, subject.anomalies),
    limitIncident: ctx.limitIncident,
    config: ctx.config,
    now: ctx.now,
  });
}

/** What the containment limits say to one more hold. */
export function holdFor(ctx: SweepContext, agent: Agent, anomalies: readonly Pick<Anomaly, "severity">[]) {
  const { floor } = policyOf(ctx.policies, agent.type);
  const severity = Math.max(...anomalies.map((anomaly) => anomaly.severity));
  return mayHold(ctx.holds.input(agent, severity, floor, ctx.settings));
}

const policyFor = (ctx: SweepContext, { type }: Agent) => ({
  mode: modeNow(ctx.policies, type, ctx.now),
  level: policyOf(ctx.policies, type).level,
  globalStop: ctx.settings.global_stop,
});

/** Whether policy lets this agent be held automatically, if the limits do. */
export const mayContain = (ctx: SweepContext, agent: Agent): boolean =>
  notContained({ agent, ...policyFor(ctx, agent) }) === null;

/** Lets the rest of the sweep know what was opened: holds count towards the limits, a limit's incident is joined. */
export function countOpened(ctx: SweepContext, agent: Agent, opened: Opened): void {
  if (opened.held) ctx.holds.add(agent);
  if (opened.limitIncident) ctx.limitIncident = opened.limitIncident;
  if (opened.allowed && ctx.limitIncident)
    ctx.limitIncident = { ...ctx.limitIncident, holdsAllowed: ctx.limitIncident.holdsAllowed - 1 };
}
