import type { HoldLevel, QueuedDecision } from "./hold-levels";
import type {
  ActionName,
  AgentAction,
  AlertSeverity,
  ChangeKind,
  Diagnosis,
  EvalRunState,
  Mode,
  Outcome,
  ServiceState,
} from "./vocabulary";

/** The ID of the person who did it. */
type ByPerson = {
  by: string;
};
type NewDirective = {
  version: number;
};
/** What an agent's host asked for, by which ingest key. */
type DowngradeRequest = {
  type?: string;
  enforcement?: false;
  at: number;
  keyId: string;
};
/** Of an agent; an operation on a service is told by its text alone. */
type Proposed = {
  proposal?: string;
  action?: ActionName;
  /** The rung of the ladder, from 0. */
  rung?: number;
};
type Run = {
  run: string;
};
/** What a person decided on, and how long it had waited. Of "heal now" only the proposal is known. */
type Decided = {
  proposal: string;
  approval?: string;
  waited_ms?: number;
  evidence_opened?: boolean;
  by?: string;
};
type OfBudget = {
  budget: string;
  subject: string;
};
type OfChannel = {
  channel: string;
};
type Nothing = Record<never, never>;

/**
 * Every event of the stream, with what its data holds. The names and shapes are stored and sent: one that is renamed leaves the
 * rows of older versions behind. What an event makes out of date on screens is in `components/live/stale.ts`.
 */
interface EventPayloads {
  "agent.suspected": { severity: number };
  "agent.healthy": Nothing;
  "agent.back_in_band": Nothing;
  /** `auto`: by the loop, which counts against its hourly limit. `continues`: the quarantined agent whose instance this is. */
  "agent.quarantined": NewDirective & { level?: HoldLevel; auto?: boolean; continues?: string; by?: string };
  "agent.paused": NewDirective & ByPerson;
  "agent.directed": NewDirective & ByPerson;
  "agent.retired": NewDirective & ByPerson;
  "agent.downgrade_asked": DowngradeRequest;
  "agent.downgrade_accepted": DowngradeRequest & ByPerson;
  "agent.downgrade_refused": DowngradeRequest & ByPerson;

  /** `live`: instances. */
  "containment.enforced": NewDirective & { live: number };
  "containment.not_confirmed": NewDirective & { live: number };
  "containment.breach": NewDirective & { instance: string | null };
  /** A tool call that was cut off: whether it took effect, nobody knows. */
  "tool.outcome_unknown": { tool: string | null; run: string | null; action: string | null; instance: string | null };
  /** What a host decided on a task that a hold kept from starting. `to`: who has it now, where the host named somebody. */
  "task.decided": { decision: QueuedDecision; task: string | null; to: string | null };
  "containment.limited": { severity: number };
  "containment.allowed": ByPerson & { agents: readonly string[] };

  "incident.opened":
    | { severity: number; mode: Mode; would_have?: string }
    | { severity: number; cause: string; agents: readonly string[]; share: number | null }
    | {
        severity: number;
        alerts: number;
        services: number;
        suspects: readonly string[];
        folded?: number;
        of?: readonly string[];
        previous?: string;
      };
  "incident.joined": { alerts?: number; services?: readonly string[] };
  "incident.left": { into: string };
  "incident.merged": Nothing;
  "incident.diagnosed":
    | { diagnosis: Diagnosis; confidence: number; weak: boolean; findings: number }
    | { verdict: "fault" | "no_fault" | "unknown"; confidence: number | null; findings: number; authors: object };
  "incident.no_fault": Nothing;
  "incident.watching": Nothing;
  "incident.shared_cause_asked": { cause: string; agents: readonly string[] };
  /** Somebody works on it; nothing of its state changes. */
  "incident.acknowledged": ByPerson;
  /** `to`: the ID of whose it is now; null: nobody's. */
  "incident.assigned": ByPerson & { to: string | null };
  /** What a person wrote down; nothing of its state changes. */
  "incident.noted": ByPerson;
  /** No page is sent until then (epoch ms; null: at once), when this event itself pages. */
  "incident.snoozed": ByPerson & { until: number | null };
  "incident.escalated": Nothing;
  /** Every rung of the ladder was tried. */
  "incident.exhausted": Nothing;
  "incident.resolved": { healed: boolean; into?: string; by?: string };
  "incident.dismissed": { healed: boolean; by?: string; accepted?: boolean };
  "investigation.started": { investigation: string };
  /** Another one, by a person or because another service joined. */
  "investigation.requested": Partial<ByPerson>;
  /** On how a closed incident was handled: what the person said, and nothing of the rest. */
  "incident.verdict": ByPerson & { cause_right?: boolean; remedy_right?: boolean; hold_right?: boolean };
  "cause.feedback": ByPerson & { cause: string; thumb: 1 | -1 };

  "proposal.allowed": Proposed;
  "proposal.recorded": Proposed;
  "proposal.refused": Proposed;
  "proposal.void": Nothing;
  "approval.requested": Proposed;
  "approval.approved": Decided;
  "approval.rejected": Decided;
  "approval.expired": Nothing;
  "approval.void": Nothing;

  "action.started": Run & { args: object } & ({ action: AgentAction | "manual" } | { entry: string });
  /** Done by hand, outside of Sentinel. */
  "action.recorded": ByPerson & { proposal: string };
  "action.sent": Run & { version?: number | null };
  "action.done": Run;
  "action.failed": Run & { version?: number | null };
  "action.cut_off": Run;
  "action.acknowledged": Run;
  "action.judged": Run & { outcome: Exclude<Outcome, "pending">; undone?: boolean };

  "alert.raised": { alert: string; to: AlertSeverity };
  "alert.eased": { alert: string; from: AlertSeverity; to: AlertSeverity };
  "alert.ended": { alert: string };
  "service.moved": { from: ServiceState; to: ServiceState };

  /** `by`: the source or person that announced it. */
  "change.declared": { kind: ChangeKind; by: string };
  "change.watched": { kind: ChangeKind; from?: unknown; to?: unknown; severity: number };
  /** The effect of a change that nobody declared is settled. */
  "change.measured": { change: string; kind: ChangeKind };
  "change.expected": ByPerson;
  "maintenance.opened": ByPerson & { window: string };
  "maintenance.ended": ByPerson & { window: string };

  /** `total`: cases; of a run that is taken up again it is known. */
  "eval.started": { run: string; total?: number };
  /** At most one a second. */
  "eval.progress": { run: string; done: number; total: number };
  "eval.ended": { run: string; state: Exclude<EvalRunState, "running"> };

  /** `subject`: whose budget it is; of a run the agent and the run, of a tree the key and the root, with a line break between. */
  "budget.warned": OfBudget & { used: number; limit: number };
  "budget.reached": OfBudget;
  "budget.granted": OfBudget & ByPerson & { amount: number };
  "budget.stopped": OfBudget & ByPerson;
  "budget.ended": OfBudget;
  "budget.set": ByPerson & { budget: string; before: object | null; after: object };
  "budget.deleted": ByPerson & { budget: string; before: object };

  "channel.created": OfChannel & ByPerson;
  "channel.changed": OfChannel & ByPerson;
  "channel.deleted": OfChannel & ByPerson;
  /** A notification was given up; without one, a message that stands there could not be edited. */
  "channel.failed": OfChannel & { notification?: string };
  "settings.changed": ByPerson & { before: object; after: object };
  /** Whether content that a key sends is stored. */
  "key.content_changed": ByPerson & { key: string; content: boolean };
  "content.deleted": ByPerson & { run: string | null; rows: number };
  "type.changed": ByPerson & { type: string; before: object; after: object };
  "stop.on": ByPerson;
  "stop.off": ByPerson;
}

export type EventType = keyof EventPayloads;

/** `page`: a person is needed now. */
export type EventData<T extends EventType> = EventPayloads[T] & { page?: boolean };

/** They say how far something is, for screens that show it: no news to be listed. */
export const PASSING: readonly EventType[] = ["eval.progress"];

/** What counts as a person's first answer to an incident. */
export const ANSWERS: readonly EventType[] = [
  "incident.acknowledged",
  "approval.approved",
  "approval.rejected",
  "incident.dismissed",
];
