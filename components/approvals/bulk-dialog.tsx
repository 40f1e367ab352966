"use client";

import { CircleCheck, CircleX } from "lucide-react";
import { useState } from "react";
import type { ApprovalView, BulkDecisionBody } from "@/lib/contracts/approvals";
import { RiskBadge, Severity } from "@/components/status/badges";
import { ACTION, name } from "@/components/status/words";
import { Button } from "@/components/ui/button";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Callout } from "@/components/ui/feedback";
import { Field, Textarea } from "@/components/ui/field";
import { useOpening } from "@/components/ui/opening";
import { useDecideAll } from "./decide";

type BulkDecision = BulkDecisionBody["decision"];

/** The list as it stood when the preview opened. What is posted is this list and nothing else. */
export interface Bulk {
  decision: BulkDecision;
  approvals: readonly ApprovalView[];
}

const TEXT: Record<BulkDecision, { verb: string; means: string }> = {
  approve: {
    verb: "Approve",
    means: "Each of these actions is run, then measured. Approvals that arrive in the meantime are not included.",
  },
  reject: {
    verb: "Reject",
    means: "Nothing is run: agents stay contained and services unchanged until somebody chooses “heal now”.",
  },
  heal: {
    verb: "Heal",
    means: "Each rejected action is run with your approval, then measured.",
  },
};

const many = (count: number) => `${count} ${count === 1 ? "action" : "actions"}`;

/** A preview of a decision on many, and what became of each. `bulk` null: closed. */
export function BulkDialog({ bulk, onClose }: { bulk: Bulk | null; onClose: () => void }) {
  const { shown, nth } = useOpening(bulk);
  return shown === null ? null : <Preview key={nth} bulk={shown} open={bulk !== null} onClose={onClose} />;
}

function Preview({ bulk, open, onClose }: { bulk: Bulk; open: boolean; onClose: () => void }) {
  const [comment, setComment] = useState("");
  const decide = useDecideAll();
  const { verb, means } = TEXT[bulk.decision];
  const items = bulk.approvals.map(({ id, digest }) => ({ id, digest }));
  const send = () =>
    decide.mutate({ decision: bulk.decision, items, ...(comment.trim() === "" ? {} : { comment: comment.trim() }) });
  const done = new Set(decide.data?.done.map(({ id }) => id));
  const failed = new Map(decide.data?.failed.map(({ id, reason }) => [id, reason]));
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={`${verb} ${many(items.length)}`}
      description={means}
      footer={
        decide.data ? (
          <Button size="touch" look="primary" onClick={onClose}>
            Close
          </Button>
        ) : (
          <Choice
            onCancel={onClose}
            look={bulk.decision === "reject" ? "danger" : "primary"}
            busy={decide.isPending}
            onClick={send}
          >
            {verb} these {items.length}
          </Choice>
        )
      }
    >
      {decide.data ? (
        <Callout
          tone={failed.size === 0 ? "ok" : "warn"}
          icon={failed.size === 0 ? CircleCheck : CircleX}
          title={`${done.size} of ${items.length} recorded${failed.size > 0 ? `, ${failed.size} failed` : ""}`}
          className="mb-4"
        />
      ) : null}
      <ul className="divide-y rounded-md border" aria-label="Selected actions">
        {bulk.approvals.map((approval) => (
          <li key={approval.id} className="grid grid-cols-[1fr_auto] items-center gap-x-3 gap-y-0.5 px-3 py-2 text-sm">
            <span className="min-w-0 truncate font-medium">
              {approval.proposal.operation?.title ?? name(ACTION, approval.proposal.action)} · {approval.subject.id}
            </span>
            <Severity value={approval.proposal.severity} />
            <span className="min-w-0 truncate text-xs text-ink-3">
              {failed.has(approval.id) ? (
                <span className="text-hold">Refused: {failed.get(approval.id)}</span>
              ) : done.has(approval.id) ? (
                "Recorded"
              ) : (
                approval.incident.title
              )}
            </span>
            <RiskBadge risk={approval.proposal.risk} />
          </li>
        ))}
      </ul>
      {decide.data ? null : (
        <div className="mt-4">
          <Field id="bulk-comment" label="Comment" hint="Recorded with each decision.">
            <Textarea
              id="bulk-comment"
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
