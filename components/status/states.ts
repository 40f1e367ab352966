import {
  BadgeCheck,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleMinus,
  CirclePause,
  CircleSlash,
  CircleX,
  ClockAlert,
  Equal,
  Eye,
  EyeOff,
  Hand,
  HeartPulse,
  Hourglass,
  Lock,
  type LucideIcon,
  MessageSquareMore,
  OctagonX,
  Radar,
  Search,
  ShieldAlert,
  ShieldCheck,
  ShieldQuestion,
  TimerReset,
  TrendingDown,
  VolumeX,
  Wrench,
  Zap,
} from "lucide-react";
import type { AgentCard } from "@/lib/contracts/agents";
import type {
  AgentState,
  ApprovalState,
  BlindSpot,
  IncidentState,
  Mode,
  Outcome,
  Risk,
} from "@/lib/core/base/vocabulary";
import type { Tone } from "@/components/ui/badge";

export interface Look {
  label: string;
  tone: Tone;
  icon: LucideIcon;
  /** One line for those who meet the word for the first time. */
  means: string;
}

export const AGENT: Record<AgentState, Look> = {
  learning: { label: "Learning", tone: "info", icon: CircleDashed, means: "Too few samples to say what is normal." },
  healthy: { label: "Healthy", tone: "ok", icon: CircleCheck, means: "Within its baseline." },
  suspected: {
    label: "Suspected",
    tone: "warn",
    icon: CircleHelp,
    means: "Left its baseline; waiting to see whether its peers do too.",
  },
  quarantined: {
    label: "Quarantined",
    tone: "hold",
    icon: Lock,
    means: "Ordered to stop. Containment shows the progress.",
  },
  healing: { label: "Healing", tone: "heal", icon: HeartPulse, means: "An action is under way." },
  probation: {
    label: "Probation",
    tone: "proof",
    icon: Hourglass,
    means: "Released on trial: fresh vitals decide whether it stays released.",
  },
  exhausted: {
    label: "No actions left",
    tone: "spent",
    icon: OctagonX,
    means: "Every action was tried. An operator has to investigate.",
  },
};

export const PAUSED: Look = { label: "Paused", tone: "mute", icon: CirclePause, means: "Paused by a person." };
export const SILENT: Look = {
  label: "Silent",
  tone: "warn",
  icon: VolumeX,
  means: "Has not reported for longer than usual.",
};
export const STUCK: Look = {
  label: "Stuck",
  tone: "warn",
  icon: ClockAlert,
  means: "A run is open past its deadline.",
};
export const DOWNGRADE: Look = {
  label: "Host request",
  tone: "warn",
  icon: ShieldAlert,
  means: "Its host requests weaker containment. An operator has to accept or decline it.",
};
/** What stands in the way of judging an agent. */
export const BLIND: Record<BlindSpot, Look> = {
  late_events: {
    label: "Not evaluated",
    tone: "warn",
    icon: EyeOff,
    means:
      "Its events were delayed by an outage and are too old to evaluate. Evaluation resumes with its next timely event.",
  },
  no_vitals: {
    label: "Not evaluated",
    tone: "warn",
    icon: EyeOff,
    means: "It reports calls without any numbers, so there is nothing to evaluate.",
  },
  missing_vitals: {
    label: "Partly evaluated",
    tone: "warn",
    icon: EyeOff,
    means: "It stopped reporting numbers that it used to report. What is missing is not evaluated.",
  },
  high_cardinality: {
    label: "Partly evaluated",
    tone: "warn",
    icon: EyeOff,
    means:
      "Its model, prompt, tools or kinds of steps change from call to call. They are evaluated together, not one by one.",
  },
};
/** An agent that cannot be made to stop is never called quarantined. */
export const NOT_HELD: Look = {
  label: "Not enforceable",
  tone: "warn",
  icon: Eye,
  means: "Its SDK cannot enforce a quarantine: it is monitored, and still running.",
};

/** The same while nothing asks for it to stop: who looks at it shall not find out only then. */
export const OBSERVED: Look = {
  label: "Not enforceable",
  tone: "mute",
  icon: Eye,
  means: "It reports events but cannot obey directives: it can be monitored, not quarantined.",
};

/** How an agent's state is shown. What cannot be enforced is not claimed. */
export function agentLook(agent: Pick<AgentCard, "state" | "containment" | "enforcement">): Look {
  const cannot = agent.containment.state === "observe_only" || agent.enforcement === false;
  return agent.state === "quarantined" && cannot ? NOT_HELD : AGENT[agent.state];
}

export const INCIDENT: Record<IncidentState, Look> = {
  open: { label: "Open", tone: "warn", icon: Zap, means: "A metric left its baseline or an alert fired." },
  investigating: { label: "Investigating", tone: "info", icon: Search, means: "Evidence is being gathered." },
  awaiting_approval: {
    label: "Awaiting approval",
    tone: "accent",
    icon: MessageSquareMore,
    means: "Waiting for somebody to decide.",
  },
  acting: { label: "Acting", tone: "heal", icon: Wrench, means: "An action is being carried out." },
  verifying: { label: "Verifying", tone: "proof", icon: TimerReset, means: "Fresh vitals are being measured." },
  resolved: { label: "Resolved", tone: "ok", icon: CircleCheck, means: "The measured values have recovered." },
  rejected: {
    label: "Not approved",
    tone: "hold",
    icon: Hand,
    means:
      "The action was rejected, or nobody decided in time. Nothing more is done until somebody chooses “Heal now”.",
  },
  escalated: {
    label: "Escalated",
    tone: "spent",
    icon: OctagonX,
    means: "Sentinel takes no further action: a person has to decide.",
  },
  dismissed: { label: "Dismissed", tone: "mute", icon: CircleMinus, means: "A person closed it." },
};

export const OUTCOMES: Record<Outcome, Pick<Look, "tone" | "icon">> = {
  pending: { tone: "proof", icon: Hourglass },
  recovered: { tone: "ok", icon: BadgeCheck },
  contained: { tone: "info", icon: ShieldCheck },
  no_effect: { tone: "warn", icon: Equal },
  worse: { tone: "hold", icon: TrendingDown },
  cannot_tell: { tone: "mute", icon: ShieldQuestion },
};

export const APPROVAL: Record<ApprovalState, Pick<Look, "label" | "tone" | "icon">> = {
  pending: { label: "Pending", tone: "accent", icon: MessageSquareMore },
  approved: { label: "Approved", tone: "ok", icon: CircleCheck },
  rejected: { label: "Rejected", tone: "hold", icon: CircleX },
  expired: { label: "Expired", tone: "mute", icon: ClockAlert },
  void: { label: "Void", tone: "mute", icon: CircleSlash },
};

export const MODES: Record<Mode, Pick<Look, "tone" | "icon">> = {
  observe: { tone: "mute", icon: Eye },
  recommend: { tone: "info", icon: MessageSquareMore },
  act: { tone: "accent", icon: Radar },
};

export const RISKS: Record<Risk, Tone> = { none: "mute", reversible: "ok", hard_to_undo: "warn", destructive: "hold" };
