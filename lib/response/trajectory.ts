import type { OpenedIncident, Trajectory } from "@/lib/core/scoring/trajectory";
import { InvestigationReport } from "@/lib/contracts/investigations";
import type { Db } from "@/lib/db/client";
import { listHoldsOf } from "@/lib/db/queries/agents";
import { listAlertsOf } from "@/lib/db/queries/alerts";
import {
  type ActionRun,
  findApprovalOf,
  listActionRunsOf,
  listProposalsOf,
  type Proposal,
} from "@/lib/db/queries/healing";
import { type Incident, listFindings, listSubjects } from "@/lib/db/queries/incidents";
import { findInvestigation, findPostmortem, listAllCauses, listTrajectory } from "@/lib/db/queries/investigations";
import { onsetOfRuns } from "@/lib/db/queries/tool-evidence";
import { agentSummary } from "./agents/summary";

/** All that was done about an incident, as scores are read from it. Reads only. */
export async function trajectoryOf(db: Db, incident: Incident): Promise<Trajectory> {
  const { id } = incident;
  const [subjects, alerts, causes, found, investigation, proposals, runs, postmortem] = await Promise.all([
    listSubjects(db, id),
    listAlertsOf(db, id),
    listAllCauses(db, id),
    listFindings(db, id),
    findInvestigation(db, id),
    listProposalsOf(db, id),
    listActionRunsOf(db, id),
    findPostmortem(db, id),
  ]);
  const subject = (subjects.find(({ role }) => role === "primary") ?? subjects[0])?.subjectId ?? incident.title;
  const isService = incident.kind === "service";
  const steps = investigation === null ? [] : await listTrajectory(db, investigation.id);
  const report = InvestigationReport.safeParse(investigation?.report);
  // Summaries cite findings by the numbers of their investigation.
  const refs = new Map(found.map((finding, i) => [finding.id, refOf(finding, i)]));
  const reported = report.success ? report.data.raw_confidences : undefined;
  const opened: OpenedIncident = {
    at: incident.openedAt,
    severity: incident.severity,
    onset: isService
      ? investigation?.onset
        ? inMs(investigation.onset)
        : null
      : { at: incident.onsetAt, from: await onsetOfRuns(db, id, incident.onsetAt), to: incident.onsetAt },
    verdict: isService ? (investigation?.verdict ?? "unknown") : "fault",
    causes: causes.map(({ node, kind, statement, confidence, cites, rank, ...cause }) => {
      const raw = cause.raw ?? reported?.[rank];
      return {
        node: isService ? node : kind === "unknown" ? null : (incident.causeKey ?? subject),
        kind,
        statement,
        confidence,
        ...(raw !== undefined && { raw }),
        cites: cites.map((cite) => refs.get(cite) ?? cite),
      };
    }),
    findings: found.map((finding, i) => ({
      id: refOf(finding, i),
      kind: finding.kind,
      node: nodeOf(finding.detail) ?? (isService ? null : subject),
      text: finding.title,
    })),
    calls: steps.flatMap(({ tool, args, ok, author, startedAt, ms }) =>
      tool === null || tool === "model" ? [] : [{ tool, args, ok, author, startedAt, ms }],
    ),
    ranOut: /budget is spent \(([a-z ,]{0,100})\)/.exec(investigation?.cutShort ?? "")?.[1]?.split(", ") ?? [],
    couldNotLook: report.success ? [...new Set(report.data.couldNotLook.map(({ source }) => source))] : [],
    holds: await listHoldsOf(db, subjects.map(({ subjectId }) => subjectId), id), // prettier-ignore
    proposals: await Promise.all(proposals.map((proposal) => proposedStep(db, proposal))),
    runs: runs.map((run) => executedStep(run, proposals)),
    state: incident.state,
    closedAt: incident.closedAt,
    outcome: incident.outcome,
    messages: {
      summary: investigation?.summary ?? agentSummary({ incident, subject, causes, refs, proposals, runs }),
      statusLine: investigation?.statusLine ?? "",
      postmortem: postmortem ?? "",
    },
    tokens: investigation?.spent?.tokens ?? 0,
    usd: investigation?.spent?.usd ?? 0,
  };
  return {
    subjectKind: isService ? "service" : "agent",
    subject,
    alertedAt: isService ? Math.min(...alerts.map(({ startsAt }) => startsAt), incident.openedAt) : incident.onsetAt,
    opened,
  };
}

type FindingRow = Awaited<ReturnType<typeof listFindings>>[number];

/** What it is called in a summary: its number in its investigation, or where rules looked by themselves its place among the findings. */
const refOf = ({ detail }: FindingRow, place: number): string =>
  typeof detail["ref"] === "string" ? detail["ref"] : `f${place + 1}`;

function nodeOf(detail: FindingRow["detail"]): string | null {
  const node = detail["node"] ?? detail["agent_id"] ?? detail["cause"];
  return typeof node === "string" ? node : null;
}

const inMs = ({ at, from, to }: { at: number; from: number; to: number }) => ({
  at: at * 1_000,
  from: from * 1_000,
  to: to * 1_000,
});

/** An operation goes by its name in the allow-list, an action of agents by its own. */
const actionOf = ({ action, args }: { action: string; args: Record<string, unknown> }): string =>
  typeof args["entry"] === "string" ? args["entry"] : action;

async function proposedStep(db: Db, proposal: Proposal): Promise<OpenedIncident["proposals"][number]> {
  const approval = await findApprovalOf(db, proposal.id);
  return {
    id: proposal.id,
    action: actionOf(proposal),
    target: proposal.subjectId,
    risk: proposal.risk,
    undo: proposal.considered?.operation?.undo ?? null,
    reversible: proposal.reversible,
    argumentsFromUntrustedText: (proposal.considered?.untrusted.length ?? 0) > 0,
    severity: proposal.severity,
    at: proposal.createdAt,
    policy: proposal.policy,
    approval: approval && { state: approval.state, at: approval.decidedAt },
  };
}

const executedStep = (run: ActionRun, proposals: readonly Proposal[]): OpenedIncident["runs"][number] => ({
  proposal: run.action === "manual" ? null : run.proposalId,
  action: actionOf(run),
  target: run.subjectId,
  risk: proposals.find(({ id }) => id === run.proposalId)?.risk ?? "reversible",
  startedAt: run.startedAt,
  outcome: run.outcome,
});
