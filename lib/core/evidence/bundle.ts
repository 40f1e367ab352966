import type { CauseKind, FindingKind } from "../base/vocabulary";

/**
 * What is known of one service incident, as the analysis sees it: the same for a live incident, a scenario and a file.
 * Times are epoch seconds; metric names are free text; what is not known is left empty. Text in it is untrusted data.
 */
export interface Bundle {
  /** What alerted: a node, perhaps one of its metrics and the way it moved. `at` may be later than the onset. */
  target: { node: string; metric?: string; direction?: "up" | "down"; at: number };
  nodes: BundleNode[];
  /** Caller → callee. */
  edges: [caller: string, callee: string][];
  metrics: Series[];
  logs: LogLine[];
  spans: SpanStat[];
  changes: BundleChange[];
  /** The same kinds of evidence from a time known to be well. */
  normal: { metrics: Series[]; logs: LogLine[]; spans: SpanStat[] };
}

/** A bundle of which nothing is known but what alerted. */
export const emptyBundle = (target: Bundle["target"]): Bundle => ({
  target,
  nodes: [],
  edges: [],
  metrics: [],
  logs: [],
  spans: [],
  changes: [],
  normal: { metrics: [], logs: [], spans: [] },
});

export interface BundleNode {
  id: string;
  /** Free text: `service`, `database`, `queue`, `host` … */
  kind?: string;
}

export interface Series {
  node: string;
  metric: string;
  unit?: string;
  /** Rising times; a value that was not measured has no point. */
  points: [epochSeconds: number, value: number][];
  /** What whoever watches it holds to be usual at present, limits included; absent where nobody does. */
  usual?: [low: number, high: number];
}

export interface LogLine {
  t: number;
  node: string;
  line: string;
}

/** Spans of one operation in one slice of time; durations and gaps (parent minus children) in microseconds. */
export interface SpanStat {
  t: number;
  node: string;
  parent?: string;
  operation?: string;
  n?: number;
  p50_us?: number;
  p95_us?: number;
  gap_p50_us?: number;
  gap_p95_us?: number;
}

export interface BundleChange {
  t: number;
  node: string;
  /** A `ChangeKind` or free text. */
  kind: string;
  summary: string;
  /** What it put in place, and of what: versions, commits, values, as its sender names them. */
  from?: string | undefined;
  to?: string | undefined;
  /** A unified diff, and the files it touches, where the source gives them. */
  diff?: string | undefined;
  files?: string[] | undefined;
  /** The node was measured to be well after it, before this trouble began. */
  survived?: boolean | undefined;
}

/** One piece of evidence. Its id is unique within an analysis: `f1`, `f2` … in order of strength within its reader. */
export interface Finding {
  id: string;
  kind: FindingKind;
  /** What it is about; null when it is about no single node. */
  node: string | null;
  /** What was seen, in careful words with its numbers. Quoted text stands in quotation marks and is length-limited. */
  text: string;
  /** Since when, in epoch seconds, where it has a time. */
  at?: number;
  /** How far from normal, 0 to 1; what could not be looked at has 0. */
  strength: number;
}

/** A cause that would explain the incident, and what speaks for it. `node` is null for "unknown" and "no fault". */
export interface CauseHypothesis {
  node: string | null;
  kind: CauseKind | "no_fault" | "unknown";
  statement: string;
  /** 0 to 1: how often a hypothesis with such evidence is right. */
  confidence: number;
  /** Ids of findings; never empty except for "unknown". */
  cites: string[];
  /** The observation that would separate it from its rival, and whether it was looked at. */
  separates?: string;
}

export interface RankedNode {
  node: string;
  score: number;
  confidence: number;
  findings: string[];
}

export interface Analysis {
  verdict: "fault" | "no_fault" | "unknown";
  /** When it began, in epoch seconds, with the bounds of what is plausible; null when nothing began. */
  onset: { at: number; from: number; to: number } | null;
  ranking: RankedNode[];
  findings: Finding[];
  hypotheses: CauseHypothesis[];
}
