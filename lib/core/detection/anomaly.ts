import type { AnomalyType, EventKind, Metric, Verdict } from "../base/vocabulary";

/** One event as the detector sees it. Missing values are unknown, never 0; all numbers are finite. */
export interface Observation {
  /** Arrival order. */
  seq: number;
  /** Epoch milliseconds, by the clock of who reports. */
  at: number;
  /** The same by our own clock, when it was heard of: what time alone shows is judged by one clock. Absent: `at`. */
  heardAt?: number;
  kind: EventKind;
  model: string | null;
  responseModel: string | null;
  promptVersion: string | null;
  promptHash: string | null;
  toolsHash: string | null;
  /** How hard the model was told to think, and what the agent may do unasked, as the host calls it. */
  effort?: string | null;
  permissionMode?: string | null;
  mcpServers?: readonly string[] | null;
  stepKind: string | null;
  tool: string | null;
  runId: string | null;
  parentRunId: string | null;
  actionHash: string | null;
  resultHash: string | null;
  sideEffect?: string | null;
  success: boolean | null;
  values: Partial<Record<Metric, number>>;
  /** Numbers of unknown meaning (a backtest's generic columns): two-sided. */
  gauges?: Record<string, number>;
  /** The gauges are known to be measurements, such as the signals of a service: never flags or codes. */
  measured?: boolean;
  /** False: judge, but never learn (an open incident, a quarantined agent). */
  learn: boolean;
}

/** Of an observation: that nothing is known of who spoke, in which step and run. */
export const UNSPECIFIED = {
  model: null,
  responseModel: null,
  promptVersion: null,
  promptHash: null,
  toolsHash: null,
  stepKind: null,
  tool: null,
  runId: null,
  parentRunId: null,
  actionHash: null,
  resultHash: null,
  success: null,
} as const satisfies Partial<Observation>;

export interface Anomaly {
  type: AnomalyType;
  metric: string;
  stratum: string;
  verdict: Verdict;
  /** 0 to 10, one decimal; see severity.ts. */
  severity: number;
  at: number;
  seq: number;
  value: number;
  /** Band of normal in the metric's own unit. */
  expected: { low: number; mid: number; high: number };
  evidence: "single" | "accumulated" | "change" | "rule";
  /** Evidence and what a quarantine needs, both in nats (natural logarithm of the e-value, or −ln p of a single value). */
  statistic: number;
  threshold: number;
  /** Ratio to the centre of normal; for gauges the difference in normal scores. */
  effect: number;
  /** Samples that carry the evidence: the change began about so many samples ago. */
  samples: number;
  runId: string | null;
  detail: Record<string, string | number | boolean | null>;
}

export interface DetectSettings {
  /** Expected number of samples between false quarantines of one agent, over all its metrics together. */
  arl: number;
  /** The same of gauges alone, which otherwise have a budget in time: one false alarm a month and gauge. */
  gaugeArl?: number;
  /** Whether an undeclared prompt, model or tools change may quarantine by itself. */
  promptChangeMayQuarantine: boolean;
}

export const DEFAULT_DETECT_SETTINGS: DetectSettings = { arl: 1_000_000, promptChangeMayQuarantine: false };
