import { BEHAVIOUR, RULES } from "./diagnose-rules";
import { type AnomalyType, type ChangeKind, DIAGNOSES, type Diagnosis } from "../base/vocabulary";

/** What the detector said; any anomaly of `detect` fits. `detail.tool` names a tool where one is concerned. */
export interface Symptom {
  type: AnomalyType;
  metric: string;
  at: number;
  runId?: string | null;
  detail?: Record<string, string | number | boolean | null>;
}

/** What was measured of one tool that the agent uses. Leave out what is not known; it then says nothing. */
export interface ToolEvidence {
  name: string;
  /** Failed share of the calls since the first anomaly, 0 to 1; null if it was not called. */
  errorRate: number | null;
  revoked: boolean;
  /** The same share in healthy time. */
  usualErrorRate?: number | null;
  /** Calls behind `errorRate`. */
  calls?: number;
  /** A call that was started and has not come back within its deadline. */
  open?: boolean;
  /** Its results are far larger than usual. */
  floods?: boolean;
  /** First used within this incident. */
  unfamiliar?: boolean;
  sideEffect?: "read" | "write" | "external" | null;
}

export interface DiagnoseInput {
  anomalies: readonly Symptom[];
  /** Changes of this agent, of any time: only those shortly before or within the incident count. */
  changes: readonly { kind: ChangeKind; at: number; declared: boolean }[];
  /** True if `sharedCauses` found this agent among others that left together. */
  external: boolean;
  tools: readonly ToolEvidence[];
}

export interface RankedDiagnosis {
  diagnosis: Diagnosis;
  /** 0 to 1; those of one ranking sum to 1. */
  confidence: number;
  /** Indexes into `anomalies`, ascending. */
  cites: number[];
  statement: string;
  /** True if only side effects that several causes have in common speak for it. */
  weak: boolean;
}

/** What is still unexplained when nothing at all was seen: e to this power against 1 for each diagnosis. */
const UNKNOWN_WEIGHT = 1;

/** The most that a weak diagnosis may claim; the rest is doubt. */
export const WEAK_CAP = 0.45;

/**
 * Ranked explanations of an incident of an agent. Each rule of {@link RULES} that applies adds its weight, the natural
 * logarithm of how much likelier its sign is under that diagnosis than under the others (weights of evidence: Good
 * 1950, 1985), and the sums are turned into shares of 1. A diagnosis without any sign is not listed; its share goes to `unknown`, which always ends the list, whatever its
 * confidence: the best guess comes first, and what it leaves open last. Equal confidences keep the order of the
 * vocabulary. The weights are judgements, written down in one place, not fitted figures.
 */
export function diagnose(i: DiagnoseInput): RankedDiagnosis[] {
  const signs = readSigns(i);
  const fired = RULES.flatMap((rule) => {
    const cites = rule.when(signs);
    return cites === null ? [] : [{ rule, cites }];
  });
  const named = DIAGNOSES.filter((d) => d !== "unknown").map((diagnosis) => {
    const own = fired.filter(({ rule }) => rule.diagnosis === diagnosis);
    return {
      diagnosis,
      own,
      mass: Math.exp(own.reduce((sum, { rule }) => sum + rule.weight, 0)),
      weak: own.every(({ rule }) => rule.indirect),
    };
  });
  const total = named.reduce((sum, { mass }) => sum + mass, Math.exp(UNKNOWN_WEIGHT));
  const listed: RankedDiagnosis[] = named
    .filter(({ own }) => own.length > 0)
    .map(({ diagnosis, own, mass, weak }) => ({
      diagnosis,
      confidence: weak ? Math.min(WEAK_CAP, mass / total) : mass / total,
      cites: [...new Set(own.flatMap(({ cites }) => cites))].toSorted((a, b) => a - b),
      statement: sentence(
        own.map(({ rule }) => rule.sign),
        weak,
      ),
      weak,
    }))
    .toSorted((a, b) => b.confidence - a.confidence);
  const rest = Math.max(0, 1 - listed.reduce((sum, { confidence }) => sum + confidence, 0));
  const open =
    listed.length === 0
      ? "No measurement points to a cause."
      : "None of the above, or something that was not measured.";
  return [...listed, { diagnosis: "unknown", confidence: rest, cites: [], statement: open, weak: true }];
}

function sentence(signs: string[], weak: boolean): string {
  const text = signs.join("; ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.${weak ? " Weak: supported by vitals only, and other causes look similar." : ""}`;
}

/** A tool fails when at least half of its calls do, and clearly more than usual; three calls are the least to tell. */
const FAILING_RATE = 0.5;
const FAILING_RISE = 0.3;
const FAILING_CALLS = 2;

export function isFailing(t: ToolEvidence): boolean {
  if (t.errorRate === null || (t.calls ?? FAILING_CALLS) < FAILING_CALLS) return false;
  return t.errorRate >= FAILING_RATE && t.errorRate - (t.usualErrorRate ?? 0) >= FAILING_RISE;
}

/** A change shows its effect within the hour, or when the agent next runs; older ones are part of what is normal. */
export const CHANGE_WINDOW_MS = 3600_000;

/** The input, sorted into what the rules ask for. Lists of numbers are indexes into the anomalies. */
export interface Signs {
  of: (...types: AnomalyType[]) => number[];
  /** Anomalies of these metrics. */
  on: (...metrics: string[]) => number[];
  behaviour: number[];
  failingTools: ToolEvidence[];
  tools: readonly ToolEvidence[];
  namesTool: number[];
  external: boolean;
  /** Of a recent, known change of the kind: whether one was declared, or none, or one was not. */
  changed: (kind: ChangeKind) => "no" | "declared" | "undeclared";
  runs: (indexes: number[]) => number;
  all: number[];
}

function readSigns({ anomalies, changes, external, tools }: DiagnoseInput): Signs {
  const where = (p: (a: Symptom) => boolean) => anomalies.flatMap((a, n) => (p(a) ? [n] : []));
  const of = (...types: AnomalyType[]) => where((a) => types.includes(a.type));
  const times = anomalies.map((a) => a.at);
  const from = Math.min(...times) - CHANGE_WINDOW_MS;
  const to = Math.max(...times);
  const recent = changes.filter((c) => c.at >= from && c.at <= to);
  return {
    of,
    on: (...metrics) => where((a) => metrics.includes(a.metric)),
    behaviour: of(...BEHAVIOUR),
    failingTools: tools.filter(isFailing),
    tools,
    namesTool: where((a) => toolOf(a) !== null),
    external,
    changed: (kind) => {
      const known = recent.filter((c) => c.kind === kind);
      if (known.some((c) => !c.declared)) return "undeclared";
      return known.length > 0 ? "declared" : "no";
    },
    runs: (indexes) => new Set(indexes.map((n) => anomalies[n]?.runId).filter((id) => id != null)).size,
    all: anomalies.map((_, n) => n),
  };
}

function toolOf(a: Symptom): string | null {
  const tool = a.detail?.["tool"];
  return typeof tool === "string" && tool !== "" ? tool : null;
}

/** What of an anomaly's own kind accuses the tool that it names. A latency or token anomaly accuses the call, not the tool. */
const ACCUSES: ReadonlySet<AnomalyType> = new Set<AnomalyType>([
  "repetition",
  "tool_explosion",
  "stuck_run",
  "error_rate_spike",
  "high_retry_rate",
]);

/** Whether it was measured, or read in the record of changes, that the prompt became another without anybody declaring it. */
export const promptChanged = ({ anomalies, changes }: DiagnoseInput): boolean =>
  anomalies.some(({ type }) => type === "prompt_change") ||
  changes.some(({ kind, declared }) => kind === "prompt" && !declared);

/**
 * The tools to revoke, the most suspicious first, each with what was measured of it. From evidence only: a tool that
 * nothing accuses is never named, and a revoked one not again, so the list may be empty: then revoking is not possible.
 */
export function suspectTools(i: DiagnoseInput): { name: string; reason: string }[] {
  const accused = new Map<string, number>();
  for (const a of i.anomalies) {
    const tool = toolOf(a);
    if (tool !== null && ACCUSES.has(a.type)) accused.set(tool, (accused.get(tool) ?? 0) + 1);
  }
  const known = new Map<string, ToolEvidence>(i.tools.map((t) => [t.name, t]));
  for (const name of accused.keys()) {
    if (!known.has(name)) known.set(name, { name, errorRate: null, revoked: false });
  }
  return [...known.values()]
    .filter((t) => !t.revoked)
    .map((t) => ({ name: t.name, ...charge(t, accused.get(t.name) ?? 0) }))
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
    .map(({ name, reasons }) => ({ name, reason: reasons.join("; ") }));
}

function charge(t: ToolEvidence, anomalies: number): { weight: number; reasons: string[] } {
  const acts = t.sideEffect === "write" || t.sideEffect === "external";
  const charges: [boolean, number, string][] = [
    [isFailing(t), 4, `${Math.round((t.errorRate ?? 0) * 100)} % of its calls fail`],
    [t.open === true, 4, "one of its calls has not returned"],
    [anomalies > 0, 3, `${anomalies} ${anomalies === 1 ? "anomaly names" : "anomalies name"} it`],
    [t.unfamiliar === true && acts, 3, "it has external effects and was first used in this incident"],
    [t.floods === true, 2, "its results are far larger than usual"],
  ];
  const held = charges.filter(([applies]) => applies);
  return {
    weight: held.reduce((sum, [, w]) => sum + w, 0),
    reasons: held.map(([, , reason]) => reason),
  };
}
