"use client";

import { useQuery } from "@tanstack/react-query";
import { ArrowRight, BrainCircuit } from "lucide-react";
import { measure } from "@/lib/core/base/amounts";
import type { MemoryAnswer } from "@/lib/contracts/overview";
import { PageHead } from "@/components/shell/page-head";
import { ACTION, DIAGNOSIS, name } from "@/components/status/words";
import { Badge } from "@/components/ui/badge";
import { type Columns, DataTable } from "@/components/ui/data-table";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { Meter } from "@/components/ui/meter";
import { Panel } from "@/components/ui/panel";
import { Ago } from "@/components/ui/time";
import { memoryQuery } from "./queries";

type Pattern = MemoryAnswer["patterns"][number];

const SCOPE = { agent: "Agent", type: "Type", fleet: "Fleet" } as const;

const columns: Columns<Pattern> = [
  {
    accessorKey: "diagnosis",
    header: "Diagnosis",
    cell: ({ row }) => <span className="whitespace-nowrap">{name(DIAGNOSIS, row.original.diagnosis)}</span>,
  },
  {
    accessorKey: "action",
    header: "Action",
    cell: ({ row }) => <span className="font-medium whitespace-nowrap">{name(ACTION, row.original.action)}</span>,
  },
  {
    accessorKey: "scope",
    header: "Learned for",
    cell: ({ row }) => (
      <span className="flex items-center gap-1.5 whitespace-nowrap">
        <Badge>{SCOPE[row.original.scope]}</Badge>
        <span className="max-w-44 truncate text-ink-2">
          {row.original.scope === "fleet" ? "" : row.original.scope_id}
        </span>
      </span>
    ),
  },
  {
    accessorKey: "mean",
    header: "Expected success",
    cell: ({ row: { original: p } }) => (
      <Meter
        value={p.mean}
        label={`Expected success: ${name(ACTION, p.action)} for ${name(DIAGNOSIS, p.diagnosis)}`}
        labelHidden
        className="w-40"
      />
    ),
  },
  {
    accessorKey: "attempts",
    header: "Recoveries / attempts",
    cell: ({ row }) => (
      <span className="num whitespace-nowrap">
        {measure(row.original.successes)} / {measure(row.original.attempts)}
      </span>
    ),
  },
  {
    accessorKey: "updated_at",
    header: "Last outcome",
    cell: ({ row }) => <Ago at={row.original.updated_at} className="num text-xs whitespace-nowrap text-ink-3" />,
  },
];

export function MemoryScreen() {
  const { data, error, refetch } = useQuery(memoryQuery);
  return (
    <>
      <PageHead
        title="Learned patterns"
        lead="How often each action was followed by recovery, per diagnosis. Older attempts count less; inconclusive outcomes are not counted."
      />
      {error && !data ? (
        <LoadError what="learned patterns" error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton className="h-64 rounded-[0.625rem]" />
      ) : (
        <div className="space-y-4">
          <Panel title="What worked" flush>
            {data.patterns.length === 0 ? (
              <Empty icon={BrainCircuit} title="Nothing learned yet">
                The first action with a conclusive outcome appears here.
              </Empty>
            ) : (
              <DataTable
                label="What worked"
                columns={columns}
                data={data.patterns}
                rowId={(p) => `${p.scope} ${p.scope_id} ${p.diagnosis} ${p.action}`}
              />
            )}
          </Panel>
          <Panel title="Remediation order" hint="steps tried for each diagnosis, fleet-wide" flush>
            <ul className="divide-y">
              {data.ladders.map((ladder) => (
                <Ladder key={ladder.diagnosis} ladder={ladder} />
              ))}
            </ul>
          </Panel>
        </div>
      )}
    </>
  );
}

function Ladder({ ladder }: { ladder: MemoryAnswer["ladders"][number] }) {
  const learned = ladder.fleet_order.join() !== ladder.default.join();
  return (
    <li className="grid gap-x-4 gap-y-1 px-4 py-2.5 text-sm md:grid-cols-[10rem_1fr_auto]">
      <span className="font-medium">{name(DIAGNOSIS, ladder.diagnosis)}</span>
      <ol className="flex flex-wrap items-center gap-x-1.5 gap-y-1">
        {ladder.fleet_order.map((action, rung) => (
          <li key={action} className="flex items-center gap-1.5">
            {rung > 0 ? <ArrowRight className="size-3 text-ink-3" aria-hidden /> : null}
            {name(ACTION, action)}
          </li>
        ))}
      </ol>
      <span className="text-xs text-ink-3">
        {learned ? <Badge tone="accent">reordered by past outcomes</Badge> : "default order"}
      </span>
    </li>
  );
}
