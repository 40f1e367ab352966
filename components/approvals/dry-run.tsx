"use client";

import { useMutation } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import type { ApprovalView } from "@/lib/contracts/approvals";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { useDrill } from "@/components/drills/world";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/feedback";

/** Has the operation say what it would do. Nothing is changed by it, and nothing is decided. */
export function DryRun({ approval }: { approval: ApprovalView }) {
  const drill = useDrill();
  const tried = useMutation({
    mutationFn: () => call("POST", PATHS.DRY_RUN, { params: { id: approval.id }, query: { drill } }),
  });
  const output = tried.data ? outputOf(tried.data.result) : null;
  return (
    <div className="space-y-2">
      <Button size="touch" look="quiet" disabled={tried.isPending} onClick={() => tried.mutate()}>
        {tried.isPending ? "Running…" : "Preview with a dry run"}
      </Button>
      {tried.error ? (
        <Callout tone="warn" icon={TriangleAlert} title="Dry run failed">
          {tried.error.message}
        </Callout>
      ) : null}
      {tried.data ? (
        <div className="rounded-md bg-sunken p-2 text-sm" role="status">
          <p>{tried.data.detail}</p>
          {output ? (
            <pre className="mt-1 max-h-48 overflow-auto font-mono text-xs whitespace-pre-wrap">{output}</pre>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

/** What a program printed, if one was run. */
const outputOf = ({ stdout, stderr }: Record<string, unknown>): string =>
  [stdout, stderr].filter((text) => typeof text === "string" && text !== "").join("\n");
