"use client";

import { ChevronRight } from "lucide-react";
import { WorldLink } from "@/components/drills/world";
import type { ApprovalView } from "@/lib/contracts/approvals";
import { ACTION, DIAGNOSIS, FINDING, name } from "@/components/status/words";
import { percent, sentence } from "@/components/ui/format";
import { ArgumentsFact, Fact, RiskFact } from "./fact";
import { OperationFacts } from "./operation-facts";

/** Everything that a decision is about: the act, its arguments, what it touches, what is expected of it, and why it asks. */
export const ProposalFacts = ({ approval }: { approval: ApprovalView }) =>
  approval.subject.kind === "service" ? <OperationFacts approval={approval} /> : <AgentFacts approval={approval} />;

function AgentFacts({ approval }: { approval: ApprovalView }) {
  const { proposal, incident } = approval;
  const args = Object.entries(proposal.args);
  return (
    <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
      <Fact label="Diagnosis">
        {name(DIAGNOSIS, incident.diagnosis)}
        {incident.confidence === null ? null : (
          <span className="num text-ink-3"> · confidence {percent(incident.confidence)}</span>
        )}
      </Fact>
      <RiskFact proposal={proposal} />
      <Fact label="Blast radius">{sentence(proposal.blast_radius) || "unknown"}</Fact>
      <Fact label="Expected effect">{sentence(proposal.expected) || "unknown"}</Fact>
      <Fact label="Why it needs approval">{sentence(proposal.reason)}</Fact>
      <ArgumentsFact args={args} />
      {proposal.skipped.length > 0 ? (
        <div className="sm:col-span-2">
          <dt className="eyebrow">Skipped</dt>
          <dd className="text-sm text-ink-2">
            {proposal.skipped.map(({ action, reason }) => (
              <span key={action} className="block">
                {name(ACTION, action)}: {sentence(reason)}
              </span>
            ))}
          </dd>
        </div>
      ) : null}
    </dl>
  );
}

/** The evidence, folded. That it was opened is part of the decision's record. */
export function Evidence({ approval, onOpen }: { approval: ApprovalView; onOpen: () => void }) {
  const { evidence, incident } = approval;
  return (
    <details className="group rounded-md border" onToggle={(event) => event.currentTarget.open && onOpen()}>
      <summary className="flex min-h-10 list-none items-center gap-2 px-3 py-2 text-sm font-medium">
        <ChevronRight className="size-4 shrink-0 text-ink-3 transition-transform group-open:rotate-90" aria-hidden />
        Evidence
        <span className="num text-xs font-normal text-ink-3">
          {evidence.length === 0
            ? "none recorded"
            : `${evidence.length} ${evidence.length === 1 ? "finding" : "findings"}`}
        </span>
      </summary>
      <ul className="space-y-1.5 border-t px-3 py-2.5 text-sm">
        {evidence.map((finding) => (
          <li key={finding.id} className="grid gap-x-3 sm:grid-cols-[8rem_1fr]">
            <span className="text-xs leading-5 text-ink-3">{name(FINDING, finding.kind)}</span>
            <span className="break-words">{finding.title}</span>
          </li>
        ))}
        <li>
          <WorldLink
            href={`/incidents/${encodeURIComponent(incident.id)}`}
            className="text-sm font-medium text-accent hover:underline"
          >
            Full incident
          </WorldLink>
        </li>
      </ul>
    </details>
  );
}
