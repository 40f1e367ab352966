import { z } from "zod";
import type { IncidentDetail } from "@/lib/contracts/incidents";
import type { ServiceStory } from "@/lib/contracts/services";
import { unitOf } from "@/lib/core/agents/words";
import { ALERT_SEVERITIES, APPROVAL_STATES, OUTCOMES, RISKS } from "@/lib/core/base/vocabulary";
import type { IncidentExtremes } from "@/lib/views/incident-extremes";
import { fit } from "./fit";
import { Incident, incidentOf } from "./incident-summary";
import { iso, isoOrNull, quoted, quotedOrNull, time } from "./words";

/** Rows of each part; the page in the console has the rest. */
const MEASURED = 15;
const CAUSES = 5;
const EVIDENCE = 25;
const ALERTS = 10;
const CHANGES = 10;
const DONE = 15;
const TIMELINE = 15;
/** What is asked of `findExtremes` for an explanation. */
export const EXTREMES = { metrics: MEASURED, lines: TIMELINE };
/** Characters of the whole: with what stands before it, below those of any result. Rows with the longest texts are more than that. */
const CHARS = 79_000;
/** Of these parts the latest rows are the last. */
const OLDEST_FIRST = ["actions", "proposals", "timeline"];
/** Characters of a finding's details. */
const DETAIL_CHARS = 300;

const number = z.number().nullable();

export const Explanation = z.object({
  incident: Incident,
  headline: z.string().describe("the most likely cause, or that it is unknown"),
  causes: z.array(
    z.object({
      rank: z.int(),
      kind: z.string(),
      where: z.string().nullable().describe("the component that it is about"),
      statement: z.string(),
      confidence: z.number().describe("0 to 1"),
      weak: z.boolean().describe("true: too little supports it to act on"),
      cites: z.array(z.string()).describe("IDs in `evidence`"),
      author: z.string().describe("the rules, or a model"),
    }),
  ),
  evidence: z.array(
    z.object({ id: z.string(), kind: z.string(), title: z.string(), source: z.string(), at: time, detail: z.string() }),
  ),
  measured: z
    .array(
      z.object({
        subject: z.string().describe("the agent or the service"),
        metric: z.string(),
        unit: z.string().nullable(),
        value: number,
        usual: z.object({ low: number, mid: number, high: number }),
        at: time.nullable().describe("null: the latest value"),
        times: z.int().describe("how often it left its usual range; the worst is shown"),
        text: z.string().nullable(),
      }),
    )
    .describe("what left its usual range, the worst first"),
  alerts: z.array(
    z.object({ name: z.string(), severity: z.enum(ALERT_SEVERITIES), summary: z.string(), starts_at: time, ends_at: time.nullable() }),
  ), // prettier-ignore
  changes: z
    .array(z.object({ id: z.string(), subject: z.string(), kind: z.string(), at: time, declared: z.boolean(), from: z.string().nullable(), to: z.string().nullable() }))
    .describe("around the onset; being close in time does not make one the cause"), // prettier-ignore
  actions: z
    .array(
      z.object({
        action: z.string(),
        subject: z.string(),
        by: z.string(),
        state: z.string(),
        outcome: z
          .enum(OUTCOMES)
          .describe("as measured afterwards; pending: not measured yet; cannot_tell: inconclusive"),
        started_at: time,
        judged_at: time.nullable(),
      }),
    )
    .describe("what was done"),
  proposals: z
    .array(
      z.object({
        action: z.string(),
        subject: z.string(),
        risk: z.enum(RISKS),
        reversible: z.boolean(),
        expected: z.string(),
        approval: z
          .enum(APPROVAL_STATES)
          .nullable()
          .describe("pending: a person decides, in the console; null: none was needed"),
      }),
    )
    .describe("what was proposed"),
  recovery: z.object({
    verified: z.boolean().describe("true: fresh measurements showed recovery"),
    text: z.string(),
  }),
  timeline: z.array(z.object({ at: time, text: z.string() })).describe("the latest lines, oldest first"),
  more: z
    .record(z.string(), z.int())
    .describe("rows of each part that are not shown (of changes at least so many); the incident's page has them"),
});
type Explained = z.input<typeof Explanation>;

/** What is known of an incident, in the form of a result. `story`: of a service's incident, else null. */
export function explain(
  detail: IncidentDetail,
  story: ServiceStory | null,
  extremes: IncidentExtremes,
  origin: string,
): Explained {
  const causes = causesOf(detail, story).toSorted((a, b) => a.rank - b.rank);
  const cited = new Set(causes.slice(0, CAUSES).flatMap(({ cites }) => cites));
  const parts = {
    causes,
    evidence: [...detail.findings].sort((a, b) => Number(cited.has(b.id)) - Number(cited.has(a.id))).map(evidenceOf),
    measured: measuredOf(extremes, story),
    alerts: (story?.alerts ?? []).map((alert) => ({
      name: quoted(alert.name),
      severity: alert.severity,
      summary: quoted(alert.summary),
      starts_at: iso(alert.starts_at),
      ends_at: isoOrNull(alert.ends_at),
    })),
    changes: (story?.changes ?? detail.changes).map((change) => ({
      id: change.id,
      subject: change.subject_id,
      kind: change.kind,
      at: iso(change.at),
      declared: change.declared,
      from: quotedOrNull(change.from),
      to: quotedOrNull(change.to),
    })),
    actions: detail.actions.map((action) => ({
      action: action.action,
      subject: action.subject_id,
      by: quoted(action.by),
      state: action.state,
      outcome: action.outcome,
      started_at: iso(action.started_at),
      judged_at: isoOrNull(action.judged_at),
    })),
    proposals: detail.proposals.map((proposal) => ({
      action: proposal.action,
      subject: proposal.subject_id,
      risk: proposal.risk,
      reversible: proposal.reversible,
      expected: quoted(proposal.expected),
      approval: proposal.approval?.state ?? null,
    })),
  };
  const others = {
    incident: incidentOf(detail.incident, origin),
    headline: headlineOf(detail, causes[0]),
    recovery: recoveryOf(detail),
  };
  const shown = {
    causes: parts.causes.slice(0, CAUSES),
    evidence: parts.evidence.slice(0, EVIDENCE),
    measured: parts.measured.slice(0, MEASURED),
    alerts: parts.alerts.slice(0, ALERTS),
    changes: parts.changes.slice(0, CHANGES),
    actions: parts.actions.slice(-DONE),
    proposals: parts.proposals.slice(-DONE),
    timeline: extremes.latest.slice(-TIMELINE).map(({ at, text }) => ({ at: iso(at), text: quoted(text) })),
  };
  const all: Record<keyof typeof shown, number> = {
    causes: causes.length,
    evidence: parts.evidence.length,
    measured: parts.measured.length + extremes.metrics - extremes.worst.length,
    alerts: Math.max(parts.alerts.length, detail.incident.alerts?.total ?? 0),
    changes: parts.changes.length,
    actions: parts.actions.length,
    proposals: parts.proposals.length,
    timeline: extremes.lines,
  };
  fit(shown, others, CHARS, OLDEST_FIRST);
  const more = Object.entries(shown).map(
    ([name, rows]) => [name, all[name as keyof typeof all] - rows.length] as const,
  );
  return { ...others, ...shown, more: Object.fromEntries(more.filter(([, n]) => n > 0)) };
}

function causesOf({ hypotheses }: IncidentDetail, story: ServiceStory | null): Explained["causes"] {
  if (story)
    return story.causes.map(({ rank, kind, node, statement, confidence, cites, author }) => ({
      rank,
      kind,
      where: quotedOrNull(node),
      statement: quoted(statement),
      confidence,
      weak: false,
      cites,
      author,
    }));
  return hypotheses.map(({ rank, diagnosis, statement, confidence, weak, cites, author }) => ({
    rank,
    kind: diagnosis,
    where: null,
    statement: quoted(statement),
    confidence,
    weak,
    cites,
    author,
  }));
}

const evidenceOf = ({ id, kind, title, source, detail, at }: IncidentDetail["findings"][number]) => ({
  id,
  kind,
  title: quoted(title),
  source: quoted(source),
  at: iso(at),
  detail: quoted(JSON.stringify(detail), DETAIL_CHARS),
});

/** Of each metric of an agent the worst time it left its range; of a service the signals that raised the incident. */
function measuredOf({ worst }: IncidentExtremes, story: ServiceStory | null): Explained["measured"] {
  const agents = worst.map(({ anomaly, times }) => ({
    subject: anomaly.agent_id,
    metric: anomaly.metric,
    unit: unitOf(anomaly.metric),
    value: anomaly.value,
    usual: { low: anomaly.expected.low, mid: anomaly.expected.mid, high: anomaly.expected.high },
    at: iso(anomaly.at),
    times,
    text: quoted(anomaly.text),
  }));
  const services = (story?.impact ?? []).map((signal) => ({
    subject: signal.service,
    metric: signal.signal,
    unit: signal.unit,
    value: signal.now,
    usual: { low: signal.lower, mid: signal.normal, high: signal.upper },
    at: null,
    times: 1,
    text: null,
  }));
  return [...agents, ...services];
}

function headlineOf({ incident }: IncidentDetail, first: Explained["causes"][number] | undefined): string {
  const kind = incident.kind === "service" ? (incident.cause?.kind ?? null) : incident.diagnosis;
  if (kind === null) return "No cause has been determined yet.";
  if (kind === "no_fault") return first?.kind === "no_fault" ? first.statement : "No fault was found.";
  if (kind === "unknown" || !first || first.kind === "unknown") return "Cause unknown.";
  return first.weak ? `Possibly: ${first.statement}` : first.statement;
}

function recoveryOf({ incident, actions }: IncidentDetail): Explained["recovery"] {
  const outcome = quotedOrNull(incident.outcome);
  if (incident.healed_at !== null) return { verified: true, text: outcome ?? "Fresh measurements showed recovery." };
  if (incident.closed_at !== null)
    return { verified: false, text: `Closed without measured recovery${outcome ? `: ${outcome}` : "."}` };
  const measuring = actions.some((action) => action.outcome === "pending");
  return { verified: false, text: measuring ? "The effect of an action is being measured." : "Not recovered yet." };
}
