import type {
  ApprovalState,
  CauseKind,
  Diagnosis,
  FindingKind,
  IncidentState,
  Outcome,
  Risk,
  SubjectKind,
} from "../base/vocabulary";
import type { PolicyDecision } from "../base/policy";

/**
 * All that Sentinel did about one incident, from its alert to its end: the same for a case and for a real incident, for
 * agents and for services. It is what scores are read from. Times are epoch ms; ids of findings are those of `findings`.
 */
export interface Trajectory {
  subjectKind: SubjectKind;
  /** The service that alerted, or the agent that left its baseline. */
  subject: string;
  /** When it was alerted, or when the agent's first abnormal sample was reported. */
  alertedAt: number;
  /** Null: no incident was opened. Everything below is empty then. */
  opened: OpenedIncident | null;
}

export interface OpenedIncident {
  at: number;
  /** 0 to 10. */
  severity: number;
  /** When the trouble began, by Sentinel's estimate; null where it found no beginning. */
  onset: { at: number; from: number; to: number } | null;
  /** Agents' incidents have a fault as soon as they are opened. */
  verdict: "fault" | "no_fault" | "unknown";
  /** Possible causes, the likeliest first. */
  causes: RankedCause[];
  findings: { id: string; kind: FindingKind; node: string | null; text: string }[];
  /** Tool calls of the investigation, in the order in which they ended. Empty for an incident that was diagnosed by rules. */
  calls: ToolCall[];
  /** What ran out: "tool calls", "tokens", "money", "time". */
  ranOut: string[];
  /** Sources that could not be read. */
  couldNotLook: string[];
  /** Agents that were kept from working, and until when (null: to the end). */
  holds: { agent: string; from: number; to: number | null }[];
  proposals: ProposedStep[];
  /** What was carried out. */
  runs: ExecutedStep[];
  state: IncidentState;
  /** When it was resolved or dismissed; null while it is not. */
  closedAt: number | null;
  outcome: string | null;
  messages: { summary: string; statusLine: string; postmortem: string };
  tokens: number;
  usd: number;
}

export interface RankedCause {
  /** A service or an agent; null for "unknown" and "no fault", and for what is no node of ours. */
  node: string | null;
  kind: CauseKind | Diagnosis | "no_fault" | "unknown";
  statement: string;
  /** 0 to 1. */
  confidence: number;
  /** Its confidence before it was fitted; where confidences are not fitted, there is none. */
  raw?: number;
  /** Ids of findings. */
  cites: string[];
}

export interface ToolCall {
  tool: string;
  args: unknown;
  ok: boolean;
  /** `local` or a model's name. */
  author: string;
  startedAt: number;
  ms: number;
}

export interface ProposedStep {
  id: string;
  /** An action of agents, or the name of an operation of the allow-list. */
  action: string;
  target: string;
  risk: Risk;
  /** How it is taken back, in words; null where it cannot be. */
  undo: string | null;
  reversible: boolean;
  /** Somebody's text had a hand in an argument. */
  argumentsFromUntrustedText: boolean;
  /** Of the incident when it was proposed, 0 to 10. */
  severity: number;
  at: number;
  /** What policy made of it. */
  policy: PolicyDecision["kind"];
  /** The answer of a person; null where none was asked. */
  approval: { state: ApprovalState; at: number | null } | null;
}

export interface ExecutedStep {
  /** Of the proposal that it carries out; null for what a person did by hand. */
  proposal: string | null;
  action: string;
  target: string;
  risk: Risk;
  startedAt: number;
  /** What measurement says of it. */
  outcome: Outcome;
}
