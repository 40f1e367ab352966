import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { ApprovalView } from "@/lib/contracts/approvals";
import { WorldLink } from "@/components/drills/world";
import { subjectHref } from "@/components/status/subject";
import { Callout } from "@/components/ui/feedback";
import { percent, sentence } from "@/components/ui/format";
import { DryRun } from "./dry-run";
import { ArgumentsFact, Fact, RiskFact } from "./fact";
import { undoOf } from "./undo";

/**
 * Everything that a decision on an operation is about. What would run stands item by item, since a description could hide
 * a part of it; what somebody's text had a hand in stands with the line that it comes from.
 */
export function OperationFacts({ approval }: { approval: ApprovalView }) {
  const { proposal, incident, subject } = approval;
  const { operation } = proposal;
  const args = Object.entries(proposal.args).filter(([key]) => key !== "entry");
  return (
    <div className="space-y-3">
      {proposal.untrusted.length > 0 ? <Untrusted approval={approval} /> : null}
      {operation && operation.runs.length > 0 ? (
        <div>
          <p className="eyebrow mb-1">Exact command</p>
          <Argv items={operation.runs} label="What would run" />
        </div>
      ) : null}
      <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
        <Fact label="Target">
          <WorldLink href={subjectHref(subject)} className="wrap-anywhere hover:underline">
            {subject.id}
          </WorldLink>
          <span className="text-ink-3">
            {" "}
            · {subject.type}, {subject.state}
          </span>
        </Fact>
        <RiskFact proposal={proposal} />
        <Fact label="Undo">{sentence(undoOf(operation?.undo, proposal))}</Fact>
        <Fact label="Blast radius">{sentence(proposal.blast_radius) || "unknown"}</Fact>
        <Fact label="Why this operation">{sentence(proposal.expected) || "unknown"}</Fact>
        <Fact label="Why it needs approval">{sentence(proposal.reason)}</Fact>
        <ArgumentsFact args={args} />
        {incident.confidence === null ? null : (
          <Fact label="Confidence in the top cause">
            <span className="num">{percent(incident.confidence)}</span>
          </Fact>
        )}
        <Considered approval={approval} />
      </dl>
      {operation?.dry_run ? (
        <div>
          <p className="eyebrow mb-1">Dry run command</p>
          <Argv items={operation.dry_run} label="Dry run" />
        </div>
      ) : null}
      {approval.state === "pending" ? <DryRun approval={approval} /> : null}
    </div>
  );
}

/** Each item by itself, so that no space or quotation mark can hide where one ends. */
function Argv({ items, label }: { items: readonly string[]; label: string }) {
  return (
    <ol aria-label={label} className="flex flex-wrap gap-1 rounded-md bg-sunken p-2 font-mono text-xs">
      {items.map((item, index) => (
        <li key={index} className="rounded border bg-surface px-1.5 py-0.5 wrap-anywhere whitespace-pre-wrap">
          {item}
        </li>
      ))}
    </ol>
  );
}

function Untrusted({ approval: { proposal } }: { approval: ApprovalView }) {
  return (
    <Callout
      tone="warn"
      icon={TriangleAlert}
      title={`${proposal.untrusted.length === 1 ? "An argument comes" : "Arguments come"} from untrusted text`}
    >
      <ul className="mt-1 space-y-1">
        {proposal.untrusted.map(({ argument: name, source, line }) => (
          <li key={name} className="wrap-anywhere">
            <code className="font-mono text-xs font-medium">{name}</code> from {source}
            {line === "" ? null : <q className="block font-mono text-xs">{line}</q>}
          </li>
        ))}
      </ul>
    </Callout>
  );
}

function Considered({ approval: { proposal } }: { approval: ApprovalView }): ReactNode {
  if (proposal.rivals.length === 0 && proposal.skipped.length === 0) return null;
  return (
    <div className="sm:col-span-2">
      <dt className="eyebrow">Alternatives considered</dt>
      <dd className="space-y-1 text-sm text-ink-2">
        {proposal.skipped.map(({ action, reason }) => (
          <p key={action} className="line-clamp-2">
            <span className="font-medium text-ink">{action}</span>: {sentence(reason)}
          </p>
        ))}
        {proposal.rivals.map(({ action, why }, index) => (
          <p key={index} className="line-clamp-2">
            Possible cause: <span className="font-medium text-ink">{action}</span>: {sentence(why)}
          </p>
        ))}
      </dd>
    </div>
  );
}
