import { and, asc, count, desc, eq, inArray, or, sql } from "drizzle-orm";
import { incidentTitle } from "@/lib/core/causes/incident-title";
import type { EventType } from "@/lib/core/base/events";
import { type Db, type Statement, write } from "../client";
import { commit, type StreamEvent } from "../commit";
import {
  agents,
  incidents,
  incidentSubjects,
  notificationChannels,
  notifications,
  slackMessages,
  streamEvents,
} from "../schema";

export type ChannelRow = typeof notificationChannels.$inferSelect;
export type NotificationRow = typeof notifications.$inferSelect;

export const listChannels = (db: Db): Promise<ChannelRow[]> =>
  db.select().from(notificationChannels).orderBy(asc(notificationChannels.createdAt), asc(notificationChannels.id));

export async function findChannel(db: Db, id: string): Promise<ChannelRow | null> {
  return (await db.query.notificationChannels.findFirst({ where: eq(notificationChannels.id, id) })) ?? null;
}

/** A claim: that there is no channel of this id yet. */
export const insertChannel = (db: Db, row: ChannelRow): Statement =>
  db.insert(notificationChannels).values(row).onConflictDoNothing();

/** A claim: that it is still there. */
export const updateChannel = (
  db: Db,
  id: string,
  set: Partial<
    Pick<ChannelRow, "name" | "sealed" | "destination" | "rules" | "enabled" | "failures" | "retryAt" | "editsRetryAt">
  >,
): Statement => db.update(notificationChannels).set(set).where(eq(notificationChannels.id, id));

/** Messages of a channel that could not be edited are tried at once; `all`: each one, for another app may have posted it. */
export const retryEdits = (db: Db, channelId: string, all: boolean): Statement =>
  db
    .update(slackMessages)
    .set({ seenSeq: 0, failures: 0, claimedUntil: null, ...(all ? { shown: "" } : {}) })
    .where(and(eq(slackMessages.channelId, channelId), sql`${slackMessages.final} = 0`));

/** A claim on a channel, and with it goes what it was still to be told; what it was told stays in the log. */
export const deleteChannel = (db: Db, id: string): { claim: Statement; writes: Statement[] } => ({
  claim: db.delete(notificationChannels).where(eq(notificationChannels.id, id)),
  writes: [
    db
      .update(notifications)
      .set({ state: "skipped", error: "the channel was deleted" })
      .where(and(eq(notifications.channelId, id), OPEN)),
    db.delete(slackMessages).where(eq(slackMessages.channelId, id)),
  ],
});

const OPEN = sql`${notifications.state} IN ('pending', 'sending')`;

/** The key of the cursor among the settings. */
const CURSOR = "notifications";

/** The stream event up to which notifications have been written; null before the first turn. */
export async function findCursor(db: Db): Promise<number | null> {
  const [row] = await db.all<{ seq: number }>(
    sql`SELECT json_extract(value, '$') AS seq FROM settings WHERE key = ${CURSOR}`,
  );
  return row?.seq ?? null;
}

/** A claim on the cursor as it was read: lost when another process has written the notifications of these events. */
export const moveCursor = (from: number | null, to: number, now: number): Statement =>
  from === null
    ? { sql: "INSERT INTO settings (key, value, updated_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", args: [CURSOR, String(to), now] } // prettier-ignore
    : {
        sql: "UPDATE settings SET value = ?, updated_at = ? WHERE key = ? AND json_extract(value, '$') = ?",
        args: [String(to), now, CURSOR, from],
      };

export type TellingEvent = typeof streamEvents.$inferSelect;

/** Events after a sequence for which people are told: those that page, and those of these types. Oldest first. */
export const listTelling = (
  db: Db,
  after: number,
  upTo: number,
  types: readonly EventType[],
): Promise<TellingEvent[]> =>
  db
    .select()
    .from(streamEvents)
    .where(
      sql`${streamEvents.seq} > ${after} AND ${streamEvents.seq} <= ${upTo}
          AND (json_extract(${streamEvents.data}, '$.page') = 1 OR ${inArray(streamEvents.type, [...types])})`,
    )
    .orderBy(asc(streamEvents.seq));

/** The newest event at most `most` after a sequence: what one turn reads. */
export async function newestEvent(db: Db, after: number, most: number): Promise<number> {
  const [row] = await db.all<{ seq: number | null }>(
    sql`SELECT max(seq) AS seq FROM (SELECT seq FROM stream_events WHERE seq > ${after} ORDER BY seq LIMIT ${most})`,
  );
  return row?.seq ?? after;
}

/** What is said of an incident in a notification. */
export interface Told {
  id: string;
  title: string;
  severity: number;
  openedAt: number;
  snoozedUntil: number | null;
  agentIds: string[];
  agentTypes: string[];
  services: string[];
}

/** The incidents of these ids, each with its subjects. */
export async function listTold(db: Db, ids: readonly string[]): Promise<Map<string, Told>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({
      id: incidents.id,
      title: incidents.title,
      causeNode: incidents.causeNode,
      causeKind: incidents.causeKind,
      confidence: incidents.confidence,
      severity: incidents.severity,
      openedAt: incidents.openedAt,
      snoozedUntil: incidents.snoozedUntil,
    })
    .from(incidents)
    .where(inArray(incidents.id, [...ids]));
  const told = new Map(
    rows.map(({ causeNode, causeKind, confidence, ...row }) => {
      const title = incidentTitle({ title: row.title, causeNode, causeKind, confidence });
      return [row.id, { ...row, title, agentIds: [], agentTypes: [], services: [] } as Told];
    }),
  );
  const subjects = await db
    .select({
      incidentId: incidentSubjects.incidentId,
      kind: incidentSubjects.subjectKind,
      id: incidentSubjects.subjectId,
      type: agents.type,
    }) // prettier-ignore
    .from(incidentSubjects)
    .leftJoin(agents, and(eq(incidentSubjects.subjectKind, "agent"), eq(agents.id, incidentSubjects.subjectId)))
    .where(inArray(incidentSubjects.incidentId, [...ids]));
  for (const { incidentId, kind, id, type } of subjects) {
    const one = told.get(incidentId);
    if (!one) continue;
    if (kind === "service") one.services.push(id);
    else one.agentIds.push(id);
    if (type !== null && !one.agentTypes.includes(type)) one.agentTypes.push(type);
  }
  return told;
}

/** Written once for a channel and an event, however often it is planned. */
export const insertNotifications = (db: Db, rows: (typeof notifications.$inferInsert)[]): Statement =>
  db.insert(notifications).values(rows).onConflictDoNothing();

/**
 * What is due on a channel: of each thread the oldest of what is due and not sent, so that order is kept within it and a page that
 * waits for its time holds up no other. Rows that a process died with count again once its claim is over.
 */
export const listDue = (db: Db, channelId: string, now: number, limit: number): Promise<NotificationRow[]> =>
  db
    .select()
    .from(notifications)
    .where(
      sql`${notifications.seq} IN (SELECT min(seq) FROM notifications WHERE channel_id = ${channelId} AND state IN ('pending', 'sending') AND due_at <= ${now} GROUP BY thread)
          AND (${notifications.state} = 'pending' OR ${notifications.claimedUntil} <= ${now})`,
    )
    .orderBy(asc(notifications.seq))
    .limit(limit);

/** Takes one to send until `until`; false when another process has it, or it is over. */
export async function claimNotification(db: Db, row: NotificationRow, until: number, now: number): Promise<boolean> {
  const [claimed] = await write(db, [
    db
      .update(notifications)
      .set({ state: "sending", claimedUntil: until, attempts: row.attempts + 1 })
      .where(
        and(
          eq(notifications.seq, row.seq),
          eq(notifications.attempts, row.attempts),
          or(eq(notifications.state, "pending"), sql`${notifications.claimedUntil} <= ${now}`),
        ),
      ),
  ]);
  return claimed!.rowsAffected === 1;
}

/** How an attempt ended, on the message and on its channel, with what is told of it and what else is to be kept of it. */
export async function noteOutcome(
  db: Db,
  row: NotificationRow,
  message: Partial<Pick<NotificationRow, "state" | "dueAt" | "sentAt" | "error">>,
  channel: Partial<Pick<ChannelRow, "failures" | "retryAt" | "lastSentAt" | "lastError" | "lastErrorAt">> | null,
  events: StreamEvent[] = [],
  writes: readonly Statement[] = [],
): Promise<void> {
  await commit(db, {
    claims: [],
    events,
    writes: [
      ...writes,
      db
        .update(notifications)
        .set({ claimedUntil: null, ...message })
        .where(and(eq(notifications.seq, row.seq), eq(notifications.state, "sending"))),
      ...(channel === null
        ? []
        : [db.update(notificationChannels).set(channel).where(eq(notificationChannels.id, row.channelId))]),
    ],
  });
}

/** How a channel did at something that is no message of its own. */
export async function noteChannel(
  db: Db,
  id: string,
  set: Partial<Pick<ChannelRow, "editsRetryAt" | "lastSentAt" | "lastError" | "lastErrorAt">>,
): Promise<void> {
  await write(db, [db.update(notificationChannels).set(set).where(eq(notificationChannels.id, id))]);
}

/** Why a page of a snoozed incident is not sent, in the delivery log. */
export const SNOOZED = "snoozed";

/** Pages of an incident that wait are not sent: the one at the end of its snooze takes their place. */
export const skipPages = (db: Db, incidentId: string): Statement =>
  db
    .update(notifications)
    .set({ state: "skipped", error: SNOOZED })
    .where(
      and(
        eq(notifications.incidentId, incidentId),
        eq(notifications.purpose, "page"),
        eq(notifications.state, "pending"),
      ),
    );

/** What a page's incident says of it by now. Nothing of it is true of one that is about no incident. */
interface PageStanding {
  closed: boolean;
  snoozed: boolean;
  /** A person has answered the incident, at any time. */
  answered: boolean;
  /** It is the page that ends a snooze; an old one was changed or ended since. */
  endsSnooze: boolean;
  endsOldSnooze: boolean;
  /** A person has answered since the last event that pages; the end of a snooze by hand is none. */
  answeredSince: boolean;
}

/** How a page stands at `now`. `answers`: the types of events that answer. */
export async function findPageStanding(
  db: Db,
  { incidentId, eventSeq }: Pick<NotificationRow, "incidentId" | "eventSeq">,
  answers: readonly EventType[],
  now: number,
): Promise<PageStanding> {
  const answer = sql`incident_id = ${incidentId} AND type IN (SELECT value FROM json_each(${JSON.stringify(answers)}))`;
  const lastPage = sql`SELECT max(seq) FROM stream_events WHERE incident_id = ${incidentId} AND data ->> 'page'
    AND NOT (type = 'incident.snoozed' AND data ->> 'until' IS NULL)`;
  const [row] = await db.all<Record<keyof PageStanding, number>>(
    sql`SELECT EXISTS (SELECT 1 FROM incidents WHERE id = ${incidentId} AND closed_at IS NOT NULL) AS closed,
          EXISTS (SELECT 1 FROM incidents WHERE id = ${incidentId} AND snoozed_until > ${now}) AS snoozed,
          EXISTS (SELECT 1 FROM stream_events WHERE ${answer}) AS answered,
          EXISTS (SELECT 1 FROM stream_events WHERE seq = ${eventSeq} AND type = 'incident.snoozed') AS endsSnooze,
          EXISTS (SELECT 1 FROM stream_events old JOIN stream_events later ON later.incident_id = old.incident_id AND later.type = old.type
            AND later.seq > old.seq WHERE old.seq = ${eventSeq} AND old.type = 'incident.snoozed') AS endsOldSnooze,
          EXISTS (SELECT 1 FROM stream_events WHERE ${answer} AND seq > (${lastPage})) AS answeredSince`,
  );
  const holds = Object.entries(row!).map(([name, found]) => [name, found === 1]);
  return Object.fromEntries(holds) as Record<keyof PageStanding, boolean>;
}

/** Whether this channel was paged about a thread, as far as anybody knows. */
export async function wasPaged(db: Db, channelId: string, thread: string): Promise<boolean> {
  const [row] = await db
    .select({ n: count() })
    .from(notifications)
    .where(
      and(
        eq(notifications.channelId, channelId),
        eq(notifications.thread, thread),
        eq(notifications.purpose, "page"),
        eq(notifications.state, "sent"),
      ),
    );
  return (row?.n ?? 0) > 0;
}

/** The delivery log, newest first. */
export const listNotifications = (db: Db, { channelId, limit }: { channelId?: string | undefined; limit: number }) =>
  db
    .select({
      notification: notifications,
      channel: { name: notificationChannels.name, kind: notificationChannels.kind },
    })
    .from(notifications)
    .leftJoin(notificationChannels, eq(notificationChannels.id, notifications.channelId))
    .where(channelId === undefined ? undefined : eq(notifications.channelId, channelId))
    .orderBy(desc(notifications.seq))
    .limit(limit);

export async function findNotification(db: Db, id: string): Promise<NotificationRow | null> {
  return (await db.query.notifications.findFirst({ where: eq(notifications.id, id) })) ?? null;
}
