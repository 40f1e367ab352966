"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import type { KeyView } from "@/lib/contracts/keys";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Switch } from "@/components/ui/check";
import { type Columns, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { PanelContent } from "@/components/ui/panel-content";
import { Ago } from "@/components/ui/time";
import { keysQuery } from "./queries";
import { OtlpPanel } from "./otlp-panel";
import { RevokeButton } from "./revoke-button";
import { NewKey } from "./new-key";

const columns: Columns<KeyView> = [
  { accessorKey: "name", header: "Name", cell: ({ row }) => <span className="font-medium">{row.original.name}</span> },
  {
    accessorKey: "shown",
    header: "Key",
    enableSorting: false,
    cell: ({ row }) => <code className="font-mono text-xs text-ink-2">{row.original.shown}…</code>,
  },
  {
    accessorKey: "scopes",
    header: "Scopes",
    enableSorting: false,
    cell: ({ row }) => <span className="text-xs">{row.original.scopes.join(", ")}</span>,
  },
  {
    id: "services",
    header: "Services",
    accessorFn: ({ services }) => services.join(", "),
    cell: ({ row: { original } }) =>
      original.services.length === 0 ? (
        <span className="text-ink-3">none</span>
      ) : (
        <span className="wrap-anywhere">
          {original.services.map((name) => (name === "*" ? "any" : name)).join(", ")}
        </span>
      ),
  },
  {
    id: "agents",
    header: "Agents",
    accessorFn: ({ agent_id, name_prefix }) => agent_id ?? name_prefix ?? "",
    cell: ({ row: { original } }) =>
      original.agent_id !== null ? (
        <span className="wrap-anywhere">{original.agent_id}</span>
      ) : original.name_prefix !== null ? (
        <span className="wrap-anywhere">
          {original.name_prefix}
          <span className="text-ink-3">…{original.identity}</span>
        </span>
      ) : (
        <span className="grid">
          <span className="text-ink-3">any agent</span>
          {original.identity === null ? null : (
            <code className="font-mono text-xs wrap-anywhere">{original.identity}</code>
          )}
        </span>
      ),
  },
  {
    id: "content",
    header: "Content",
    accessorFn: ({ content }) => (content ? "stored" : "dropped"),
    cell: ({ row }) => <ContentSwitch item={row.original} />,
  },
  {
    accessorKey: "created_at",
    header: "Created",
    cell: ({ row }) => <Ago at={row.original.created_at} className="num text-xs whitespace-nowrap text-ink-3" />,
  },
  {
    accessorKey: "last_used_at",
    header: "Last used",
    cell: ({ row }) =>
      row.original.last_used_at === null ? (
        <span className="text-xs text-ink-3">never</span>
      ) : (
        <Ago at={row.original.last_used_at} className="num text-xs whitespace-nowrap text-ink-3" />
      ),
  },
  {
    id: "acts",
    header: () => <span className="sr-only">Actions</span>,
    enableSorting: false,
    cell: ({ row }) => <Revoke item={row.original} />,
  },
];

export function KeysTab() {
  const query = useQuery(keysQuery);
  const [making, setMaking] = useState(false);
  return (
    <div className="space-y-4">
      <Panel
        flush
        title="Ingest keys"
        hint="authenticate your agents and pipelines"
        actions={
          <Button size="sm" look="primary" onClick={() => setMaking(true)}>
            <Plus aria-hidden /> New key
          </Button>
        }
      >
        <PanelContent what="keys" query={query}>
          {(data) =>
            data.keys.length === 0 ? (
              <Empty icon={KeyRound} title="No keys yet">
                Agents and pipelines need an ingest key to report. A key is shown once, when created.
              </Empty>
            ) : (
              <DataTable label="Ingest keys" columns={columns} data={data.keys} rowId={({ id }) => id} />
            )
          }
        </PanelContent>
      </Panel>
      <OtlpPanel />
      <NewKey key={making ? "open" : "closed"} open={making} onClose={() => setMaking(false)} />
    </div>
  );
}

function Revoke({ item }: { item: KeyView }) {
  return (
    <span className="flex justify-end sm:-my-1">
      {item.revoked_at !== null ? (
        <Badge>revoked</Badge>
      ) : (
        <RevokeButton
          name={item.name}
          consequence="Requests that use this key are rejected from now on. Its agents go silent until they get another key."
          onRevoke={() => call("DELETE", PATHS.KEY, { params: { id: item.id } })}
          queryKey={keysQuery.queryKey}
        />
      )}
    </span>
  );
}

/** Whether prompts, arguments and outputs of a key's agents are stored, and a click to change that. */
function ContentSwitch({ item }: { item: KeyView }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (content: boolean) => call("PATCH", PATHS.KEY, { params: { id: item.id }, body: { content } }),
    onSettled: () => client.invalidateQueries({ queryKey: keysQuery.queryKey }),
  });
  if (item.revoked_at !== null) return null;
  return (
    <Switch
      label={`Store prompts, tool arguments and outputs sent with ${item.name}`}
      checked={item.content}
      disabled={change.isPending}
      onChange={(on) => change.mutate(on)}
    />
  );
}
