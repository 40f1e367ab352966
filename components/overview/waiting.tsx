"use client";

import { useQuery } from "@tanstack/react-query";
import { ClipboardCheck, ShieldCheck } from "lucide-react";
import Link from "next/link";
import type { IncidentSummary } from "@/lib/contracts/incidents";
import { approvalsQuery } from "@/components/approvals/queries";
import { incidentsQuery } from "@/components/incidents/queries";
import { IncidentBadge, Severity } from "@/components/status/badges";
import { ACTION, CAUSE, DIAGNOSIS, name } from "@/components/status/words";
import { buttonStyle } from "@/components/ui/button";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Ago, Until } from "@/components/ui/time";

/** How many rows the overview shows before it points to the whole list. */
const SHOWN = 6;

/** What is held to be behind it so far; nothing while nothing was found out. */
const leading = ({ kind, cause, diagnosis }: IncidentSummary): string => {
  if (kind !== "service") return name(DIAGNOSIS, diagnosis);
  return cause === null ? "" : [name(CAUSE, cause.kind), cause.node].filter(Boolean).join(" at ");
};

const rows = (
  <div className="space-y-2 p-4">
    <Skeleton />
    <Skeleton className="w-3/4" />
    <Skeleton className="w-1/2" />
  </div>
);

export function ActiveIncidents() {
  const { data, error, refetch } = useQuery(incidentsQuery({ state: "active", limit: 50 }));
  const incidents = data?.incidents ?? [];
  return (
    <Panel
      flush
      title="Active incidents"
      actions={
        <Link href="/incidents" className={buttonStyle({ look: "quiet", size: "sm" })}>
          All incidents
        </Link>
      }
    >
      {error && !data ? (
        <div className="p-4">
          <LoadError what="incidents" error={error} onRetry={() => void refetch()} />
        </div>
      ) : !data ? (
        rows
      ) : incidents.length === 0 ? (
        <Empty icon={ShieldCheck} title="No active incidents" className="py-8">
          Agents and services without data show as Unknown and do not open incidents.
        </Empty>
      ) : (
        <ul className="divide-y">
          {incidents.slice(0, SHOWN).map((incident) => (
            <li key={incident.id}>
              <Link
                href={`/incidents/${encodeURIComponent(incident.id)}`}
                className="grid grid-cols-[1fr_auto] items-center gap-x-3 gap-y-1 px-4 py-2.5 -outline-offset-2 hover:bg-hover"
              >
                <span className="truncate text-sm font-medium">{incident.title}</span>
                <Severity value={incident.severity} className="justify-self-end" />
                <span className="flex min-w-0 items-center gap-2 text-xs text-ink-3">
                  <IncidentBadge state={incident.state} />
                  <span className="truncate">{leading(incident)}</span>
                </span>
                <Ago at={incident.opened_at} className="num text-right text-xs text-ink-3" />
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

export function PendingApprovals() {
  const { data, error, refetch } = useQuery(approvalsQuery("pending"));
  const approvals = data?.approvals ?? [];
  return (
    <Panel
      flush
      title="Waiting for a decision"
      actions={
        <Link
          href="/approvals"
          className={buttonStyle({ look: approvals.length > 0 ? "primary" : "quiet", size: "sm" })}
        >
          {approvals.length > 0 ? `Review ${approvals.length}` : "Approvals"}
        </Link>
      }
    >
      {error && !data ? (
        <div className="p-4">
          <LoadError what="approvals" error={error} onRetry={() => void refetch()} />
        </div>
      ) : !data ? (
        rows
      ) : approvals.length === 0 ? (
        <Empty icon={ClipboardCheck} title="No decisions pending" className="py-8">
          Actions above the threshold or hard to undo wait here. Nothing is approved automatically.
        </Empty>
      ) : (
        <ul className="divide-y">
          {approvals.slice(0, SHOWN).map((approval) => (
            <li key={approval.id}>
              <Link
                href={`/approvals#${encodeURIComponent(approval.id)}`}
                className="grid grid-cols-[1fr_auto] items-center gap-x-3 px-4 py-2.5 -outline-offset-2 hover:bg-hover"
              >
                <span className="truncate text-sm font-medium">
                  {name(ACTION, approval.proposal.action)} · {approval.subject.id}
                </span>
                <Severity value={approval.proposal.severity} className="justify-self-end" />
                <span className="truncate text-xs text-ink-3">{approval.incident.title}</span>
                <span className="num text-right text-xs text-ink-3">
                  expires <Until at={approval.expires_at} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
