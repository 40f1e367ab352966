import { ANSWERS } from "@/lib/core/base/events";
import { GIVE_UP_MS, retryAfter } from "@/lib/core/notify/retry";
import type { Db } from "@/lib/db/client";
import {
  type ChannelRow,
  claimNotification,
  findPageStanding,
  listChannels,
  listDue,
  type NotificationRow,
  noteChannel,
  noteOutcome,
  SNOOZED,
  wasPaged,
} from "@/lib/db/queries/notifications";
import type { ChannelConfig } from "@/lib/notify/request";
import type { TellPorts, Told } from "./tell";

/** Longer than one attempt can take (10 s), in ms; a process that dies while it sends keeps others waiting for this long. */
const CLAIM_MS = 15_000;
/** Messages of one channel in one turn, and how long it may take in ms: a backlog or a slow receiver keeps no other channel waiting. */
const MOST = 50;
const TURN_MS = 5_000;
/** How long edits of one channel may take in one turn, in ms: the next pages wait for them. */
const EDITS_MS = 3_000;

export interface DeliverPorts extends TellPorts {
  /** Opens what was sealed; null: it cannot be read. */
  open: (sealed: string) => ChannelConfig | null;
  now: () => number;
  random: () => number;
}

/**
 * Sends what is due, channel beside channel and one message after the other in each, oldest first within a thread. A message that
 * was sent is never sent again; one during which the process died is, with the same id. Returns how many attempts were made.
 */
export async function deliverNotifications(db: Db, ports: DeliverPorts): Promise<number> {
  const now = ports.now();
  const channels = (await listChannels(db)).filter(({ enabled, retryAt }) => enabled && (retryAt ?? 0) <= now);
  const counts = await Promise.all(channels.map((channel) => deliverTo(db, channel, ports)));
  return counts.reduce((sum, n) => sum + n, 0);
}

async function deliverTo(db: Db, channel: ChannelRow, ports: DeliverPorts): Promise<number> {
  const { attempts, goOn } = await sendDue(db, channel, ports);
  // Edits wake nobody: whoever is paged comes first, and what holds up edits holds up no page.
  return attempts + (goOn ? await editIn(db, channel, ports) : 0);
}

/** Sends what is due on a channel. `goOn`: it is not to be left alone for a while. */
async function sendDue(db: Db, channel: ChannelRow, ports: DeliverPorts): Promise<{ attempts: number; goOn: boolean }> {
  const until = ports.now() + TURN_MS;
  let attempts = 0;
  let failures = channel.failures;
  while (attempts < MOST && ports.now() < until) {
    const now = ports.now();
    const due = await listDue(db, channel.id, now, MOST - attempts);
    if (due.length === 0) break;
    for (const row of due) {
      if (ports.now() >= until) break;
      if (!(await claimNotification(db, row, ports.now() + CLAIM_MS, ports.now()))) continue;
      attempts++;
      const ended = await attempt(db, channel, row, failures, ports);
      if (ended === "wait") return { attempts, goOn: false };
      failures = 0;
    }
  }
  return { attempts, goOn: true };
}

/** Edits what stands in a channel, in a time of its own. Returns how many attempts were made. */
async function editIn(db: Db, channel: ChannelRow, ports: DeliverPorts): Promise<number> {
  const now = ports.now();
  if (channel.kind !== "slack_app" || (channel.editsRetryAt ?? 0) > now) return 0;
  const config = ports.open(channel.sealed);
  const edited = config && (await ports.edit(channel, config, now + EDITS_MS));
  if (!edited) return 0;
  const at = ports.now();
  const { failed, edited: shown, retryAt } = edited;
  if (retryAt !== null || failed !== null || shown > 0)
    await noteChannel(db, channel.id, {
      ...(retryAt === null ? {} : { editsRetryAt: retryAt }),
      ...(failed === null ? {} : { lastError: failed, lastErrorAt: at }),
      ...(failed === null && shown > 0 ? { lastSentAt: at } : {}),
    });
  return edited.attempts;
}

/** One attempt at one message. "wait": its channel is left alone for a while. */
async function attempt(
  db: Db,
  channel: ChannelRow,
  row: NotificationRow,
  failures: number,
  ports: DeliverPorts,
): Promise<"go on" | "wait"> {
  const moot = await whyMoot(db, row, ports.now());
  if (moot !== null) {
    await noteOutcome(db, row, { state: "skipped", error: moot }, null);
    return "go on";
  }
  const config = ports.open(channel.sealed);
  const sent: Told =
    config === null
      ? { kind: "refused", reason: "its settings cannot be decrypted with this SENTINEL_SECRET: enter them again" }
      : await ports.send(row, channel, config);
  const now = ports.now();
  switch (sent.kind) {
    case "sent":
      await noteOutcome(db, row, { state: "sent", sentAt: now, error: null }, { failures: 0, retryAt: null, lastSentAt: now }, [], sent.writes); // prettier-ignore
      return "go on";
    case "skipped":
      await noteOutcome(db, row, { state: "skipped", error: "this kind of channel has no such message" }, null);
      return "go on";
    case "refused":
      await giveUp(db, channel, row, sent.reason, now);
      return "go on";
    case "retry": {
      if (now - row.createdAt >= GIVE_UP_MS) {
        await giveUp(db, channel, row, `${sent.reason}; given up after a day`, now);
        return "wait";
      }
      const retryAt = now + retryAfter(failures + 1, ports.random(), sent.askedMs);
      await noteOutcome(
        db,
        row,
        { state: "pending", error: sent.reason },
        { failures: failures + 1, retryAt, lastError: sent.reason, lastErrorAt: now },
      );
      return "wait";
    }
  }
}

async function giveUp(db: Db, channel: ChannelRow, row: NotificationRow, reason: string, now: number): Promise<void> {
  await noteOutcome(db, row, { state: "failed", error: reason }, { lastError: reason, lastErrorAt: now }, [
    {
      type: "channel.failed",
      at: now,
      incidentId: row.incidentId,
      text: `Could not notify ${channel.name}: ${reason}`,
      data: { channel: channel.id, notification: row.id },
    },
  ]);
}

/** Why a message has nothing left to say; null: it has. */
async function whyMoot(db: Db, row: NotificationRow, now: number): Promise<string | null> {
  if (row.purpose === "page" && row.incidentId !== null) {
    const standing = await findPageStanding(db, row, ANSWERS, now);
    if (standing.snoozed || standing.endsOldSnooze) return SNOOZED;
    const waited = row.attempts === 0 && row.dueAt > row.createdAt;
    const answered = standing.endsSnooze ? standing.answeredSince : waited && standing.answered;
    if (answered || (waited && standing.closed)) return "answered before it was due";
  }
  if (
    (row.purpose === "resolved" || row.purpose === "acknowledged") &&
    !(await wasPaged(db, row.channelId, row.thread))
  )
    return "the channel was not paged about this";
  return null;
}
