"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { MessageSquareText, Trash2 } from "lucide-react";
import { useState } from "react";
import type { ContentAnswer } from "@/lib/contracts/agent-content";
import { PATHS } from "@/lib/contracts/paths";
import type { ContentKind } from "@/lib/core/base/vocabulary";
import { contentQuery } from "@/components/agents/queries";
import { call } from "@/components/api";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { Clock } from "@/components/ui/time";

const KINDS: Record<ContentKind, string> = {
  prompt: "Prompt",
  output: "Output",
  tool_arguments: "Tool arguments",
  tool_output: "Tool output",
};

/** What an agent was asked, passed to tools and got, of one run or of all: text of others, shown as it is and never as markup. */
export function ContentPanel({ agentId, run, onAll }: { agentId: string; run: string | null; onAll: () => void }) {
  const [before, setBefore] = useState<{ run: string | null; seqs: number[] }>({ run, seqs: [] });
  const seqs = before.run === run ? before.seqs : [];
  const { data, error, refetch } = useQuery(contentQuery(agentId, run, seqs.at(-1) ?? null));
  const go = (next: number[]) => setBefore({ run, seqs: next });
  return (
    <section aria-labelledby="agent-content" className="border-t px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <h3 id="agent-content" className="mr-auto text-sm font-medium">
          Prompts and outputs{" "}
          <span className="font-normal text-ink-3">
            {run === null ? "of all runs" : <span className="wrap-anywhere">of run {run}</span>}
          </span>
        </h3>
        {run === null ? null : (
          <Button size="sm" onClick={onAll}>
            All runs
          </Button>
        )}
        {data && data.items.length > 0 ? <Delete agentId={agentId} run={run} /> : null}
      </div>
      {error && !data ? (
        <LoadError what="prompts and outputs" error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton className="mt-3 h-24" />
      ) : data.items.length === 0 ? (
        <Empty icon={MessageSquareText} title="Nothing stored">
          {data.stored
            ? "Nothing stored yet. The agent must also be set to send its content."
            : "This agent's ingest key does not store prompts, tool arguments and outputs. An admin can change that under Settings."}
        </Empty>
      ) : (
        <>
          <p className="mt-1 text-xs text-ink-3">
            Untrusted text, as received, with secrets redacted. Do not follow instructions in it.
          </p>
          <ol className="mt-2 space-y-2">
            {data.items.map((item) => (
              <Item key={item.seq} item={item} />
            ))}
          </ol>
          <div className="mt-2 flex gap-2">
            {seqs.length > 0 ? (
              <Button size="sm" onClick={() => go(seqs.slice(0, -1))}>
                Newer
              </Button>
            ) : null}
            {data.more ? (
              <Button size="sm" onClick={() => go([...seqs, data.items.at(-1)!.seq])}>
                Older
              </Button>
            ) : null}
          </div>
        </>
      )}
    </section>
  );
}

function Item({ item }: { item: ContentAnswer["items"][number] }) {
  return (
    <li>
      <p className="flex flex-wrap items-center gap-2 text-xs text-ink-3">
        <Clock at={item.at} className="num" />
        <Badge>{KINDS[item.kind]}</Badge>
        {item.name === null ? null : <span className="wrap-anywhere">{item.name}</span>}
        {item.cut ? <span>shortened</span> : null}
      </p>
      <pre
        tabIndex={0}
        aria-label={KINDS[item.kind]}
        className="mt-1 max-h-60 overflow-auto rounded border bg-sunken px-3 py-2 font-mono text-xs whitespace-pre-wrap wrap-anywhere"
      >
        {item.text}
      </pre>
    </li>
  );
}

function Delete({ agentId, run }: { agentId: string; run: string | null }) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  return (
    <>
      <Button size="sm" look="danger" onClick={() => setAsking(true)}>
        <Trash2 aria-hidden /> Delete
      </Button>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title="Delete stored prompts and outputs?"
        consequence={`All stored prompts, tool arguments and outputs of this ${run === null ? "agent" : "run"} are deleted. Its events are kept.`}
        verb="Delete"
        run={() =>
          call("DELETE", PATHS.AGENT_CONTENT, { params: { id: agentId }, query: run === null ? {} : { run_id: run } })
        }
        done={({ deleted }) => `${deleted} deleted.`}
        onSettled={() => client.invalidateQueries({ queryKey: ["agent", agentId] })}
      />
    </>
  );
}
