import type { EventType } from "@/lib/core/base/events";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Every state change, once, in order. Screens follow it, incidents' timelines are read from it. */
export const streamEvents = sqliteTable(
  "stream_events",
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    at: integer().notNull(),
    type: text().$type<EventType>().notNull(),
    agentId: text(),
    serviceId: text(),
    incidentId: text(),
    text: text().notNull(),
    data: text({ mode: "json" }).$type<Record<string, unknown>>().notNull(),
  },
  (t) => [index("stream_events_incident").on(t.incidentId, t.seq), index("stream_events_agent").on(t.agentId, t.seq)],
);

export const settings = sqliteTable("settings", {
  key: text().primaryKey(),
  value: text({ mode: "json" }).$type<unknown>().notNull(),
  updatedAt: integer().notNull(),
  updatedBy: text(),
});
