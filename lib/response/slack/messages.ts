import { retryAfter } from "@/lib/core/notify/retry";
import { type Db, write } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
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
/** An edit takes one call, and the claim outlives it, in ms: one that was carried out all the same is the same the next time. */
const EDIT_MS = 3_000;
const CLAIM_MS = 15_000;
/** Edits of one channel in one turn: Slack takes some fifty a minute (tier 3). */
const EDITS = 20;
/** So many failures in a row are Slack's, not one message's: the channel's others are not tried in this turn. */
const FAILURES = 3;
/** Edits of one message that fail or are refused before it is given up: some two hours of failures, five of refusals. */
const EDIT_TRIES = 30;
/** Somebody has to mend what Slack refuses (invite the app, make the channel accessible again), in ms. */
const REFUSED_MS = 10 * 60_000;

/** Slack's words for a message that is not there any more. */
const GONE = new Set(["message_not_found", "thread_not_found", "cannot_reply_to_message"]);
/** And for one that this app cannot edit because another one posted it: the app was replaced, and the buttons are the old one's. */
const NOT_OURS = new Set([...GONE, "cant_update_message"]);

const accessOf = ({ token }: ChannelConfig, { slack, now }: SlackPorts, timeoutMs = ATTEMPT_MS): SlackAccess => ({
  origin: slack,
  token: token!,
  signal: AbortSignal.timeout(timeoutMs),
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
    failures: 0,
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

/** How a channel did at edits. */
export interface Edited {
  /** Calls that Slack's rate limit did not turn away. */
  attempts: number;
  /** Messages that show their incident again. */
  edited: number;
  /** Why the last one that was not edited was not. */
  failed: string | null;
  /** Before this time, epoch ms, none is to be edited; null: the next turn may. */
  retryAt: number | null;
}

/**
 * Brings a channel's messages in line with their incidents: whatever happened since, and whoever died in between. One that cannot be
 * edited is tried again later by itself, and holds up no other. Returns once all were tried, it is `until`, or Slack asks for patience.
 */
export async function editMessages(
  db: Db,
  channel: ChannelRow,
  config: ChannelConfig,
  ports: SlackPorts,
  until: number,
): Promise<Edited> {
  const done: Edited = { attempts: 0, edited: 0, failed: null, retryAt: null };
  let failures = 0;
  for (const row of await listSlackMessagesBehind(db, channel.id, ports.now(), EDITS)) {
    if (ports.now() >= until) break;
    if (!(await claimSlackMessage(db, row, ports.now() + CLAIM_MS, ports.now()))) continue;
    const ended = await edit(db, row, channel, config, ports);
    if (ended === null) continue;
    // The limit is the token's, whichever message was meant: this was no attempt, and no failure of anything.
    if (ended.kind === "retry" && ended.limited)
      return { ...done, retryAt: ports.now() + retryAfter(1, ports.random(), ended.askedMs) };
    done.attempts++;
    failures = ended.kind === "retry" ? failures + 1 : 0;
    if (ended.kind === "ok") done.edited++;
    else done.failed = ended.reason;
    if (failures === FAILURES) return { ...done, retryAt: ports.now() + retryAfter(row.failures + 1, ports.random()) };
  }
  return done;
}

/** One edit, and what is kept of it; null: there was nothing to edit. */
async function edit(
  db: Db,
  row: SlackMessage,
  channel: ChannelRow,
  config: ChannelConfig,
  ports: SlackPorts,
): Promise<SlackAnswer | null> {
  const now = await readIncidentNow(db, row.incidentId);
  if (now === null) {
    await write(db, [dropSlackMessage(db, row)]);
    return null;
  }
  const body = incidentMessage(cardOf(now, ports.origin));
  const shown = digestOf(body);
  const seen = { seenSeq: now.seq, final: now.incident.closedAt !== null, claimedUntil: null, failures: 0 };
  if (shown === row.shown) {
    await write(db, [setSlackMessage(db, row, seen)]);
    return null;
  }
  const place = { channel: row.conversation, ts: row.ts };
  const answer = await callSlack(accessOf(config, ports, EDIT_MS), "chat.update", { ...place, ...body });
  if (answer.kind === "ok") await write(db, [setSlackMessage(db, row, { ...seen, shown })]);
  else if (answer.kind === "refused" && NOT_OURS.has(answer.error)) await write(db, [dropSlackMessage(db, row)]);
  else if (answer.kind === "retry" && answer.limited)
    await write(db, [setSlackMessage(db, row, { claimedUntil: null })]);
  else await notEdited(db, row, now.seq, channel, answer, ports);
  return answer;
}

/** A message that shows what it showed is tried again later, and in the end left as it is until its incident or its channel changes. */
async function notEdited(
  db: Db,
  row: SlackMessage,
  seq: number,
  channel: ChannelRow,
  answer: Exclude<SlackAnswer, { kind: "ok" }>,
  ports: SlackPorts,
): Promise<void> {
  const at = ports.now();
  const failures = row.failures + 1;
  if (failures < EDIT_TRIES) {
    const wait = answer.kind === "refused" ? REFUSED_MS : retryAfter(failures, ports.random(), answer.askedMs);
    return write(db, [setSlackMessage(db, row, { failures, claimedUntil: at + wait })]).then(() => undefined);
  }
  const text = `Could not edit the message in ${channel.name}, which no longer shows how the incident stands: ${answer.reason}`;
  await commit(db, {
    claims: [],
    writes: [setSlackMessage(db, row, { failures: 0, seenSeq: seq, claimedUntil: null })],
    events: [{ type: "channel.failed", at, incidentId: row.incidentId, text, data: { channel: channel.id } }],
  });
}
