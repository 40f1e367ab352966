import type { Offer } from "@/lib/core/services/allow-list";
import type {
  Bundle,
  BundleChange,
  BundleNode,
  CauseHypothesis,
  LogLine,
  Series,
  SpanStat,
} from "@/lib/core/evidence/bundle";
import type { CauseKind } from "@/lib/core/base/vocabulary";
import type { AlertSuspicion } from "@/lib/core/causes/alert-evidence";
import type { Looked } from "@/lib/evidence/looked";

/** The incident as it is handed over. Names, summaries and labels of alerts are untrusted text. */
export interface Case {
  incidentId: string;
  title: string;
  /** What alerted, and when; the node is the service that is looked at first. */
  target: Bundle["target"];
  /** 0 to 10. */
  severity: number;
  alerts: { name: string; node: string; at: number; summary: string }[];
}

/** A stretch of time in epoch seconds. */
export interface Window {
  from: number;
  to: number;
}

export interface ServiceMetadata extends BundleNode {
  state?: string;
  version?: string;
  owner?: string;
  /** Open alerts, names only. */
  alerts?: string[];
}

export interface PastIncident {
  id: string;
  title: string;
  node: string | null;
  kind: CauseKind | "no_fault" | "unknown";
  action: string | null;
  outcome: string;
  at: number;
  /** 0 to 1. */
  similarity: number;
}

export interface RunbookSection {
  /** Of the file, as it is kept. */
  path: string;
  heading: string;
  body: string;
}

/** What each reading tool takes and gives. Nodes are ids that are known; results may be longer than asked for and are cut. */
export interface Readings {
  get_service_metadata: { args: { nodes: string[] }; result: ServiceMetadata[] };
  search_past_incidents: { args: { node: string; text: string }; result: PastIncident[] };
  fetch_logs: { args: Window & { nodes: string[]; contains?: string; limit: number }; result: LogLine[] };
  query_metrics: {
    args: Window & { nodes: string[]; metric?: string };
    result: { series: Series[]; spans: SpanStat[] };
  };
  list_recent_changes: { args: Window & { nodes: string[] }; result: BundleChange[] };
  walk_dependencies: { args: { node: string; depth: number }; result: { nodes: BundleNode[]; edges: Bundle["edges"] } };
  read_runbook: { args: { query: string; node?: string }; result: RunbookSection[] };
}
export type Reading = keyof Readings;

/** Reads the outside world and changes nothing. It should end when the signal aborts; whoever asks does not wait longer. */
export type Readers = {
  [R in Reading]: (args: Readings[R]["args"], signal: AbortSignal) => Promise<Looked<Readings[R]["result"]>>;
};

/** One thing that was done, as it ends. `tool` is null for what used no call: a specialist's own thinking, or a refusal. */
export interface Step {
  node: SpecialistName;
  tool: Reading | "mine_log_templates" | "draft_rollback" | "request_approval" | "model" | null;
  args: unknown;
  /** SHA-256 of the result's JSON; null when there is none. */
  digest: string | null;
  /** Its beginning, redacted. */
  preview: string;
  /** What came back, for a later attempt; only of readings that succeeded. */
  result?: unknown;
  /** `local` or a model's name. */
  author: string;
  startedAt: number;
  ms: number;
  tokens: number;
  usd: number;
  ok: boolean;
}

export const SPECIALISTS = [
  "orchestrator",
  "triage",
  "log_analyst",
  "deploy_correlator",
  "metrics_analyst",
  "synthesis",
  "skeptic",
  "remediation",
  "comms",
] as const;
export type SpecialistName = (typeof SPECIALISTS)[number];

/**
 * All that an investigation can reach: it reads, and it writes down what it did. There is no port through which it could
 * act: its end is a proposal.
 */
export interface Investigator {
  case: Case;
  readers: Readers;
  /** How far the alerts speak for each node, best first: asked where there is nothing else to go by. */
  suspicion?: () => Promise<readonly AlertSuspicion[]>;
  /** Allow-listed actions for a cause, the most fitting first; none is a legal answer. */
  offers: (cause: CauseHypothesis, signal: AbortSignal) => Promise<Offer[]>;
  /** Called one after another, in the order things end. What it throws ends the run. */
  record: (step: Step) => Promise<void>;
  /** Epoch ms. */
  now: () => number;
  signal?: AbortSignal;
  /** Readings of an earlier attempt that need not be repeated. */
  seen?: readonly { tool: Reading; args: unknown; result: unknown }[];
}
