import { retryAfter } from "@/lib/core/notify/retry";
import { type Db, write } from "@/lib/db/client";
import { digestOf } from "@/lib/db/ids";
import type { ChannelRow, NotificationRow } from "@/lib/db/queries/notifications";
import {
  claimSlackMessage,
  dropSlackMessage,
  findSlackMessage,
  listSlackMessagesBehind,
  readIncidentNow,
  saveSlackMessage,
  setSlackMessage,
  type SlackMessage,
} from "@/lib/db/queries/slack";
import type { ChannelConfig } from "@/lib/notify/request";
import { callSlack, type SlackAccess, type SlackAnswer } from "@/lib/notify/slack-api";
import { incidentMessage, noticeMessage, replyMessage, type SlackBody } from "@/lib/notify/slack-app";
import type { Told } from "../notify/tell";
import { cardOf } from "./card";

export interface SlackPorts {
  /** Where Slack is, and where this console is; null: unknown. */
  slack: string;
  origin: string | null;
  now: () => number;
  random: () => number;
}

/** All calls of one attempt, in ms: less than the time for which it is claimed. */
const ATTEMPT_MS = 10_000;
/** An edit takes one call; the claim outlives it, in ms. */
const CLAIM_MS = 15_000;
/** Edits of one channel in one turn: Slack takes some fifty a minute (tier 3). */
const EDITS = 20;

/** Slack's words for a message that is not there any more. */
const GONE = new Set(["message_not_found", "thread_not_found", "cannot_reply_to_message"]);

const accessOf = ({ token }: ChannelConfig, { slack, now }: SlackPorts): SlackAccess => ({
  origin: slack,
  token: token!,
  signal: AbortSignal.timeout(ATTEMPT_MS),
  now,
});

/**
 * Tells a Slack app's channel. The first time, an incident gets the one message that stands for it; it is edited from then on
 * (`editMessages`), and what else is told goes below it, pages to the channel too, since nobody is notified of an edit. What is about
 * no incident is a message of its own.
 */
export async function tellSlack(
  db: Db,
  { body: notification, incidentId }: NotificationRow,
  channel: ChannelRow,
  config: ChannelConfig,
  ports: SlackPorts,
): Promise<Told> {
  const access = accessOf(config, ports);
  const post = (body: SlackBody, thread: object = {}) =>
    callSlack(access, "chat.postMessage", { channel: config.channel, ...body, ...thread });
  const now = incidentId === null ? null : await readIncidentNow(db, incidentId);
  if (incidentId === null || now === null) return told(await post(noticeMessage(notification)));
  const standing = await findSlackMessage(db, channel.id, incidentId);
  if (standing !== null && standing.conversation === config.channel) {
    const below = { thread_ts: standing.ts, reply_broadcast: notification.purpose === "page" };
    const answer = await post(replyMessage(notification), below);
    if (answer.kind !== "refused" || !GONE.has(answer.error)) return told(answer);
  }
  // Clicks are only taken from the workspace that the token is of.
  const whose = await callSlack(access, "auth.test", {});
  if (whose.kind !== "ok") return told(whose);
  const body = incidentMessage(cardOf(now, ports.origin));
  const answer = await post(body);
  if (answer.kind !== "ok") return told(answer);
  const { ts } = answer.answer;
  const row = {
    channelId: channel.id,
    incidentId,
    teamId: String(whose.answer["team_id"]),
    conversation: config.channel!,
    ts: String(ts),
    seenSeq: now.seq,
    shown: digestOf(body),
    final: now.incident.closedAt !== null,
    claimedUntil: null,
    createdAt: ports.now(),
  };
  return { kind: "sent", writes: [saveSlackMessage(db, row)] };
}

function told(answer: SlackAnswer): Told {
  switch (answer.kind) {
    case "ok":
      return { kind: "sent" };
    case "retry":
      return { kind: "retry", reason: answer.reason, askedMs: answer.askedMs };
    case "refused":
      return { kind: "refused", reason: answer.reason };
  }
}

/** How a channel did at edits. `failed`: Slack cannot be reached, and the channel is to be left alone for a while. */
export interface Edited {
  attempts: number;
  /** Messages that Slack took or refused. */
  edited: number;
  refused: string[];
  failed: { reason: string; askedMs: number | null } | null;
}

/**
 * Brings a channel's messages in line with their incidents: whatever happened since, and whoever died in between. Returns once all
 * are, it is `until`, or Slack asks for patience.
 */
export async function editMessages(
  db: Db,
  channel: ChannelRow,
  config: ChannelConfig,
  ports: SlackPorts,
  until: number,
): Promise<Edited> {
  const done: Edited = { attempts: 0, edited: 0, refused: [], failed: null };
  for (const row of await listSlackMessagesBehind(db, channel.id, ports.now(), EDITS)) {
    if (ports.now() >= until) break;
    if (!(await claimSlackMessage(db, row, ports.now() + CLAIM_MS, ports.now()))) continue;
    const answer = await edit(db, row, config, ports);
    if (answer === null) continue;
    done.attempts++;
    if (answer.kind === "ok") done.edited++;
    // It shows what it showed, until something else happens.
    if (answer.kind === "refused") done.refused.push(answer.reason);
    if (answer.kind !== "retry") continue;
    const { reason, askedMs, limited } = answer;
    // Pages may be sent while edits may not: they are limited apart from each other.
    const free = limited ? ports.now() + retryAfter(1, ports.random(), askedMs) : null;
    await write(db, [setSlackMessage(db, row, { claimedUntil: free })]);
    return { ...done, failed: limited ? null : { reason, askedMs } };
  }
  return done;
}

/** One edit; null: it shows nothing new. */
async function edit(db: Db, row: SlackMessage, config: ChannelConfig, ports: SlackPorts): Promise<SlackAnswer | null> {
  const now = await readIncidentNow(db, row.incidentId);
  if (now === null) {
    await write(db, [dropSlackMessage(db, row)]);
    return null;
  }
  const body = incidentMessage(cardOf(now, ports.origin));
  const shown = digestOf(body);
  const seen = { seenSeq: now.seq, final: now.incident.closedAt !== null, claimedUntil: null };
  if (shown === row.shown) {
    await write(db, [setSlackMessage(db, row, seen)]);
    return null;
  }
  const place = { channel: row.conversation, ts: row.ts };
  const answer = await callSlack(accessOf(config, ports), "chat.update", { ...place, ...body });
  if (answer.kind === "ok") await write(db, [setSlackMessage(db, row, { ...seen, shown })]);
  if (answer.kind === "refused")
    await write(db, [GONE.has(answer.error) ? dropSlackMessage(db, row) : setSlackMessage(db, row, seen)]);
  return answer;
}
