"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, SquareTerminal } from "lucide-react";
import { useState } from "react";
import type { ApiTokenView, NewApiTokenBody } from "@/lib/contracts/tokens";
import { PATHS } from "@/lib/contracts/paths";
import { TOKEN_SCOPES, type TokenRole, type TokenScope } from "@/lib/core/base/vocabulary";
import { ApiError, call } from "@/components/api";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/check";
import { type Columns, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/feedback";
import { useNow } from "@/components/ui/now";
import { Panel } from "@/components/ui/panel";
import { PanelContent } from "@/components/ui/panel-content";
import { Segmented } from "@/components/ui/segmented";
import { Ago } from "@/components/ui/time";
import { tokensQuery } from "./queries";
import { NameField } from "./name-field";
import { RevokeButton } from "./revoke-button";
import { SecretDialog } from "./secret-dialog";

const ROLES: readonly { value: TokenRole; label: string; means: string }[] = [
  { value: "viewer", label: "Viewer", means: "Read-only access to everything a viewer can see." },
  { value: "operator", label: "Operator", means: "Also decides approvals, sends directives and closes incidents." },
];

const SCOPES: Record<TokenScope, { label: string; short: string }> = {
  hold: { label: "Put agents on hold over MCP", short: "hold over MCP" },
};

const LIFETIMES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
  { value: "never", label: "Never" },
] as const;
type Lifetime = (typeof LIFETIMES)[number]["value"];

const columns: Columns<ApiTokenView> = [
  { accessorKey: "name", header: "Name", cell: ({ row }) => <span className="font-medium">{row.original.name}</span> },
  {
    accessorKey: "shown",
    header: "Token",
    enableSorting: false,
    cell: ({ row }) => <code className="font-mono text-xs text-ink-2">{row.original.shown}…</code>,
  },
  {
    accessorKey: "role",
    header: "Role",
    cell: ({ row: { original } }) =>
      [
        ROLES.find(({ value }) => value === original.role)!.label,
        ...original.scopes.map((scope) => SCOPES[scope].short),
      ].join(", "),
  },
  {
    accessorKey: "created_at",
    header: "Created",
    cell: ({ row }) => <Ago at={row.original.created_at} className="num text-xs whitespace-nowrap text-ink-3" />,
  },
  {
    accessorKey: "expires_at",
    header: "Expires",
    cell: ({ row }) => <Expiry at={row.original.expires_at} />,
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

const day = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeZone: "UTC" });

function Expiry({ at }: { at: number | null }) {
  const now = useNow();
  if (at === null) return <span className="text-xs text-ink-3">never</span>;
  if (at <= now) return <Badge tone="warn">expired</Badge>;
  return <span className="num text-xs whitespace-nowrap text-ink-3">{day.format(at)}</span>;
}

/** Tokens of scripts, dashboards and CI: made, seen, revoked. */
export function TokensTab() {
  const query = useQuery(tokensQuery);
  const [making, setMaking] = useState(false);
  return (
    <>
      <Panel
        flush
        title="API tokens"
        hint="for scripts, dashboards and CI"
        actions={
          <Button size="sm" look="primary" onClick={() => setMaking(true)}>
            <Plus aria-hidden /> New token
          </Button>
        }
      >
        <PanelContent what="tokens" query={query}>
          {(data) =>
            data.tokens.length === 0 ? (
              <Empty icon={SquareTerminal} title="No API tokens yet">
                A token lets a program use the API as a viewer or an operator. It is shown once, when created.
              </Empty>
            ) : (
              <DataTable label="API tokens" columns={columns} data={data.tokens} rowId={({ id }) => id} />
            )
          }
        </PanelContent>
      </Panel>
      <NewToken key={making ? "open" : "closed"} open={making} onClose={() => setMaking(false)} />
    </>
  );
}

function Revoke({ item }: { item: ApiTokenView }) {
  return (
    <span className="flex justify-end sm:-my-1">
      {item.revoked_at !== null ? (
        <Badge>revoked</Badge>
      ) : (
        <RevokeButton
          name={item.name}
          consequence="Requests that use this token are rejected from now on."
          onRevoke={() => call("DELETE", PATHS.TOKEN, { params: { id: item.id } })}
          queryKey={tokensQuery.queryKey}
        />
      )}
    </span>
  );
}

function NewToken({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<TokenRole>("viewer");
  const [scopes, setScopes] = useState<TokenScope[]>([]);
  const [lifetime, setLifetime] = useState<Lifetime>("90");
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: (body: NewApiTokenBody) => call("POST", PATHS.TOKENS, { body }),
    onSettled: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
    meta: { quiet: true },
  });
  const fault = make.error instanceof ApiError ? make.error : null;
  return (
    <SecretDialog
      open={open}
      onClose={onClose}
      titles={{ before: "New API token", made: "Your new token" }}
      busy={make.isPending}
      onCreate={() =>
        make.mutate({ name, role, scopes, ...(lifetime === "never" ? {} : { expires_in_days: Number(lifetime) }) })
      }
      secret={make.data?.secret}
      secretLabel="The token"
    >
      <NameField id="token-name" value={name} onChange={setName} fault={fault} />
      <div className="grid gap-1.5">
        <span className="text-sm font-medium">Role</span>
        <Segmented<TokenRole> label="Role" value={role} onChange={setRole} options={ROLES} />
        <p className="text-xs text-ink-2">{ROLES.find(({ value }) => value === role)!.means}</p>
      </div>
      <fieldset className="grid gap-1.5">
        <legend className="mb-1.5 text-sm font-medium">May also</legend>
        {TOKEN_SCOPES.map((scope) => (
          <label key={scope} className="flex items-center gap-2 text-sm">
            <Checkbox
              label={SCOPES[scope].label}
              checked={scopes.includes(scope)}
              onChange={(on) => setScopes(TOKEN_SCOPES.filter((one) => (one === scope ? on : scopes.includes(one))))}
            />
            {SCOPES[scope].label}
          </label>
        ))}
        <p className="text-xs text-ink-2">
          For assistants that are connected by MCP: with the role Viewer they can read and hold, but not approve.
        </p>
      </fieldset>
      <div className="grid gap-1.5">
        <span className="text-sm font-medium">Expires after</span>
        <Segmented<Lifetime> label="Expires after" value={lifetime} onChange={setLifetime} options={LIFETIMES} />
      </div>
    </SecretDialog>
  );
}
