import type { Db, Statement } from "@/lib/db/client";
import type { ChannelRow, NotificationRow } from "@/lib/db/queries/notifications";
import type { ChannelConfig } from "@/lib/notify/request";
import { send, type SendPorts, type Sent } from "@/lib/notify/send";
import { type Edited, editMessages, type SlackPorts, tellSlack } from "../slack/messages";

/** What came of telling a channel, with what is to be kept of it in the commit that says so. */
export type Told = Sent & { writes?: readonly Statement[] };

export interface TellPorts {
  send: (row: NotificationRow, channel: ChannelRow, config: ChannelConfig) => Promise<Told>;
  /** Edits what stands in a Slack app's channel and is out of date: no other kind has anything like that. */
  edit: (channel: ChannelRow, config: ChannelConfig, until: number) => Promise<Edited>;
}

/** Tells each kind of channel in its way. */
export const tellPorts = (db: Db, ports: SendPorts & SlackPorts): TellPorts => ({
  send: (row, channel, config) => {
    const { kind } = channel;
    return kind === "slack_app" ? tellSlack(db, row, channel, config, ports) : send(row.body, kind, config, ports);
  },
  edit: (channel, config, until) => editMessages(db, channel, config, ports, until),
});
