"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link2, Trash2, UserPlus } from "lucide-react";
import { useState } from "react";
import type { LinkAnswer, UserView } from "@/lib/contracts/users";
import { PATHS } from "@/lib/contracts/paths";
import { ROLES, type Role } from "@/lib/core/base/vocabulary";
import { useSession } from "@/components/access/session";
import { ApiError, call } from "@/components/api";
import { Button } from "@/components/ui/button";
import { type Columns, DataTable } from "@/components/ui/data-table";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { PanelContent } from "@/components/ui/panel-content";
import { Select } from "@/components/ui/select";
import { Ago, Until } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { usersQuery } from "./queries";
import { Reveal } from "./reveal";
import { SlackAccounts } from "./slack-accounts";

const ROLE: Record<Role, string> = {
  viewer: "Viewer: read-only",
  operator: "Operator: approves actions and sends commands",
  admin: "Admin: also manages people, keys and settings",
};
const roles = ROLES.map((role) => ({ value: role, label: ROLE[role] }));

const columns: Columns<UserView> = [
  {
    accessorKey: "name",
    header: "Name",
    cell: ({ row }) => <span className="font-medium whitespace-nowrap">{row.original.name}</span>,
  },
  {
    accessorKey: "email",
    header: "Email",
    cell: ({ row }) => <span className="text-ink-2">{row.original.email}</span>,
  },
  { accessorKey: "role", header: "Role", cell: ({ row }) => <RoleOf person={row.original} /> },
  {
    accessorKey: "created_at",
    header: "Since",
    cell: ({ row }) => (
      <Ago at={row.original.created_at} suffix="" className="num text-xs whitespace-nowrap text-ink-3" />
    ),
  },
  {
    id: "acts",
    header: () => <span className="sr-only">Actions</span>,
    enableSorting: false,
    cell: ({ row }) => <Acts person={row.original} />,
  },
];

export function UsersTab() {
  const query = useQuery(usersQuery);
  const [inviting, setInviting] = useState(false);
  return (
    <div className="space-y-4">
      <Panel
        flush
        title="People"
        actions={
          <Button size="sm" look="primary" onClick={() => setInviting(true)}>
            <UserPlus aria-hidden /> Invite
          </Button>
        }
      >
        <PanelContent what="people" query={query}>
          {(data) => <DataTable label="People" columns={columns} data={data.users} rowId={({ id }) => id} />}
        </PanelContent>
      </Panel>
      <SlackAccounts people={query.data?.users ?? []} />
      <Invite key={inviting ? "open" : "closed"} open={inviting} onClose={() => setInviting(false)} />
    </div>
  );
}

const useReadAgain = () => {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: usersQuery.queryKey });
};

function RoleOf({ person }: { person: UserView }) {
  const { user } = useSession();
  const readAgain = useReadAgain();
  const set = useMutation({
    mutationFn: (role: Role) => call("PATCH", PATHS.USER, { params: { id: person.id }, body: { role } }),
    onSuccess: () => toast.success(`${person.name}: role changed.`),
    onSettled: readAgain,
  });
  return (
    <Select
      label={`Role of ${person.name}`}
      value={person.role}
      options={roles}
      disabled={user?.id === person.id || set.isPending}
      onChange={(role) => set.mutate(role)}
      className="w-56"
    />
  );
}

function Acts({ person }: { person: UserView }) {
  const { user } = useSession();
  const [asking, setAsking] = useState(false);
  const readAgain = useReadAgain();
  const link = useMutation({ mutationFn: () => call("POST", PATHS.USER_LINK, { params: { id: person.id } }) });
  return (
    <span className="flex justify-end gap-1.5">
      <Button
        size="sm"
        busy={link.isPending}
        onClick={() => link.mutate()}
        aria-label={`One-time sign-in link for ${person.name}`}
      >
        <Link2 aria-hidden /> Link
      </Button>
      {user?.id === person.id ? null : (
        <Button size="sm" look="danger" onClick={() => setAsking(true)} aria-label={`Remove ${person.name}`}>
          <Trash2 aria-hidden />
        </Button>
      )}
      <Dialog
        open={link.data !== undefined}
        onOpenChange={() => link.reset()}
        title={`Sign-in link for ${person.name}`}
        description={link.data ? <Expiry link={link.data} /> : null}
      >
        {link.data ? <Reveal secret={link.data.link} label="The link" /> : null}
      </Dialog>
      <ConfirmDialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Remove ${person.name}?`}
        consequence="The account is removed and its sessions and Slack links end at once. Decisions they took stay in the history under their name."
        verb="Remove"
        run={() => call("DELETE", PATHS.USER, { params: { id: person.id } })}
        done={() => `${person.name}: removed.`}
        onSettled={readAgain}
      />
    </span>
  );
}

const Expiry = ({ link }: { link: LinkAnswer }) => (
  <>
    The link works once and expires <Until at={link.expires_at} />. It is not shown again.
  </>
);

function Invite({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const readAgain = useReadAgain();
  const invite = useMutation({
    mutationFn: () => call("POST", PATHS.USERS, { body: { email, role } }),
    onSettled: readAgain,
    meta: { quiet: true },
  });
  const fault = invite.error instanceof ApiError ? invite.error : null;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={invite.data ? "Send them this link" : "Invite a person"}
      description={invite.data ? <Expiry link={invite.data} /> : undefined}
      footer={
        invite.data ? (
          <Button look="primary" size="touch" onClick={onClose}>
            Done
          </Button>
        ) : (
          <Choice onCancel={onClose} type="submit" form="invite" busy={invite.isPending}>
            Create link
          </Choice>
        )
      }
    >
      {invite.data ? (
        <Reveal secret={invite.data.link} label="The invitation" />
      ) : (
        <form
          id="invite"
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            invite.mutate();
          }}
        >
          <Field id="invite-email" label="Email" error={fault ? (fault.field("email") ?? fault.message) : undefined}>
            <Input
              id="invite-email"
              type="email"
              required
              maxLength={200}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          </Field>
          <Field id="invite-role" label="Role">
            <Select id="invite-role" label="Role" value={role} options={roles} onChange={setRole} />
          </Field>
        </form>
      )}
    </Dialog>
  );
}
