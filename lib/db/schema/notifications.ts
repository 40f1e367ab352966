import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { CHANNEL_KINDS, type Notification, NOTIFICATION_STATES, PURPOSES } from "@/lib/core/notify/notification";
import type { Rules } from "@/lib/core/notify/routing";

/** Where people are told. */
export const notificationChannels = sqliteTable("notification_channels", {
  id: text().primaryKey(),
  name: text().notNull(),
  kind: text({ enum: CHANNEL_KINDS }).notNull(),
  /** Addresses and secrets, encrypted (`lib/auth/seal.ts`). */
  sealed: text().notNull(),
  /** What people may see of it: a host, recipients. */
  destination: text().notNull(),
  rules: text({ mode: "json" }).$type<Rules>().notNull(),
  enabled: integer({ mode: "boolean" }).notNull().default(true),
  createdAt: integer().notNull(),
  createdBy: text().notNull(),
  /** Failures in a row; while there are some, nothing is sent before `retryAt`. */
  failures: integer().notNull().default(0),
  retryAt: integer(),
  /** Before this time no message that stands there is edited: edits fail and are limited apart from messages. */
  editsRetryAt: integer(),
  lastSentAt: integer(),
  lastError: text(),
  lastErrorAt: integer(),
});

/** What has to be said to each channel: written in order, sent in order within a thread, kept as the delivery log. */
export const notifications = sqliteTable(
  "notifications",
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull(),
    channelId: text().notNull(),
    purpose: text({ enum: PURPOSES }).notNull(),
    thread: text().notNull(),
    incidentId: text(),
    /** Of the stream event that it tells of; null: a test, or one that is sent again. */
    eventSeq: integer(),
    body: text({ mode: "json" }).$type<Notification>().notNull(),
    state: text({ enum: NOTIFICATION_STATES }).notNull(),
    attempts: integer().notNull().default(0),
    dueAt: integer().notNull(),
    /** While it is being sent: until then no other process tries. */
    claimedUntil: integer(),
    createdAt: integer().notNull(),
    sentAt: integer(),
    /** Why the last attempt failed, or why it was not sent. */
    error: text(),
  },
  (t) => [
    uniqueIndex("notifications_id").on(t.id),
    uniqueIndex("notifications_event").on(t.channelId, t.eventSeq),
    index("notifications_thread").on(t.channelId, t.thread, t.seq),
    index("notifications_created").on(t.createdAt),
    // Few: what is still to be sent.
    index("notifications_open")
      .on(t.channelId, t.seq)
      .where(sql`state IN ('pending', 'sending')`),
  ],
);
