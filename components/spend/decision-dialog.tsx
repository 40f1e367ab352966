"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { BudgetView } from "@/lib/contracts/budgets";
import { PATHS } from "@/lib/contracts/paths";
import { measureText } from "@/lib/core/budgets/words";
import { ApiError, call } from "@/components/api";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Field, Input, Textarea } from "@/components/ui/field";
import { toast } from "@/components/ui/toast";
import type { Asked } from "./asking";

const FOR: Record<BudgetView["window"], string> = {
  run: "for this run",
  hour: "for this hour",
  day: "for today",
  month: "for this month",
};
export const UNIT: Record<BudgetView["measure"], string> = {
  usd: "USD",
  tokens: "tokens",
  model_calls: "model calls",
  tool_calls: "tool calls",
  depth: "levels",
  descendants: "descendants",
  wall_seconds: "seconds",
  idle_seconds: "seconds",
};

/** More of a budget for this run or window, or the end of it. */
export function DecisionDialog({
  asked: { budget, use },
  decision,
  onClose,
}: {
  asked: Asked;
  decision: "more" | "stop";
  onClose: () => void;
}) {
  const more = decision === "more";
  const [amount, setAmount] = useState(String(budget.limit));
  const [comment, setComment] = useState("");
  const decide = useMutation({
    mutationFn: () =>
      call("POST", PATHS.BUDGET_DECISION, {
        params: { id: budget.id },
        body: {
          subject: use.subject,
          start: use.start,
          version: use.version!,
          decision,
          ...(more ? { amount: Number(amount) } : {}),
          ...(comment.trim() === "" ? {} : { comment: comment.trim() }),
        },
      }),
    onSuccess: () => {
      toast.success(more ? `${use.name} may continue.` : `${use.name} is stopped.`);
      onClose();
    },
    onSettled: useRefreshAfter(more ? "budget.granted" : "budget.stopped"),
    meta: { quiet: true },
  });
  const fault = decide.error instanceof ApiError ? decide.error : null;
  return (
    <Dialog
      open
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={more ? `More ${FOR[budget.window]}` : `Stop ${use.name}?`}
      description={
        more
          ? `${use.name} used ${measureText(budget.measure, use.used)} of ${measureText(budget.measure, use.limit)}.`
          : "Its agents are quarantined until a person releases them or allows more."
      }
      footer={
        <Choice
          onCancel={onClose}
          type="submit"
          form="budget-decision"
          look={more ? "primary" : "danger"}
          busy={decide.isPending}
        >
          {more ? "Allow" : "Stop"}
        </Choice>
      }
    >
      <form
        id="budget-decision"
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          decide.mutate();
        }}
      >
        {more ? (
          <Field
            id="more-amount"
            label={`In addition to the limit, in ${UNIT[budget.measure]}`}
            hint={`Applies ${FOR[budget.window]} only; the budget itself does not change.`}
            error={fault?.field("amount")}
          >
            <Input
              id="more-amount"
              type="number"
              required
              min={0}
              step="any"
              value={amount}
              onChange={(event) => setAmount(event.target.value)}
            />
          </Field>
        ) : null}
        <Field
          id="decision-comment"
          label="Comment"
          error={fault && !fault.field("amount") ? fault.message : undefined}
        >
          <Textarea
            id="decision-comment"
            maxLength={1000}
            value={comment}
            onChange={(event) => setComment(event.target.value)}
          />
        </Field>
      </form>
    </Dialog>
  );
}
