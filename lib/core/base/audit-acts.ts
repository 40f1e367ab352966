import type { EventType } from "./events";

/**
 * What an event of the stream is in the audit log: the act, what it was done to, and where the event names that (`agent`,
 * `service` and `incident` are its own columns; anything else is a member of its data). Null: an observation, or a step of an act
 * that is recorded already. A new event has to say which.
 */
interface Act {
  action: string;
  kind: string;
  /** The member of the event's data that holds the subject's ID; left out: the event is about an agent, a service or an incident. */
  id?: string;
}

const onAgent = (verb: string): Act => ({ action: `agent.${verb}`, kind: "agent" });
const onIncident = (verb: string): Act => ({ action: `incident.${verb}`, kind: "incident" });
const onApproval = (verb: string): Act => ({ action: `approval.${verb}`, kind: "incident" });
const onAction = (verb: string): Act => ({ action: `action.${verb}`, kind: "incident" });
const named = (action: string, kind: string, id = kind): Act => ({ action, kind, id });

export const ACTS: Record<EventType, Act | null> = {
  "agent.suspected": null,
  "agent.healthy": null,
  "agent.back_in_band": null,
  "agent.quarantined": onAgent("quarantine"),
  "agent.paused": onAgent("pause"),
  "agent.directed": onAgent("direct"),
  "agent.retired": onAgent("retire"),
  "agent.downgrade_asked": onAgent("ask_downgrade"),
  "agent.downgrade_accepted": onAgent("accept_downgrade"),
  "agent.downgrade_refused": onAgent("refuse_downgrade"),

  "containment.enforced": null,
  "containment.not_confirmed": null,
  "containment.breach": null,
  "tool.outcome_unknown": null,
  "task.decided": null,
  "containment.limited": null,
  "containment.allowed": onIncident("allow_holds"),

  "incident.opened": onIncident("open"),
  "incident.joined": null,
  "incident.left": null,
  "incident.merged": onIncident("merge"),
  "incident.diagnosed": null,
  "incident.no_fault": null,
  "incident.watching": null,
  "incident.shared_cause_asked": null,
  "incident.acknowledged": onIncident("acknowledge"),
  "incident.assigned": onIncident("assign"),
  "incident.noted": onIncident("note"),
  "incident.snoozed": onIncident("snooze"),
  "incident.escalated": onIncident("escalate"),
  "incident.exhausted": null,
  "incident.resolved": onIncident("resolve"),
  "incident.dismissed": onIncident("dismiss"),
  "investigation.started": null,
  "investigation.requested": onIncident("investigate_again"),
  "incident.verdict": onIncident("give_verdict"),
  "cause.feedback": onIncident("rate_cause"),

  "proposal.allowed": { action: "proposal.allow", kind: "incident" },
  "proposal.recorded": null,
  "proposal.refused": { action: "proposal.refuse", kind: "incident" },
  "proposal.void": { action: "proposal.void", kind: "incident" },
  "approval.requested": onApproval("request"),
  "approval.approved": onApproval("approve"),
  "approval.rejected": onApproval("reject"),
  "approval.expired": onApproval("expire"),
  "approval.void": onApproval("void"),

  "action.started": onAction("start"),
  "action.recorded": onAction("record_by_hand"),
  "action.sent": null,
  "action.done": onAction("finish"),
  "action.failed": onAction("fail"),
  "action.cut_off": onAction("cut_off"),
  "action.acknowledged": null,
  "action.judged": onAction("measure"),

  "alert.raised": null,
  "alert.eased": null,
  "alert.ended": null,
  "service.moved": null,

  "change.declared": { action: "change.declare", kind: "service" },
  "change.watched": null,
  "change.measured": null,
  "change.expected": { action: "change.mark_expected", kind: "agent" },
  "maintenance.opened": named("maintenance.open", "maintenance", "window"),
  "maintenance.ended": named("maintenance.end", "maintenance", "window"),

  "eval.started": named("evaluation.start", "evaluation", "run"),
  "eval.progress": null,
  "eval.ended": named("evaluation.end", "evaluation", "run"),

  "budget.warned": null,
  "budget.reached": null,
  "budget.granted": named("budget.grant", "budget"),
  "budget.stopped": named("budget.stop", "budget"),
  "budget.ended": null,
  "budget.set": named("budget.set", "budget"),
  "budget.deleted": named("budget.delete", "budget"),

  "channel.created": named("channel.create", "channel"),
  "channel.changed": named("channel.update", "channel"),
  "channel.deleted": named("channel.delete", "channel"),
  "channel.failed": null,
  "settings.changed": { action: "settings.update", kind: "settings" },
  "key.content_changed": named("key.set_content", "key"),
  "content.deleted": { action: "content.delete", kind: "agent" },
  "type.changed": named("policy.update", "agent_type", "type"),
  "stop.on": { action: "stop.on", kind: "settings" },
  "stop.off": { action: "stop.off", kind: "settings" },
};

/** Acts that no event tells of: whoever writes them names them here. `X.Y`: Y was done to an X. */
export const OWN_ACTS = [
  "user.sign_in",
  "user.sign_in_failed",
  "user.sign_out",
  "user.create",
  "user.invite",
  "user.make_link",
  "user.change_password",
  "user.change_role",
  "user.delete",
  "user.link_slack",
  "user.unlink_slack",
  "key.create",
  "key.revoke",
  "token.create",
  "token.revoke",
  "alert_source.create",
  "alert_source.revoke",
  "alert_source.test",
  "channel.test",
  "notification.resend",
  "operation.dry_run",
  "evaluation.stop",
  "evaluation.resume",
  "drill.start",
  "drill.delete",
  "fault.inject",
  "fault.end",
  "agent.release",
  "agent.resume",
  "agent.lift_restrictions",
  "agent.change_hold_level",
  "incident.export_case",
  "audit.export",
] as const;
export type OwnAct = (typeof OWN_ACTS)[number];
