import type { QueryKey } from "@tanstack/react-query";
import type { StreamMessage } from "@/lib/contracts/overview";
import type { EventType } from "@/lib/core/base/events";

/** Queries that hold many subjects, by the first word of their keys. */
const LISTS = [
  "agents",
  "services",
  "incidents",
  "approvals",
  "healing",
  "memory",
  "changes",
  "settings",
  "agent-types",
  "maintenance",
  "evals",
  "scores",
  "budgets",
  "notifications",
] as const;
type List = (typeof LISTS)[number];

/** These show nothing of an event that belongs to no incident. */
const OF_INCIDENTS: ReadonlySet<List> = new Set(["incidents", "approvals", "healing", "memory", "scores"]);

/** Cards of agents and services show the incident that they are in. */
const INCIDENT: readonly List[] = ["incidents", "approvals", "agents", "services"];
const DIRECTIVE: readonly List[] = ["agents", "incidents", "approvals"];
const ACTION: readonly List[] = [...INCIDENT, "healing"];

/** The lists that each event makes out of date. Beside these it always does so to the overview and to its subjects' own screens. */
export const STALE_LISTS: Record<EventType, readonly List[]> = {
  "agent.suspected": ["agents"],
  "agent.healthy": ["agents"],
  "agent.back_in_band": ["agents", "incidents"],
  "agent.quarantined": DIRECTIVE,
  "agent.paused": DIRECTIVE,
  "agent.directed": DIRECTIVE,
  "agent.retired": DIRECTIVE,
  "agent.downgrade_asked": ["agents"],
  "agent.downgrade_accepted": ["agents", "agent-types"],
  "agent.downgrade_refused": ["agents"],

  "containment.enforced": ["agents", "incidents"],
  "containment.not_confirmed": ["agents"],
  "containment.breach": ["agents"],
  "tool.outcome_unknown": ["agents", "incidents"],
  "task.decided": ["incidents"],
  "containment.limited": ["agents", "incidents"],
  "containment.allowed": ["agents", "incidents"],

  "incident.opened": INCIDENT,
  "incident.joined": INCIDENT,
  "incident.left": INCIDENT,
  "incident.merged": INCIDENT,
  "incident.diagnosed": INCIDENT,
  "incident.no_fault": INCIDENT,
  "incident.watching": INCIDENT,
  "incident.shared_cause_asked": INCIDENT,
  "incident.acknowledged": [...INCIDENT, "notifications"],
  "incident.assigned": INCIDENT,
  "incident.noted": INCIDENT,
  "incident.snoozed": [...INCIDENT, "notifications"],
  "incident.escalated": INCIDENT,
  "incident.exhausted": INCIDENT,
  "incident.resolved": [...ACTION, "memory", "scores"],
  "incident.dismissed": [...INCIDENT, "changes", "scores"],
  "investigation.started": ["incidents"],
  "investigation.requested": INCIDENT,
  "incident.verdict": ["scores", "agent-types"],
  "cause.feedback": ["scores"],

  "proposal.allowed": INCIDENT,
  "proposal.recorded": INCIDENT,
  "proposal.refused": INCIDENT,
  "proposal.void": INCIDENT,
  "approval.requested": INCIDENT,
  "approval.approved": ACTION,
  "approval.rejected": INCIDENT,
  "approval.expired": INCIDENT,
  "approval.void": INCIDENT,

  "action.started": [...ACTION, "changes"],
  "action.recorded": [...ACTION, "changes"],
  "action.sent": ACTION,
  "action.done": [...ACTION, "changes"],
  "action.failed": [...ACTION, "changes"],
  "action.cut_off": ACTION,
  "action.acknowledged": ACTION,
  "action.judged": [...ACTION, "memory"],

  "alert.raised": ["services", "incidents", "approvals"],
  "alert.eased": ["services"],
  "alert.ended": ["services", "incidents"],
  "service.moved": ["services", "approvals"],

  "change.declared": ["changes", "agents", "services"],
  "change.watched": ["changes", "agents"],
  "change.measured": ["changes", "agents", "incidents"],
  "change.expected": ["changes", "agents"],
  "maintenance.opened": ["maintenance", "services"],
  "maintenance.ended": ["maintenance", "services"],

  "eval.started": ["evals"],
  "eval.progress": ["evals"],
  "eval.ended": ["evals"],

  "budget.warned": ["budgets"],
  "budget.reached": ["budgets", ...INCIDENT],
  "budget.granted": ["budgets", ...INCIDENT],
  "budget.stopped": ["budgets", ...INCIDENT],
  "budget.ended": ["budgets", ...INCIDENT],
  "budget.set": ["budgets"],
  "budget.deleted": ["budgets"],

  "channel.created": ["notifications"],
  "channel.changed": ["notifications"],
  "channel.deleted": ["notifications"],
  "channel.failed": ["notifications"],
  "settings.changed": ["settings", "agents"],
  "key.content_changed": ["settings"],
  "content.deleted": ["agents"],
  "type.changed": ["agent-types", "agents"],
  "stop.on": ["settings"],
  "stop.off": ["settings"],
};

/** What an event is about: null, it has no such subject; left out, it is not known which one, so that all are meant. */
type About = Partial<Pick<StreamMessage, "agent_id" | "service_id" | "incident_id">>;

/** The keys that an event makes out of date. Of a type that is not known (a newer server's) everything it could concern. */
export function staleAfter(type: string, about: About): QueryKey[] {
  const lists = Object.hasOwn(STALE_LISTS, type) ? STALE_LISTS[type as EventType] : LISTS;
  return [
    ["overview"],
    ...lists.filter((list) => about.incident_id !== null || !OF_INCIDENTS.has(list)).map((list) => [list]),
    ...own("agent", about.agent_id),
    ...own("service", about.service_id),
    ...own("incident", about.incident_id),
    ...own("story", about.incident_id),
  ];
}

const own = (root: string, id: string | null | undefined): QueryKey[] =>
  id === null ? [] : [id === undefined ? [root] : [root, id]];
