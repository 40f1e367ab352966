"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { BulkDecisionBody } from "@/lib/contracts/approvals";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { outdatedIn } from "@/components/drills/keys";
import { useDrill } from "@/components/drills/world";
import { toast } from "@/components/ui/toast";

/** What a decision makes out of date, whether it was taken or refused. */
function useSettle() {
  const client = useQueryClient();
  const drill = useDrill();
  const roots = ["approvals", "agents", "agent", "incidents", "incident", "story", "overview"];
  return () =>
    Promise.all(
      outdatedIn(
        drill,
        roots.map((root) => [root]),
      ).map((queryKey) => client.invalidateQueries({ queryKey })),
    );
}

export interface Decision {
  id: string;
  /** Of what the person saw: the server refuses a decision on anything else. */
  digest: string;
  decision: "approve" | "reject";
  comment: string;
  evidenceOpened: boolean;
}

export function useDecide(onDone?: () => void) {
  const settle = useSettle();
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
          : "Rejected. Nothing is done until “heal now”.",
      );
      onDone?.();
    },
    onSettled: settle,
  });
}

export function useDecideAll() {
  const settle = useSettle();
  return useMutation({
    mutationFn: (body: BulkDecisionBody) => call("POST", PATHS.BULK_DECISION, { body }),
    onSettled: settle,
  });
}
