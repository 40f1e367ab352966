"use client";

import { ClipboardCheck } from "lucide-react";
import type { IncidentDetail } from "@/lib/contracts/incidents";
import { names } from "@/lib/core/base/act-title";
import { Button } from "@/components/ui/button";
import { Until } from "@/components/ui/time";

type Proposal = IncidentDetail["proposals"][number];

/** What waits for a person, over all else on the page until it is decided. */
export function WaitingBar({
  proposal,
  decides,
  onDecide,
}: {
  proposal: Proposal;
  decides: boolean;
  onDecide: (decision: "approve" | "reject") => void;
}) {
  const { operation, approval } = proposal;
  const act = operation?.title ?? proposal.action;
  return (
    <aside
      aria-label="Waiting for a decision"
      className="fixed inset-x-2 bottom-16 z-20 rounded-xl border border-accent/40 bg-surface p-2.5 shadow-float sm:inset-x-4 sm:p-3 lg:sticky lg:inset-x-0 lg:bottom-4 lg:mt-4"
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-72">
          <p className="flex items-center gap-1.5 text-sm">
            <ClipboardCheck className="size-4 shrink-0 text-accent" aria-hidden />
            <span className="min-w-0 truncate">
              <strong className="font-semibold">{act}</strong>
              {names(act, proposal.subject_id) ? null : ` on ${proposal.subject_id}`}
            </span>
            {approval ? (
              <span className="num ml-auto shrink-0 text-xs text-ink-3">
                expires <Until at={approval.expires_at} />
              </span>
            ) : null}
          </p>
          {operation && operation.runs.length > 0 ? (
            <p className="mt-0.5 truncate font-mono text-xs text-ink-2">{operation.runs.join(" ")}</p>
          ) : null}
        </div>
        {decides ? (
          <div className="flex w-full gap-2 sm:w-auto">
            <Button size="touch" className="flex-1" onClick={() => onDecide("reject")}>
              Reject
            </Button>
            <Button size="touch" look="primary" className="flex-1" onClick={() => onDecide("approve")}>
              Review and approve
            </Button>
          </div>
        ) : (
          <p className="text-xs text-ink-3">Only operators can approve or reject.</p>
        )}
      </div>
    </aside>
  );
}
