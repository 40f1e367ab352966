"use client";

import { useQuery } from "@tanstack/react-query";
import { BrainCircuit, Eye, FileClock, Megaphone, Network, SearchX, X } from "lucide-react";
import Link from "next/link";
import { useQueryStates } from "nuqs";
import type { ChangeView } from "@/lib/contracts/changes";
import { CHANGE_KINDS } from "@/lib/core/base/vocabulary";
import { PageHead } from "@/components/shell/page-head";
import { subjectHref } from "@/components/status/subject";
import { CHANGE, name } from "@/components/status/words";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { type Columns, DataTable } from "@/components/ui/data-table";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { PageSearch } from "@/components/ui/page-search";
import { Pager } from "@/components/ui/pager";
import { Panel } from "@/components/ui/panel";
import { Select } from "@/components/ui/select";
import { useSettled } from "@/components/ui/settled";
import { Ago, Clock } from "@/components/ui/time";
import { changeFilters, changesFilter } from "./filters";
import { changesQuery } from "./queries";
import { changeText } from "./words";

const ANY = "";
const SEARCH_MS = 250;
/** As many as the API gives at once unless it is asked otherwise: when there are fewer, there are no older ones. */
const PAGE = 200;

const columns: Columns<ChangeView> = [
  {
    accessorKey: "at",
    header: "At",
    cell: ({ row }) => (
      <span className="num block text-xs leading-5 whitespace-nowrap text-ink-3">
        <Clock at={row.original.at} />
        <Ago at={row.original.at} className="block" />
      </span>
    ),
  },
  {
    accessorKey: "subject_id",
    header: "Subject",
    cell: ({ row: { original } }) => {
      const Icon = original.subject_kind === "agent" ? BrainCircuit : Network;
      return (
        <Link
          href={subjectHref({ kind: original.subject_kind, id: original.subject_id })}
          className="flex max-w-56 items-center gap-1.5 font-medium hover:underline"
          title={`${original.subject_kind} ${original.subject_id}`}
        >
          <Icon className="size-3.5 shrink-0 text-ink-3" aria-hidden />
          <span className="sr-only">{original.subject_kind} </span>
          <span className="truncate">{original.subject_id}</span>
        </Link>
      );
    },
  },
  {
    accessorKey: "kind",
    header: "Change",
    cell: ({ row }) => <span className="whitespace-nowrap">{name(CHANGE, row.original.kind)}</span>,
  },
  {
    accessorKey: "declared",
    header: "Declared or detected",
    cell: ({ row }) =>
      row.original.declared ? (
        <Badge icon={Megaphone} title="Declared by a person or a pipeline.">
          declared
        </Badge>
      ) : (
        <Badge tone="warn" icon={Eye} title="Not declared; detected in reported data.">
          detected only
        </Badge>
      ),
  },
  {
    id: "detail",
    header: "Detail",
    enableSorting: false,
    cell: ({ row }) => (
      <span className="block min-w-56 wrap-anywhere text-ink-2">
        {changeText(row.original) || <span className="text-ink-3">no detail</span>}
      </span>
    ),
  },
  {
    accessorKey: "source",
    header: "Source",
    cell: ({ row }) => (
      <span className="block max-w-40 truncate text-ink-2" title={row.original.source}>
        {row.original.source}
      </span>
    ),
  },
];

export function ChangesScreen() {
  const [filters, setFilters] = useQueryStates(changeFilters);
  const q = useSettled(filters.q, SEARCH_MS);
  const { data, error, refetch, isPlaceholderData } = useQuery(changesQuery(changesFilter({ ...filters, q })));
  const filtered = filters.q !== "" || [filters.of, filters.kind, filters.how].some((each) => each !== null);
  const oldest = data?.changes.at(-1);
  const more = data !== undefined && data.changes.length >= PAGE;
  return (
    <>
      <PageHead
        title="Change log"
        lead="Deploys, prompts, models, tools, configuration, scale and healing actions of everything that is monitored. A change that coincides with an incident did not necessarily cause it."
      />
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <PageSearch
          className="flex-1 basis-full sm:max-w-72 sm:basis-auto"
          label="Search changes by subject, value, note or source"
          placeholder="Subject, value, note or source"
          value={filters.q}
          onChange={(q) => void setFilters({ q, before: null })}
        />
        <Select
          label="Subject"
          value={filters.of ?? ANY}
          options={[
            { value: ANY, label: "Agents and services" },
            { value: "agent", label: "Agents" },
            { value: "service", label: "Services" },
          ]}
          onChange={(of) => void setFilters({ of: of === ANY ? null : (of as typeof filters.of), before: null })}
        />
        <Select
          label="Change"
          value={filters.kind ?? ANY}
          options={[
            { value: ANY, label: "Any change" },
            ...CHANGE_KINDS.map((kind) => ({ value: kind, label: name(CHANGE, kind) })),
          ]}
          onChange={(kind) =>
            void setFilters({ kind: kind === ANY ? null : (kind as typeof filters.kind), before: null })
          }
        />
        <Select
          label="Declared or detected"
          value={filters.how ?? ANY}
          options={[
            { value: ANY, label: "Declared or detected" },
            { value: "declared", label: "Declared" },
            { value: "seen", label: "Detected only" },
          ]}
          onChange={(how) => void setFilters({ how: how === ANY ? null : (how as typeof filters.how), before: null })}
        />
        {filtered ? (
          <Button
            look="quiet"
            onClick={() => void setFilters({ q: null, of: null, kind: null, how: null, before: null })}
          >
            <X aria-hidden /> Clear
          </Button>
        ) : null}
      </div>
      {error && !data ? (
        <LoadError what="the change log" error={error} onRetry={() => void refetch()} />
      ) : (
        <Panel flush className={isPlaceholderData ? "opacity-60 transition-opacity" : undefined}>
          {!data ? (
            <div className="space-y-3 p-4">
              {Array.from({ length: 6 }, (_, index) => (
                <Skeleton key={index} className="h-9" />
              ))}
            </div>
          ) : data.changes.length > 0 ? (
            <DataTable label="Change log" columns={columns} data={data.changes} rowId={({ id }) => id} />
          ) : filtered || filters.before !== null ? (
            <Empty icon={SearchX} title="No matching changes" />
          ) : (
            <Empty icon={FileClock} title="No changes yet">
              Agent changes are detected in what agents report. Service changes arrive through POST /api/v1/changes and
              the GitHub webhook.
            </Empty>
          )}
        </Panel>
      )}
      <Pager
        older={more}
        atNewest={filters.before === null}
        onNewest={() => void setFilters({ before: null })}
        onOlder={() => oldest && void setFilters({ before: oldest.at }, { history: "push" })}
      />
    </>
  );
}
