"use client";

import { useQuery } from "@tanstack/react-query";
import { Download, Lock, ScrollText, SearchX, X } from "lucide-react";
import { useQueryStates } from "nuqs";
import { useState } from "react";
import type { AuditEntryView } from "@/lib/contracts/audit";
import { PATHS } from "@/lib/contracts/paths";
import { useSession } from "@/components/access/session";
import { href } from "@/components/api";
import { PageHead } from "@/components/shell/page-head";
import { Button, buttonStyle } from "@/components/ui/button";
import { type Columns, DataTable } from "@/components/ui/data-table";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { integer } from "@/components/ui/format";
import { PageSearch } from "@/components/ui/page-search";
import { Pager } from "@/components/ui/pager";
import { Panel } from "@/components/ui/panel";
import { Select } from "@/components/ui/select";
import { useSettled } from "@/components/ui/settled";
import { Clock } from "@/components/ui/time";
import { ChainState } from "./chain-state";
import { EntryDialog } from "./entry-dialog";
import { auditFilters } from "./filters";
import { auditHeadQuery, auditQuery } from "./queries";
import { ACTION_GROUPS, ACTOR, detailText } from "./words";

const ANY = "";
const SEARCH_MS = 250;
/** As many as the API gives at once unless it is asked otherwise: when there are fewer, there are no older ones. */
const PAGE = 100;

const groupLabel = (group: string) => `${group.charAt(0).toUpperCase()}${group.slice(1).replaceAll("_", " ")}`;

const columnsWith = (open: (entry: AuditEntryView) => void): Columns<AuditEntryView> => [
  {
    accessorKey: "seq",
    header: "Entry",
    cell: ({ row: { original } }) => (
      <button
        type="button"
        onClick={() => open(original)}
        aria-label={`Entry ${integer(original.seq)}: details`}
        className="num min-h-6 rounded px-1 font-medium text-accent hover:underline"
      >
        {integer(original.seq)}
      </button>
    ),
  },
  {
    accessorKey: "at",
    header: "At",
    cell: ({ row }) => <Clock at={row.original.at} className="num text-xs whitespace-nowrap text-ink-3" />,
  },
  {
    id: "actor",
    header: "Actor",
    accessorFn: ({ actor }) => actor.name,
    cell: ({ row: { original } }) => (
      <span className="block max-w-44 truncate" title={original.actor.id}>
        {original.actor.name}
        {original.actor.kind === "person" || original.actor.kind === "sentinel" ? null : (
          <span className="text-ink-3"> · {ACTOR[original.actor.kind]}</span>
        )}
      </span>
    ),
  },
  {
    accessorKey: "action",
    header: "Action",
    cell: ({ row }) => <code className="text-xs whitespace-nowrap">{row.original.action}</code>,
  },
  {
    id: "subject",
    header: "Subject",
    accessorFn: ({ subject }) => subject.id,
    cell: ({ row: { original } }) => (
      <span className="block max-w-56 truncate text-ink-2" title={`${original.subject.kind} ${original.subject.id}`}>
        <span className="text-ink-3">{original.subject.kind.replaceAll("_", " ")}</span>{" "}
        {original.subject.id === original.subject.kind ? "" : original.subject.id}
      </span>
    ),
  },
  {
    id: "detail",
    header: "Detail",
    enableSorting: false,
    cell: ({ row }) => (
      <span className="line-clamp-2 min-w-56 text-ink-2 wrap-anywhere">{detailText(row.original.details)}</span>
    ),
  },
];

export function AuditScreen() {
  const { user, administers } = useSession();
  const [filters, setFilters] = useQueryStates(auditFilters);
  const [entry, setEntry] = useState<AuditEntryView | null>(null);
  const [columns] = useState(() => columnsWith(setEntry));
  const subject = useSettled(filters.subject, SEARCH_MS);
  const { data, error, refetch, isPlaceholderData } = useQuery(auditQuery({ ...filters, subject }, administers));
  const head = useQuery(auditHeadQuery(administers));
  const filtered = filters.subject !== "" || [filters.actor, filters.action, filters.since].some((one) => one !== null);
  const oldest = data?.entries.at(-1);
  const actors = head.data?.actors ?? [];
  if (user && !administers)
    return (
      <>
        <PageHead title="Audit log" />
        <Empty icon={Lock} title="Requires the admin role" />
      </>
    );
  return (
    <>
      <PageHead
        title="Audit log"
        lead="What people, API tokens, ingest keys and Sentinel did. Each entry carries the hash of the one before it."
        actions={
          <a
            href={href(PATHS.AUDIT, { query: { format: "jsonl" } })}
            download="audit-log.jsonl"
            className={buttonStyle({})}
            title="All entries, one a line. Verify it with: sentinel audit verify audit-log.jsonl"
          >
            <Download aria-hidden /> Export
          </a>
        }
      />
      <div className="mb-4">
        {head.data ? <ChainState check={head.data.check} /> : <Skeleton className="h-5 w-72" />}
      </div>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <PageSearch
          className="flex-1 basis-full sm:max-w-72 sm:basis-auto"
          label="Filter by the subject's ID"
          placeholder="Subject ID"
          value={filters.subject}
          onChange={(subject) => void setFilters({ subject, before: null })}
        />
        <Select
          label="Actor"
          value={filters.actor ?? ANY}
          options={[
            { value: ANY, label: "Any actor" },
            ...actors.filter(({ id }) => id !== "").map(({ id, name }) => ({ value: id, label: name })),
            ...(filters.actor !== null && !actors.some(({ id }) => id === filters.actor)
              ? [{ value: filters.actor, label: filters.actor }]
              : []),
          ]}
          onChange={(actor) => void setFilters({ actor: actor === ANY ? null : actor, before: null })}
        />
        <Select
          label="Action"
          value={filters.action ?? ANY}
          options={[
            { value: ANY, label: "Any action" },
            ...ACTION_GROUPS.map((group) => ({ value: group, label: groupLabel(group) })),
            ...(filters.action !== null && !ACTION_GROUPS.includes(filters.action)
              ? [{ value: filters.action, label: filters.action }]
              : []),
          ]}
          onChange={(action) => void setFilters({ action: action === ANY ? null : action, before: null })}
        />
        <Select
          label="Time"
          value={filters.since ?? ANY}
          options={[
            { value: ANY, label: "Any time" },
            { value: "1h", label: "Last hour" },
            { value: "24h", label: "Last 24 hours" },
            { value: "7d", label: "Last 7 days" },
            { value: "30d", label: "Last 30 days" },
          ]}
          onChange={(since) =>
            void setFilters({ since: since === ANY ? null : (since as typeof filters.since), before: null })
          }
        />
        {filtered ? (
          <Button
            look="quiet"
            onClick={() => void setFilters({ actor: null, action: null, subject: null, since: null, before: null })}
          >
            <X aria-hidden /> Clear
          </Button>
        ) : null}
      </div>
      {error && !data ? (
        <LoadError what="the audit log" error={error} onRetry={() => void refetch()} />
      ) : (
        <Panel flush className={isPlaceholderData ? "opacity-60 transition-opacity" : undefined}>
          {!data ? (
            <div className="space-y-3 p-4">
              {Array.from({ length: 6 }, (_, index) => (
                <Skeleton key={index} className="h-8" />
              ))}
            </div>
          ) : data.entries.length > 0 ? (
            <DataTable label="Audit log" columns={columns} data={data.entries} rowId={({ seq }) => String(seq)} />
          ) : filtered || filters.before !== null ? (
            <Empty icon={SearchX} title="No matching entries" />
          ) : (
            <Empty icon={ScrollText} title="No entries yet" />
          )}
        </Panel>
      )}
      <Pager
        older={data !== undefined && data.entries.length >= PAGE}
        atNewest={filters.before === null}
        onNewest={() => void setFilters({ before: null })}
        onOlder={() => oldest && void setFilters({ before: oldest.seq }, { history: "push" })}
      />
      <EntryDialog entry={entry} onClose={() => setEntry(null)} />
    </>
  );
}
