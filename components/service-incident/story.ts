import type { FindingView } from "@/lib/contracts/incidents";
import type { CauseView, ServiceStory, StepView } from "@/lib/contracts/services";

export type Finding = ReturnType<typeof FindingView.parse>;
type Series = ServiceStory["series"][number];

/** Where a piece of evidence stands on the page. */
export const findingAnchor = (id: string): string => `finding-${id}`;

/** What texts call a finding (`m1`, `c2`); its place where it has no such name. */
export const refOf = (finding: Finding, index: number): string =>
  typeof finding.detail["ref"] === "string" ? finding.detail["ref"] : String(index + 1);

export const strengthOf = ({ detail: { strength } }: Finding): number => (typeof strength === "number" ? strength : 0);

const STAMP = /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z/.source;
const STAMPED = new RegExp(` (?:from ${STAMP} to ${STAMP}|at ${STAMP})`, "g");

/** A finding's text where there is one line for it: without its times, which stand beside it elsewhere. */
export const brief = (title: string): string => title.replace(STAMPED, "");

/** What a tool looks at, as people call it. */
const LOOKED_AT: Record<string, string> = {
  query_metrics: "metrics",
  fetch_logs: "logs",
  mine_log_templates: "log templates",
  list_recent_changes: "changes",
  walk_dependencies: "dependencies",
  get_service_metadata: "services",
  search_past_incidents: "past incidents",
  read_runbook: "runbooks",
};
export const lookedAt = (source: string): string => LOOKED_AT[source] ?? source.replaceAll("_", " ");

/** The rivals that say what it is, the likeliest first; without what is left over for none of them. */
export const rivalsOf = (causes: readonly CauseView[]): CauseView[] =>
  causes.filter(({ kind }) => kind !== "unknown").toSorted((a, b) => a.rank - b.rank);

/** The specialists, by the card that shows them. */
export const CARDS = [
  { title: "Triage", nodes: ["orchestrator", "triage"] },
  { title: "Log analyst", nodes: ["log_analyst"] },
  { title: "Deploy correlator", nodes: ["deploy_correlator"] },
  { title: "Metrics analyst", nodes: ["metrics_analyst"] },
  { title: "Conclusion", nodes: ["synthesis", "skeptic", "remediation", "comms"] },
] as const;

export const SPECIALIST: Record<string, string> = {
  orchestrator: "Orchestrator",
  triage: "Triage",
  log_analyst: "Log analyst",
  deploy_correlator: "Deploy correlator",
  metrics_analyst: "Metrics analyst",
  synthesis: "Synthesis",
  skeptic: "Skeptic",
  remediation: "Remediation",
  comms: "Communication",
};

export type WorkState = "waiting" | "working" | "done" | "stopped";

export interface Work {
  state: WorkState;
  /** What it said last. */
  said: string | null;
  steps: StepView[];
  calls: number;
  failed: number;
  ms: number;
  tokens: number;
  usd: number;
  authors: string[];
}

/** What a specialist writes down when it begins. */
const BEGINS = "begins";

/**
 * How far some specialists are, from their steps: one has begun when it says so, and is done when it has said something
 * after that. When the investigation is over nobody works any more.
 */
export function workOf(
  nodes: readonly string[],
  steps: readonly StepView[],
  state: "running" | "done" | "failed" | null,
): Work {
  const own = steps.filter(({ node }) => nodes.includes(node));
  const reports = own.filter(({ tool, preview }) => tool === null && preview !== BEGINS);
  const calls = own.filter(({ tool }) => tool !== null);
  const finished = nodes.every((node) => {
    const last = own.findLast((step) => step.node === node && step.tool === null);
    return last !== undefined && last.preview !== BEGINS;
  });
  return {
    state:
      state === "done" || finished
        ? own.length > 0 || state === "done"
          ? "done"
          : "waiting"
        : own.length === 0
          ? "waiting"
          : state === "failed"
            ? "stopped"
            : "working",
    // What is told to others says least about the work.
    said: (reports.findLast(({ node }) => node !== "comms") ?? reports.at(-1))?.preview ?? null,
    steps: own,
    calls: calls.length,
    failed: calls.filter(({ ok }) => !ok).length,
    ms: own.reduce((sum, { ms }) => sum + ms, 0),
    tokens: own.reduce((sum, { tokens }) => sum + tokens, 0),
    usd: own.reduce((sum, { usd }) => sum + usd, 0),
    authors: [...new Set(own.map(({ author }) => author))].toSorted(
      (a, b) => Number(a === "local") - Number(b === "local"),
    ),
  };
}

/** The series that a metric's finding is about: of its node, by the name that stands in its text. */
export function seriesFor(finding: Finding, series: readonly Series[]): Series | null {
  if (finding.kind !== "metric_shift") return null;
  const own = series.filter(({ node }) => node === finding.source);
  const { title, source } = finding;
  const named = (name: string) =>
    title.includes(`"${name}"`) || title.startsWith(`${name} of ${source} `) || title.startsWith(`${source} ${name} `);
  return own.find(({ name }) => named(name)) ?? null;
}

/** The middle 80 % of the values before a time; null of fewer than five, which would say nothing. */
export function usual(points: Series["points"], before: number): { low: number; high: number } | null {
  const values = points
    .filter(([t]) => t < before)
    .map(([, value]) => value)
    .toSorted((a, b) => a - b);
  if (values.length < 5) return null;
  const at = (share: number) => values[Math.round(share * (values.length - 1))]!;
  return { low: at(0.1), high: at(0.9) };
}

/** How long before the onset a chart begins, in seconds. */
const LEAD_S = 45 * 60;

/** What of a series is drawn: from some time before the onset to its end, in epoch ms. */
export function drawn(points: Series["points"], onset: number): { at: number; value: number }[] {
  return points.filter(([t]) => t >= onset - LEAD_S).map(([t, value]) => ({ at: t * 1_000, value }));
}
