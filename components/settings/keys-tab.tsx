"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import type { KeyView, NewKeyBody } from "@/lib/contracts/keys";
import { PATHS } from "@/lib/contracts/paths";
import { KEY_SCOPES, type KeyScope } from "@/lib/core/base/vocabulary";
import { ApiError, call } from "@/components/api";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Checkbox, Switch } from "@/components/ui/check";
import { type Columns, DataTable } from "@/components/ui/data-table";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { Field, Input } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Ago } from "@/components/ui/time";
import { keysQuery } from "./queries";
import { OtlpPanel } from "./otlp-panel";
import { NameField } from "./name-field";
import { RevokeButton } from "./revoke-button";
import { SecretDialog } from "./secret-dialog";

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
  const { data, error, refetch } = useQuery(keysQuery);
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
        {error && !data ? (
          <div className="p-4">
            <LoadError what="keys" error={error} onRetry={() => void refetch()} />
          </div>
        ) : !data ? (
          <Skeleton className="m-4 h-24" />
        ) : data.keys.length === 0 ? (
          <Empty icon={KeyRound} title="No keys yet">
            Agents and pipelines need an ingest key to report. A key is shown once, when created.
          </Empty>
        ) : (
          <DataTable label="Ingest keys" columns={columns} data={data.keys} rowId={({ id }) => id} />
        )}
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

type Bound = "any" | "agent" | "prefix";

const SCOPE_WORDS: Record<KeyScope, string> = {
  events: "Agent events, and reading directives",
  changes: "Changes: deploys, prompts, configuration",
  logs: "Service logs",
  gateway: "Requests to models, through the gateway (one agent)",
};

function NewKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const [to, setTo] = useState<Bound>("any");
  const [bound, setBound] = useState("");
  const [scopes, setScopes] = useState<KeyScope[]>(["events", "changes"]);
  const [services, setServices] = useState("");
  const [identity, setIdentity] = useState("");
  const [content, setContent] = useState(false);
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: (body: NewKeyBody) => call("POST", PATHS.KEYS, { body }),
    onSettled: () => client.invalidateQueries({ queryKey: keysQuery.queryKey }),
    meta: { quiet: true },
  });
  const fault = make.error instanceof ApiError ? make.error : null;
  const submit = () =>
    make.mutate({
      name,
      scopes,
      content,
      services: services.split(/[\s,]/).filter((part) => part !== ""),
      ...(to === "agent" ? { agent_id: bound } : to === "prefix" ? { name_prefix: bound } : {}),
      ...(to === "agent" || identity.trim() === "" ? {} : { identity: identity.trim() }),
    });
  return (
    <SecretDialog
      open={open}
      onClose={onClose}
      titles={{ before: "New ingest key", made: "Your new key" }}
      busy={make.isPending}
      onCreate={submit}
      secret={make.data?.secret}
      secretLabel="The key"
    >
      <NameField id="key-name" value={name} onChange={setName} fault={fault} />
      <fieldset className="grid gap-1.5">
        <legend className="mb-1.5 text-sm font-medium">May send</legend>
        {KEY_SCOPES.map((scope) => (
          <label key={scope} className="flex items-center gap-2 text-sm">
            <Checkbox
              label={SCOPE_WORDS[scope]}
              checked={scopes.includes(scope)}
              onChange={(on) => setScopes(KEY_SCOPES.filter((one) => (one === scope ? on : scopes.includes(one))))}
            />
            {SCOPE_WORDS[scope]}
          </label>
        ))}
        {fault?.field("scopes") ? (
          <p role="alert" className="text-xs text-hold">
            {fault.field("scopes")}
          </p>
        ) : null}
      </fieldset>
      <label className="grid grid-cols-[auto_1fr] items-center gap-x-2 text-sm">
        <Checkbox label="Store prompts, tool arguments and outputs" checked={content} onChange={setContent} />
        Store prompts, tool arguments and outputs
        <span className="col-start-2 text-xs text-ink-3">
          Secrets are redacted and long texts truncated. Kept for a few days; operators can read and delete them.
        </span>
      </label>
      <div className="grid gap-1.5">
        <span className="text-sm font-medium">Agents</span>
        <Segmented<Bound>
          label="Agents"
          value={to}
          onChange={setTo}
          options={[
            { value: "any", label: "Any agent" },
            { value: "agent", label: "One agent" },
            { value: "prefix", label: "A name prefix" },
          ]}
        />
      </div>
      {to === "any" ? null : (
        <Field
          id="key-bound"
          label={to === "agent" ? "Agent" : "Prefix"}
          error={fault?.field("agent_id") ?? fault?.field("name_prefix")}
        >
          <Input
            id="key-bound"
            required
            maxLength={200}
            autoComplete="off"
            value={bound}
            onChange={(event) => setBound(event.target.value)}
          />
        </Field>
      )}
      {to === "agent" ? null : (
        <Field
          id="key-identity"
          label="Agent IDs over OpenTelemetry"
          hint="a template of attributes; if empty: program, user or host, and repository"
          error={fault?.field("identity")}
        >
          <Input
            id="key-identity"
            maxLength={200}
            autoComplete="off"
            placeholder="{service.name}:{user.email|host.name}"
            value={identity}
            onChange={(event) => setIdentity(event.target.value)}
          />
        </Field>
      )}
      <Field
        id="key-services"
        label="Services"
        hint="services whose logs and changes this key may send: names, payments-* for a prefix, * for any; empty for none"
        error={fault?.field("services") ?? fault?.field("services[0]")}
      >
        <Input
          id="key-services"
          autoComplete="off"
          value={services}
          onChange={(event) => setServices(event.target.value)}
        />
      </Field>
    </SecretDialog>
  );
}
