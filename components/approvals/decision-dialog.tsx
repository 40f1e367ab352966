"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { CircleSlash, FileWarning } from "lucide-react";
import { useDrill } from "@/components/drills/world";
import { actTitle } from "@/lib/core/base/act-title";
import { ACTION, name } from "@/components/status/words";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Callout, Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { Field, Textarea } from "@/components/ui/field";
import { useOpening } from "@/components/ui/opening";
import { useDecide } from "./decide";
import { Evidence, ProposalFacts } from "./facts";
import { approvalsQuery } from "./queries";

/** What a person pressed on: this approval, as they saw it. */
export interface Deciding {
  approvalId: string;
  digest: string;
  decision: "approve" | "reject";
}

/** The decision in full, before it is taken, for the places that only show it in short. `deciding` null: closed. */
export function DecisionDialog({ deciding, onClose }: { deciding: Deciding | null; onClose: () => void }) {
  const { shown } = useOpening(deciding);
  return shown === null ? null : (
    <Deciding key={`${shown.approvalId} ${shown.decision}`} asked={shown} open={deciding !== null} onClose={onClose} />
  );
}

function Deciding({ asked, open, onClose }: { asked: Deciding; open: boolean; onClose: () => void }) {
  const { data, error, refetch } = useQuery({ ...approvalsQuery("pending", useDrill()), enabled: open });
  const [opened, setOpened] = useState(false);
  const [comment, setComment] = useState("");
  const decide = useDecide(onClose);
  const approval = data?.approvals.find(({ id }) => id === asked.approvalId);
  const moved = approval && approval.digest !== asked.digest;
  const verb = asked.decision === "approve" ? "Approve" : "Reject";
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={
        approval
          ? `${verb}: ${actTitle(approval.proposal.operation?.title ?? name(ACTION, approval.proposal.action), approval.subject.id)}`
          : verb
      }
      description={
        asked.decision === "approve"
          ? "Your approval covers exactly this action with these arguments, once."
          : "Nothing is done, and it stays listed until somebody chooses “heal now”."
      }
      footer={
        <Choice
          onCancel={onClose}
          look={asked.decision === "approve" ? "primary" : "danger"}
          busy={decide.isPending}
          disabled={!approval || moved}
          onClick={() =>
            approval &&
            decide.mutate({
              id: approval.id,
              digest: asked.digest,
              decision: asked.decision,
              comment,
              evidenceOpened: opened,
            })
          }
        >
          {verb}
        </Choice>
      }
    >
      {error && !data ? (
        <LoadError what="the approval" error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton className="h-40" />
      ) : !approval ? (
        <Empty icon={CircleSlash} title="No longer pending">
          The approval was decided or expired, or became void because its subject changed.
        </Empty>
      ) : (
        <div className="space-y-4">
          {moved ? (
            <Callout tone="warn" icon={FileWarning} title="The proposal has changed since you saw it">
              Close this and review again: your approval covers only what was shown.
            </Callout>
          ) : null}
          <ProposalFacts approval={approval} />
          <Evidence approval={approval} onOpen={() => setOpened(true)} />
          <Field id="decision-comment" label="Comment">
            <Textarea
              id="decision-comment"
              value={comment}
              maxLength={1000}
              onChange={(event) => setComment(event.target.value)}
            />
          </Field>
        </div>
      )}
    </Dialog>
  );
}
