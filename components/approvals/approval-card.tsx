"use client";

import { subjectHref } from "@/components/status/subject";
import Link from "next/link";
import { useState } from "react";
import type { ApprovalView } from "@/lib/contracts/approvals";
import { actTitle, names } from "@/lib/core/base/act-title";
import { ApprovalBadge, Severity, StateBadge } from "@/components/status/badges";
import { ACTION, name } from "@/components/status/words";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/check";
import { Field, Textarea } from "@/components/ui/field";
import { Ago, Until } from "@/components/ui/time";
import { useDecide } from "./decide";
import { Evidence, ProposalFacts } from "./facts";

/** One decision: what is asked, on what evidence, and the two answers. */
export function ApprovalCard({
  approval,
  decides,
  picked,
  onPick,
  onHeal,
}: {
  approval: ApprovalView;
  decides: boolean;
  picked?: boolean;
  onPick?: (picked: boolean) => void;
  onHeal?: () => void;
}) {
  const { proposal, subject, incident } = approval;
  const act = proposal.operation?.title ?? name(ACTION, proposal.action);
  const title = actTitle(act, subject.id);
  return (
    <article id={approval.id} className="panel target-flash scroll-mt-20 p-4" aria-label={title}>
      <header className="flex items-start gap-3">
        {onPick ? (
          <span className="pt-0.5">
            <Checkbox checked={picked ?? false} onChange={onPick} label={`Select: ${title}`} />
          </span>
        ) : null}
        <div className="min-w-0 flex-1">
          <h2 className="text-base font-semibold break-words">
            {act}
            {names(act, subject.id) ? null : (
              <>
                {" "}
                <span className="font-normal text-ink-3">on</span>{" "}
                <Link href={subjectHref(subject)} className="wrap-anywhere hover:underline">
                  {subject.id}
                </Link>
              </>
            )}
          </h2>
          <p className="mt-0.5 text-sm text-ink-2">
            <Link href={`/incidents/${encodeURIComponent(incident.id)}`} className="inline-block py-1 hover:underline">
              {incident.title}
            </Link>
          </p>
        </div>
        <div className="flex shrink-0 flex-col items-end gap-1">
          <Severity value={proposal.severity} />
          {approval.state === "pending" ? (
            <span className="num text-xs text-ink-3">
              expires <Until at={approval.expires_at} />
            </span>
          ) : (
            <ApprovalBadge state={approval.state} />
          )}
        </div>
      </header>
      <div className="mt-4 space-y-3">
        <ProposalFacts approval={approval} />
        {approval.state === "pending" ? (
          <Answer approval={approval} decides={decides} />
        ) : (
          <Decided approval={approval} decides={decides} onHeal={onHeal} />
        )}
      </div>
    </article>
  );
}

function Answer({ approval, decides }: { approval: ApprovalView; decides: boolean }) {
  const [opened, setOpened] = useState(false);
  const [comment, setComment] = useState("");
  const [commenting, setCommenting] = useState(false);
  const decide = useDecide();
  const send = (decision: "approve" | "reject") =>
    decide.mutate({ id: approval.id, digest: approval.digest, decision, comment, evidenceOpened: opened });
  const taken = (decision: "approve" | "reject") => decide.isPending && decide.variables.decision === decision;
  return (
    <>
      <Evidence approval={approval} onOpen={() => setOpened(true)} />
      {commenting ? (
        <Field id={`comment-${approval.id}`} label="Comment">
          <Textarea
            id={`comment-${approval.id}`}
            value={comment}
            maxLength={1000}
            onChange={(event) => setComment(event.target.value)}
          />
        </Field>
      ) : null}
      <footer className="flex flex-wrap items-center gap-2 border-t pt-3">
        <p className="num mr-auto basis-full text-xs text-ink-3 sm:basis-auto">
          requested <Ago at={approval.requested_at} /> ·{" "}
          <span title={approval.digest}>proposal digest {approval.digest.slice(0, 12)}</span>
        </p>
        {decides ? (
          <>
            {commenting ? null : (
              <Button size="touch" look="quiet" onClick={() => setCommenting(true)}>
                Comment
              </Button>
            )}
            <Button
              size="touch"
              className="flex-1 sm:flex-none"
              busy={taken("reject")}
              disabled={decide.isPending}
              onClick={() => send("reject")}
            >
              Reject
            </Button>
            <Button
              size="touch"
              look="primary"
              className="flex-1 sm:flex-none"
              busy={taken("approve")}
              disabled={decide.isPending}
              onClick={() => send("approve")}
            >
              Approve
            </Button>
          </>
        ) : (
          <p className="text-xs text-ink-3">Only operators can approve or reject.</p>
        )}
      </footer>
    </>
  );
}

function Decided({ approval, decides, onHeal }: { approval: ApprovalView; decides: boolean; onHeal?: () => void }) {
  return (
    <>
      <Evidence approval={approval} onOpen={() => undefined} />
      <footer className="flex flex-wrap items-center gap-2 border-t pt-3 text-xs text-ink-2">
        <p className="mr-auto">
          {approval.state === "void" && approval.void_reason ? `Void: ${approval.void_reason}. ` : null}
          {approval.decided_by && approval.decided_at !== null ? (
            <>
              {approval.state === "rejected" ? "Rejected" : approval.state === "approved" ? "Approved" : "Closed"} by{" "}
              {approval.decided_by} <Ago at={approval.decided_at} />
              {approval.comment ? <>: “{approval.comment}”</> : null}
            </>
          ) : approval.state === "expired" ? (
            "Expired without a decision. Nothing was done."
          ) : null}
        </p>
        <StateBadge state={approval.subject.state} />
        {decides && approval.can_heal_now && onHeal ? (
          <Button size="touch" look="primary" onClick={onHeal}>
            Heal now
          </Button>
        ) : null}
      </footer>
    </>
  );
}
