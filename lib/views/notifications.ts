import type { ChannelView, NotificationView } from "@/lib/contracts/notifications";
import type { Db } from "@/lib/db/client";
import { type ChannelRow, findChannel, listNotifications, type NotificationRow } from "@/lib/db/queries/notifications";

/** A channel as people may see it: nothing of its secrets. */
export const channelView = (row: ChannelRow): ChannelView => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  destination: row.destination,
  rules: row.rules,
  enabled: row.enabled,
  created_at: row.createdAt,
  created_by: row.createdBy,
  last_sent_at: row.lastSentAt,
  last_error: row.lastError,
  last_error_at: row.lastErrorAt,
  retry_at: row.retryAt,
});

const view = (row: NotificationRow, channel: Pick<ChannelRow, "name" | "kind"> | null): NotificationView => ({
  id: row.id,
  channel_id: row.channelId,
  channel,
  purpose: row.purpose,
  title: row.body.title,
  text: row.body.text,
  incident_id: row.incidentId,
  state: row.state,
  attempts: row.attempts,
  created_at: row.createdAt,
  due_at: row.dueAt,
  sent_at: row.sentAt,
  error: row.error,
});

/** The delivery log, newest first. */
export async function notificationLog(
  db: Db,
  which: { channelId?: string | undefined; limit: number },
): Promise<NotificationView[]> {
  const rows = await listNotifications(db, which);
  return rows.map(({ notification, channel }) => view(notification, channel));
}

/** One message, with its channel. */
export async function notificationView(db: Db, row: NotificationRow): Promise<NotificationView> {
  const channel = await findChannel(db, row.channelId);
  return view(row, channel && { name: channel.name, kind: channel.kind });
}
