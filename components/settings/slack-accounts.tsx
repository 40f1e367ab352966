"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { MessageSquare, Plus } from "lucide-react";
import { useState } from "react";
import { PATHS } from "@/lib/contracts/paths";
import type { SlackAccountView } from "@/lib/contracts/slack";
import type { UserView } from "@/lib/contracts/users";
import { ApiError, call } from "@/components/api";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Empty } from "@/components/ui/feedback";
import { Field, InputField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { PanelContent } from "@/components/ui/panel-content";
import { Select } from "@/components/ui/select";
import { Body, HeadRow, Row, Table, TimeCell } from "@/components/ui/table";
import { slackAccountsQuery } from "./queries";

/** Which account each person in Slack acts as when they press a button there. */
export function SlackAccounts({ people }: { people: readonly UserView[] }) {
  const query = useQuery(slackAccountsQuery);
  const [linking, setLinking] = useState(false);
  return (
    <>
      <Panel
        flush
        title="Slack accounts"
        hint="who may use the buttons of a Slack app, and with whose role"
        actions={
          <Button size="sm" onClick={() => setLinking(true)}>
            <Plus aria-hidden /> Link Slack account
          </Button>
        }
      >
        <PanelContent what="Slack accounts" query={query}>
          {(data) =>
            data.accounts.length === 0 ? (
              <Empty icon={MessageSquare} title="No Slack accounts linked">
                Somebody who presses a button in Slack without being linked sees their workspace and member ID; link
                only people whose IDs you have verified.
              </Empty>
            ) : (
              <Table label="Slack accounts">
                <HeadRow>
                  <th>Linked</th>
                  <th>Account</th>
                  <th>Workspace</th>
                  <th>Member</th>
                  <th>
                    <span className="sr-only">Actions</span>
                  </th>
                </HeadRow>
                <Body>
                  {data.accounts.map((one) => (
                    <Line
                      key={one.id}
                      one={one}
                      name={people.find(({ id }) => id === one.user_id)?.name ?? one.user_id}
                    />
                  ))}
                </Body>
              </Table>
            )
          }
        </PanelContent>
      </Panel>
      {linking ? <LinkDialog people={people} onClose={() => setLinking(false)} /> : null}
    </>
  );
}

const useReadAgain = () => {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: slackAccountsQuery.queryKey });
};

function Line({ one, name }: { one: SlackAccountView; name: string }) {
  const [asking, setAsking] = useState(false);
  const readAgain = useReadAgain();
  return (
    <Row>
      <TimeCell at={one.created_at} />
      <td className="font-medium wrap-anywhere">{name}</td>
      <td className="font-mono text-xs">{one.team_id}</td>
      <td className="font-mono text-xs">{one.slack_user_id}</td>
      <td>
        <span className="flex justify-end">
          <Button size="sm" onClick={() => setAsking(true)} aria-label={`Unlink ${one.slack_user_id} from ${name}`}>
            Unlink
          </Button>
        </span>
        <ConfirmDialog
          open={asking}
          onClose={() => setAsking(false)}
          title={`Unlink ${one.slack_user_id} from ${name}?`}
          consequence="Buttons in Slack no longer do anything for this person. What they decided stays in the history."
          verb="Unlink"
          run={() => call("DELETE", PATHS.SLACK_ACCOUNT, { params: { id: one.id } })}
          done={() => `${one.slack_user_id}: unlinked.`}
          onSettled={readAgain}
        />
      </td>
    </Row>
  );
}

function LinkDialog({ people, onClose }: { people: readonly UserView[]; onClose: () => void }) {
  const [account, setAccount] = useState(people[0]?.id ?? "");
  const [team, setTeam] = useState("");
  const [member, setMember] = useState("");
  const readAgain = useReadAgain();
  const link = useMutation({
    mutationFn: () => call("POST", PATHS.SLACK_ACCOUNTS, { body: { user_id: account, team_id: team, slack_user_id: member } }), // prettier-ignore
    onSuccess: onClose,
    onSettled: readAgain,
    meta: { quiet: true },
  });
  const fault = link.error instanceof ApiError ? link.error : null;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Link a Slack account"
      description="Whoever is signed in to Slack as this member then approves, rejects and acknowledges there as this account, with its role."
      footer={
        <Choice onCancel={onClose} type="submit" form="slack-account" busy={link.isPending}>
          Link
        </Choice>
      }
    >
      <form
        id="slack-account"
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          link.mutate();
        }}
      >
        <Field id="slack-account-user" label="Account" error={fault?.field("user_id")}>
          <Select
            id="slack-account-user"
            label="Account"
            value={account}
            options={people.map(({ id, name, email }) => ({ value: id, label: `${name} (${email})` }))}
            onChange={setAccount}
          />
        </Field>
        <InputField
          id="slack-account-team"
          label="Workspace ID"
          hint="T…, in the address of Slack in a browser"
          error={fault?.field("team_id")}
          required
          autoComplete="off"
          spellCheck={false}
          value={team}
          onChange={(event) => setTeam(event.target.value)}
        />
        <InputField
          id="slack-account-member"
          label="Member ID"
          hint="U…, in the person’s Slack profile: More, Copy member ID"
          error={
            fault ? (fault.field("slack_user_id") ?? (fault.problem?.errors ? undefined : fault.message)) : undefined
          }
          required
          autoComplete="off"
          spellCheck={false}
          value={member}
          onChange={(event) => setMember(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
