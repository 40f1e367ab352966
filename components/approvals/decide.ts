"use client";

import { useMutation } from "@tanstack/react-query";
import type { BulkDecisionBody } from "@/lib/contracts/approvals";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { useDrill } from "@/components/drills/world";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { toast } from "@/components/ui/toast";

export interface Decision {
  id: string;
  /** Of what the person saw: the server refuses a decision on anything else. */
  digest: string;
  decision: "approve" | "reject";
  comment: string;
  evidenceOpened: boolean;
}

export function useDecide(onDone?: () => void) {
  const settle = useRefreshAfter("approval.approved");
  const drill = useDrill();
  return useMutation({
    mutationFn: ({ id, digest, decision, comment, evidenceOpened }: Decision) =>
      call("POST", PATHS.DECISION, {
        params: { id },
        query: { drill },
        body: {
          decision,
          digest,
          evidence_opened: evidenceOpened,
          ...(comment.trim() === "" ? {} : { comment: comment.trim() }),
        },
      }),
    onSuccess: (_answer, { decision }) => {
      toast.success(
        decision === "approve"
          ? "Approved. The action is carried out, then measured."
          : "Rejected. Nothing is done until somebody chooses “Heal now”.",
      );
      onDone?.();
    },
    onSettled: settle,
  });
}

export function useDecideAll() {
  const settle = useRefreshAfter("approval.approved");
  return useMutation({
    mutationFn: (body: BulkDecisionBody) => call("POST", PATHS.BULK_DECISION, { body }),
    onSettled: settle,
  });
}
