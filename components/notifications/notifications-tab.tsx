"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Link2Off, MailX, Plus, Send } from "lucide-react";
import { useState } from "react";
import type { ChannelView } from "@/lib/contracts/notifications";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Callout, Empty } from "@/components/ui/feedback";
import { Menu, MenuItem } from "@/components/ui/menu";
import { Panel } from "@/components/ui/panel";
import { PanelContent } from "@/components/ui/panel-content";
import { Body, HeadRow, Row, Table } from "@/components/ui/table";
import { Ago, Until } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { ChannelDialog } from "./channel-dialog";
import { DeliveryLog } from "./delivery-log";
import { channelsQuery } from "./queries";
import { CHANNEL, rulesText } from "./words";

/** Who is told when a person is needed, and whether it arrived. */
export function NotificationsTab({ administers, decides }: { administers: boolean; decides: boolean }) {
  const query = useQuery(channelsQuery);
  const { data } = query;
  const [editing, setEditing] = useState<ChannelView | "new" | null>(null);
  return (
    <div className="space-y-4">
      {data && data.channels.length > 0 && !data.links ? (
        <Callout tone="warn" icon={Link2Off} title="Messages have no links">
          Set SENTINEL_URL to the address at which people reach this console, so that messages lead to it.
        </Callout>
      ) : null}
      {data && !data.mail && data.channels.some(({ kind }) => kind === "email") ? (
        <Callout tone="warn" icon={MailX} title="No mail server is configured">
          Set SMTP_URL; until then e-mail notifications fail.
        </Callout>
      ) : null}
      <Panel
        flush
        title="Notification channels"
        hint="told when a person is needed: approvals, escalations, unconfirmed quarantines, limits and budgets"
        actions={
          administers ? (
            <Button size="sm" look="primary" onClick={() => setEditing("new")}>
              <Plus aria-hidden /> New channel
            </Button>
          ) : null
        }
      >
        <PanelContent what="notification channels" query={query}>
          {(data) =>
            data.channels.length === 0 ? (
              <Empty icon={Send} title="Nobody is notified yet">
                Without a channel, only people who look at this console learn that they are needed. Slack (also with
                buttons), Microsoft Teams, Discord, PagerDuty, Alertmanager, e-mail, ntfy and signed webhooks are
                supported.
              </Empty>
            ) : (
              <Table label="Notification channels">
                <HeadRow>
                  <th>Name</th>
                  <th>Kind</th>
                  <th>Destination</th>
                  <th>Rules</th>
                  <th>Last delivery</th>
                  <th>
                    <span className="sr-only">Actions</span>
                  </th>
                </HeadRow>
                <Body>
                  {data.channels.map((channel) => (
                    <Line
                      key={channel.id}
                      channel={channel}
                      administers={administers}
                      decides={decides}
                      onEdit={() => setEditing(channel)}
                    />
                  ))}
                </Body>
              </Table>
            )
          }
        </PanelContent>
      </Panel>
      <DeliveryLog decides={decides} />
      {editing === null ? null : (
        <ChannelDialog channel={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      )}
    </div>
  );
}

function Line({
  channel,
  administers,
  decides,
  onEdit,
}: {
  channel: ChannelView;
  administers: boolean;
  decides: boolean;
  onEdit: () => void;
}) {
  const client = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const params = { id: channel.id };
  const settled = () => client.invalidateQueries({ queryKey: ["notifications"] });
  const test = useMutation({
    mutationFn: () => call("POST", PATHS.CHANNEL_TEST, { params }),
    onSuccess: () => toast.success("Test message queued. Its delivery is listed below."),
    onSettled: settled,
  });
  const change = useMutation({
    mutationFn: (enabled: boolean) => call("PATCH", PATHS.CHANNEL, { params, body: { enabled } }),
    onSettled: settled,
  });
  return (
    <Row className={channel.enabled ? undefined : "opacity-60"}>
      <td className="font-medium wrap-anywhere">
        {channel.name} {channel.enabled ? null : <Badge>off</Badge>}
      </td>
      <td className="whitespace-nowrap">{CHANNEL[channel.kind]}</td>
      <td className="text-xs leading-5 wrap-anywhere text-ink-2">{channel.destination}</td>
      <td className="min-w-48 text-xs leading-5 text-ink-2">{rulesText(channel.rules)}</td>
      <td className="text-xs leading-5">
        <Last channel={channel} />
      </td>
      <td>
        <span className="flex justify-end gap-2">
          {decides && channel.enabled ? (
            <Button size="sm" busy={test.isPending} onClick={() => test.mutate()} aria-label={`Test ${channel.name}`}>
              Test
            </Button>
          ) : null}
          {administers ? (
            <Menu icon={<Ellipsis aria-hidden />} label={`More actions for ${channel.name}`}>
              <MenuItem onClick={onEdit}>Edit</MenuItem>
              <MenuItem onClick={() => change.mutate(!channel.enabled)}>
                {channel.enabled ? "Switch off" : "Switch on"}
              </MenuItem>
              <MenuItem onClick={() => setDeleting(true)}>Delete</MenuItem>
            </Menu>
          ) : null}
        </span>
        <ConfirmDialog
          open={deleting}
          onClose={() => setDeleting(false)}
          title={`Delete “${channel.name}”?`}
          consequence="Nothing is sent to it any more, pending messages included. The delivery log stays."
          verb="Delete"
          run={() => call("DELETE", PATHS.CHANNEL, { params })}
          done={() => `${channel.name}: deleted.`}
          onSettled={settled}
        />
      </td>
    </Row>
  );
}

/** Failures come first: whoever reads this wants to know whether it works. */
function Last({ channel }: { channel: ChannelView }) {
  const { last_sent_at: sent, last_error: error, last_error_at: failed, retry_at: retry } = channel;
  if (error !== null && failed !== null && failed >= (sent ?? 0))
    return (
      <>
        <span className="block max-w-72 wrap-anywhere text-hold">{error}</span>
        <span className="num text-ink-3">
          <Ago at={failed} />
          {retry === null ? null : (
            <>
              {" · next attempt "}
              <Until at={retry} />
            </>
          )}
        </span>
      </>
    );
  return <span className="num text-ink-3">{sent === null ? "never" : <Ago at={sent} />}</span>;
}
