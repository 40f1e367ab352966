"use client";

import { subjectHref } from "@/components/status/subject";
import { useQuery } from "@tanstack/react-query";
import { HeartPulse, SearchX, X } from "lucide-react";
import Link from "next/link";
import { useQueryStates } from "nuqs";
import type { ActionRunView } from "@/lib/contracts/incidents";
import { OUTCOMES } from "@/lib/core/base/vocabulary";
import { Measurement } from "@/components/incidents/measurement";
import { PageHead } from "@/components/shell/page-head";
import { OutcomeBadge } from "@/components/status/badges";
import { ACTION, DIAGNOSIS, name, OUTCOME } from "@/components/status/words";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { type Columns, DataTable } from "@/components/ui/data-table";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { Input } from "@/components/ui/field";
import { duration, integer } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Select } from "@/components/ui/select";
import { useSettled } from "@/components/ui/settled";
import { Clock } from "@/components/ui/time";
import { healingFilter, healingFilters } from "./filters";
import { healingQuery } from "./queries";

const ANY = "";
const SEARCH_MS = 300;

const columns: Columns<ActionRunView> = [
  {
    accessorKey: "started_at",
    header: "Started",
    cell: ({ row }) => <Clock at={row.original.started_at} className="num text-xs whitespace-nowrap text-ink-3" />,
  },
  {
    accessorKey: "subject_id",
    header: "Agent",
    cell: ({ row }) => (
      <Link
        href={subjectHref({ kind: row.original.subject_kind, id: row.original.subject_id })}
        className="block max-w-44 truncate font-medium hover:underline"
        title={row.original.subject_id}
      >
        {row.original.subject_id}
      </Link>
    ),
  },
  {
    accessorKey: "action",
    header: "Action",
    cell: ({ row }) => <span className="whitespace-nowrap">{name(ACTION, row.original.action)}</span>,
  },
  {
    accessorKey: "outcome",
    header: "Measured outcome",
    cell: ({ row }) => (
      <span className="flex gap-1">
        <OutcomeBadge outcome={row.original.outcome} />
        {row.original.undone_at === null ? null : <Badge>undone</Badge>}
      </span>
    ),
  },
  {
    id: "measured",
    header: "Measurement",
    enableSorting: false,
    cell: ({ row }) => (
      <div className="max-sm:text-right sm:min-w-56">
        <Measurement run={row.original} />
      </div>
    ),
  },
  {
    accessorKey: "diagnosis",
    header: "Diagnosis",
    cell: ({ row }) => (
      <Link
        href={`/incidents/${encodeURIComponent(row.original.incident_id)}`}
        className="whitespace-nowrap text-ink-2 hover:underline"
      >
        {name(DIAGNOSIS, row.original.diagnosis)}
      </Link>
    ),
  },
  {
    id: "took",
    header: "Time to verdict",
    accessorFn: (run) => (run.judged_at === null ? Number.POSITIVE_INFINITY : run.judged_at - run.started_at),
    cell: ({ row }) => (
      <span className="num whitespace-nowrap">
        {row.original.judged_at === null ? (
          <span className="text-ink-3">not yet</span>
        ) : (
          duration(row.original.judged_at - row.original.started_at)
        )}
      </span>
    ),
  },
  {
    accessorKey: "by",
    header: "By",
    cell: ({ row }) => (
      <span className="whitespace-nowrap text-ink-2" title={row.original.why}>
        {row.original.by}
      </span>
    ),
  },
];

export function HealingScreen() {
  const [filters, setFilters] = useQueryStates(healingFilters);
  const agent = useSettled(filters.agent, SEARCH_MS);
  const { data, error, refetch } = useQuery(healingQuery(healingFilter({ outcome: filters.outcome, agent })));
  const filtered = filters.outcome !== null || filters.agent !== null;
  const count = (outcome: string) => (data ? ` (${integer(data.counts[outcome] ?? 0)})` : "");
  return (
    <>
      <PageHead title="Healing log" lead="Every action taken, with who decided it, why, and its measured outcome." />
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <Select
          label="Outcome"
          value={filters.outcome ?? ANY}
          options={[
            { value: ANY, label: "Any outcome" },
            ...OUTCOMES.map((outcome) => ({ value: outcome, label: `${name(OUTCOME, outcome)}${count(outcome)}` })),
          ]}
          onChange={(outcome) =>
            void setFilters({ outcome: outcome === ANY ? null : (outcome as typeof filters.outcome) })
          }
        />
        <Input
          data-page-search
          type="search"
          aria-label="Filter by agent name"
          placeholder="Agent"
          value={filters.agent ?? ""}
          onChange={(event) => void setFilters({ agent: event.target.value || null })}
          className="max-w-56"
        />
        {filtered ? (
          <Button look="quiet" onClick={() => void setFilters({ outcome: null, agent: null })}>
            <X aria-hidden /> Clear
          </Button>
        ) : null}
      </div>
      {error && !data ? (
        <LoadError what="the healing log" error={error} onRetry={() => void refetch()} />
      ) : (
        <Panel flush>
          {!data ? (
            <div className="space-y-3 p-4">
              {Array.from({ length: 6 }, (_, index) => (
                <Skeleton key={index} className="h-8" />
              ))}
            </div>
          ) : data.actions.length > 0 ? (
            <DataTable label="Healing log" columns={columns} data={data.actions} rowId={({ id }) => id} />
          ) : filtered ? (
            <Empty icon={SearchX} title="No matching actions" />
          ) : (
            <Empty icon={HeartPulse} title="No actions yet">
              Healing actions are listed here with their measured outcome: recovered, no effect, worse, or inconclusive.
            </Empty>
          )}
        </Panel>
      )}
    </>
  );
}
