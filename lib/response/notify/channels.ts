import type { z } from "zod";
import type { ChannelPatch, ChannelSetup, NewChannelBody } from "@/lib/contracts/notifications";
import type { Notification } from "@/lib/core/notify/notification";
import { type Done, done } from "@/lib/db/audit";
import type { Db } from "@/lib/db/client";
import { seal, unseal } from "@/lib/auth/seal";
import { newId } from "@/lib/db/ids";
import {
  type ChannelRow,
  deleteChannel,
  findChannel,
  findNotification,
  insertChannel,
  insertNotifications,
  type NotificationRow,
  retryEdits,
  updateChannel,
} from "@/lib/db/queries/notifications";
import { SentinelError } from "@/lib/errors";
import type { ChannelConfig } from "@/lib/notify/request";
import { wake } from "@/lib/wake";
import type { Actor } from "../actor";
import { commitOrConflict } from "../commit-or-conflict";

const PURPOSE = "notification channel";

/** Opens a channel's settings; null: sealed with another secret. */
export function openSetup(sealed: string, secret: string): ChannelConfig | null {
  const text = unseal(sealed, secret, PURPOSE);
  return text === null ? null : (JSON.parse(text) as ChannelConfig);
}

const sealSetup = (setup: ChannelSetup, secret: string): string => seal(JSON.stringify(setup), secret, PURPOSE);

/** What people may see: of addresses the host alone, since webhooks are secret by their path. */
function destinationOf(setup: ChannelSetup): string {
  if (setup.kind === "email") return setup.to.join(", ");
  if (setup.kind === "slack_app") return `channel ${setup.channel}`;
  return setup.url === undefined ? "events.pagerduty.com" : new URL(setup.url).host;
}

/** Makes a channel; from the next event on it is told. */
export async function createChannel(
  db: Db,
  { name, setup, rules }: z.output<typeof NewChannelBody>,
  secret: string,
  by: Actor,
  now: number,
): Promise<ChannelRow> {
  const row: ChannelRow = {
    id: newId("chn"),
    name,
    kind: setup.kind,
    sealed: sealSetup(setup, secret),
    destination: destinationOf(setup),
    rules,
    enabled: true,
    createdAt: now,
    createdBy: by.name,
    failures: 0,
    retryAt: null,
    editsRetryAt: null,
    lastSentAt: null,
    lastError: null,
    lastErrorAt: null,
  };
  await commitOrConflict(db, async (plan) => {
    plan.claim(insertChannel(db, row));
    plan.tell({ type: "channel.created", at: now, text: `${by.name} created the notification channel ${name} (${setup.kind})`, data: { channel: row.id, by: by.id } }); // prettier-ignore
  });
  return row;
}

/** Changes what is named in `patch`. A new setup is tried at once, without waiting for the end of a pause after failures. */
export async function changeChannel(
  db: Db,
  id: string,
  { setup, ...patch }: ChannelPatch,
  secret: string,
  by: Actor,
  now: number,
): Promise<ChannelRow> {
  await commitOrConflict(db, async (plan) => {
    const before = await getChannel(db, id);
    if (setup && setup.kind !== before.kind)
      throw new SentinelError("invalid", {
        fields: [{ field: "setup.kind", reason: `is ${before.kind} and cannot change: create another channel` }],
      });
    const sealed = setup ? { sealed: sealSetup(setup, secret), destination: destinationOf(setup) } : {};
    const changed = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    plan.claim(updateChannel(db, id, { ...changed, ...sealed, failures: 0, retryAt: null, editsRetryAt: null }));
    plan.write(retryEdits(db, id, setup !== undefined));
    plan.tell({ type: "channel.changed", at: now, text: `${by.name} changed the notification channel ${before.name}`, data: { channel: id, by: by.id } }); // prettier-ignore
  });
  wake("notifications");
  return getChannel(db, id);
}

export async function removeChannel(db: Db, id: string, by: Actor, now: number): Promise<void> {
  await commitOrConflict(db, async (plan) => {
    const { name } = await getChannel(db, id);
    const { claim, writes } = deleteChannel(db, id);
    plan.claim(claim).write(...writes);
    plan.tell({ type: "channel.deleted", at: now, text: `${by.name} deleted the notification channel ${name}`, data: { channel: id, by: by.id } }); // prettier-ignore
  });
}

/** Has a test message sent as any other: through the outbox, by the loop. */
export async function testChannel(
  db: Db,
  id: string,
  by: Actor,
  origin: string | null,
  now: number,
): Promise<NotificationRow> {
  const channel = await getChannel(db, id);
  const text = `${by.name} sent this test from Sentinel. Pages to ${channel.name} arrive like this.`;
  const own = newId("ntf");
  return enqueue(db, channel.id, null, {
    id: own,
    purpose: "test",
    thread: `test ${own}`,
    title: "Test message",
    text,
    severity: null,
    subjects: [],
    link: origin,
    at: now,
    startedAt: now,
  }, now, done(now, by, "channel.test", "channel", channel.id, { notification: own })); // prettier-ignore
}

/** Sends a message again that failed or was not sent. Throws `conflict` for one that was sent, or still will be. */
export async function resend(db: Db, id: string, by: Actor, now: number): Promise<NotificationRow> {
  const row = await findNotification(db, id);
  if (!row) throw new SentinelError("not_found", { detail: "No notification has this ID" });
  if (row.state !== "failed" && row.state !== "skipped")
    throw new SentinelError("conflict", { detail: `This notification is ${row.state}` });
  await getChannel(db, row.channelId);
  const again = { ...row.body, id: newId("ntf") };
  const asked = done(now, by, "notification.resend", "notification", id, {
    channel: row.channelId,
    notification: again.id,
  });
  return enqueue(db, row.channelId, row.incidentId, again, now, asked);
}

async function enqueue(
  db: Db,
  channelId: string,
  incidentId: string | null,
  body: Notification,
  now: number,
  asked: Done,
): Promise<NotificationRow> {
  const { id, purpose, thread } = body;
  await commitOrConflict(db, async (plan) => {
    plan.record(asked).claim(insertNotifications(db, [{ id, channelId, purpose, thread, incidentId, body, state: "pending", dueAt: now, createdAt: now }])); // prettier-ignore
  });
  wake("notifications");
  return (await findNotification(db, id))!;
}

async function getChannel(db: Db, id: string): Promise<ChannelRow> {
  const channel = await findChannel(db, id);
  if (!channel) throw new SentinelError("not_found", { detail: "No notification channel has this ID" });
  return channel;
}
