import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { users } from "./auth";

/** The message that stands in Slack for an incident: one a channel, edited as the incident changes. */
export const slackMessages = sqliteTable(
  "slack_messages",
  {
    /** Of the notification channel. */
    channelId: text().notNull(),
    incidentId: text().notNull(),
    /** Slack's IDs: of the workspace, of the conversation, and of the message in it. */
    teamId: text().notNull(),
    conversation: text().notNull(),
    ts: text().notNull(),
    /** The incident's newest stream event when the message was last rendered: it is behind while there is a newer one. */
    seenSeq: integer().notNull(),
    /** Digest of what it shows, so that a change which shows nothing new edits nothing. */
    shown: text().notNull(),
    /** It shows the end of the incident, and is not edited any more. */
    final: integer({ mode: "boolean" }).notNull().default(false),
    /** While it is being edited, or may not be yet: until then no process tries. */
    claimedUntil: integer(),
    /** Edits in a row that failed or were refused. */
    failures: integer().notNull().default(0),
    createdAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.channelId, t.incidentId] }),
    index("slack_messages_ts").on(t.conversation, t.ts),
    // Few: those of open incidents.
    index("slack_messages_open")
      .on(t.channelId)
      .where(sql`final = 0`),
    index("slack_messages_created").on(t.createdAt),
  ],
);

/** Which account a person in Slack acts as. Slack's user IDs are only unique within their workspace. */
export const slackAccounts = sqliteTable(
  "slack_accounts",
  {
    id: text().primaryKey(),
    teamId: text().notNull(),
    slackUserId: text().notNull(),
    userId: text()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    createdBy: text().notNull(),
    createdAt: integer().notNull(),
  },
  (t) => [uniqueIndex("slack_accounts_person").on(t.teamId, t.slackUserId), index("slack_accounts_user").on(t.userId)],
);

/** Clicks that were taken, so that one that is sent again decides nothing. */
export const slackClicks = sqliteTable(
  "slack_clicks",
  {
    key: text().primaryKey(),
    at: integer().notNull(),
    /** What the person was told; null: it is being worked on, or its process died. */
    answer: text(),
  },
  (t) => [index("slack_clicks_at").on(t.at)],
);
