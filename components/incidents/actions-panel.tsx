"use client";

import { Undo2, Wrench } from "lucide-react";
import type { ActionRunView, IncidentDetail } from "@/lib/contracts/incidents";
import { actTitle } from "@/lib/core/base/act-title";
import { ApprovalBadge, OutcomeBadge, RiskBadge } from "@/components/status/badges";
import { ACTION, name, POLICY, PROPOSAL } from "@/components/status/words";
import { Badge } from "@/components/ui/badge";
import { Empty } from "@/components/ui/feedback";
import { duration, sentence } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Ago, Clock } from "@/components/ui/time";
import { Measurement } from "./measurement";

type Proposal = IncidentDetail["proposals"][number];

/** What was proposed, what people and policy said to it, what was done, and what was measured afterwards. */
export function ActionsPanel({ detail }: { detail: IncidentDetail }) {
  const proposals = [...detail.proposals].sort((a, b) => a.created_at - b.created_at);
  return (
    <Panel title="Actions" hint="proposed, decided, done, measured" flush>
      {proposals.length === 0 ? (
        <Empty icon={Wrench} title="No action proposed" className="py-8">
          {detail.incident.would_have
            ? `Nothing was done. Sentinel would have ${detail.incident.would_have}.`
            : "No action has been proposed for this incident."}
        </Empty>
      ) : (
        <ol className="divide-y">
          {proposals.map((proposal) => (
            <li key={proposal.id} className="space-y-2 px-4 py-3">
              <Proposed proposal={proposal} />
              {detail.actions
                .filter(({ proposal_id }) => proposal_id === proposal.id)
                .map((run) => (
                  <Tried key={run.id} run={run} />
                ))}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Proposed({ proposal }: { proposal: Proposal }) {
  const { approval } = proposal;
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        {proposal.subject_kind === "agent" ? (
          <span className="num text-xs text-ink-3">Step {proposal.rung}</span>
        ) : null}
        <strong className="text-sm font-semibold">
          {proposal.operation ? actTitle(proposal.operation.title, proposal.subject_id) : name(ACTION, proposal.action)}
        </strong>
        <RiskBadge risk={proposal.risk} />
        {approval ? <ApprovalBadge state={approval.state} /> : <Badge>{name(PROPOSAL, proposal.state)}</Badge>}
        <Clock at={proposal.created_at} className="num ml-auto text-xs text-ink-3" />
      </div>
      <p className="text-sm text-ink-2">
        {POLICY[proposal.policy]}. {sentence(proposal.reason)} Expected: {sentence(proposal.expected)}
      </p>
      {proposal.operation && proposal.operation.runs.length > 0 ? (
        <p className="font-mono text-xs wrap-anywhere text-ink-3">{proposal.operation.runs.join(" ")}</p>
      ) : null}
      {approval?.decided_by ? (
        <p className="text-xs text-ink-3">
          Decided by {approval.decided_by}
          {approval.decided_at === null ? null : (
            <>
              {" "}
              <Ago at={approval.decided_at} />
            </>
          )}
          {approval.comment ? `: “${approval.comment}”` : ""}
        </p>
      ) : null}
      {approval?.void_reason ? <p className="text-xs text-ink-3">Void: {approval.void_reason}</p> : null}
      {proposal.skipped.length > 0 ? (
        <p className="text-xs text-ink-3">
          Skipped: {proposal.skipped.map(({ action, reason }) => `${name(ACTION, action)} (${reason})`).join(", ")}
        </p>
      ) : null}
    </>
  );
}

const RUN: Record<ActionRunView["state"], string> = {
  started: "started",
  done: "carried out",
  failed: "failed",
  cannot_tell: "unknown whether it was carried out",
};

function Tried({ run }: { run: ActionRunView }) {
  return (
    <div className="rounded-md bg-sunken px-3 py-2 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <OutcomeBadge outcome={run.outcome} />
        {run.undone_at === null ? null : <Badge icon={Undo2}>undone</Badge>}
        <span className="text-xs text-ink-2">
          {RUN[run.state]} by {run.by}
          {run.ended_at === null ? "" : `, took ${duration(run.ended_at - run.started_at)}`}
          {run.subject_kind === "service"
            ? ". Its exit code does not prove recovery; metrics are measured"
            : run.acknowledged_at === null
              ? ", not acknowledged yet"
              : `, acknowledged after ${duration(run.acknowledged_at - run.started_at)}`}
        </span>
        <Clock at={run.started_at} className="num ml-auto text-xs text-ink-3" />
      </div>
      <div className="mt-1">
        <Measurement run={run} />
      </div>
    </div>
  );
}
