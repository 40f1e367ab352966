import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * What OTLP told of a session, by signal, and what of it was counted: so that logs, spans and counters of the same work count once,
 * in whatever order they come and however often. Kept while somebody may still tell of it. Times are epoch ms.
 */
export const otlpSessions = sqliteTable(
  "otlp_sessions",
  {
    keyId: text().notNull(),
    /** `session:…`, `trace:…` or `program:…`. */
    name: text().notNull(),
    agentId: text().notNull(),
    agentType: text().notNull(),
    runId: text(),
    /** Another name of the same. */
    alias: text(),
    /** A `Ledger` of lib/ingest/otlp. */
    ledger: text({ mode: "json" }).$type<object>().notNull(),
    /** Since when counters wait to be counted. */
    heldAt: integer(),
    /** When the calls of a program were last told one by one. */
    callsAt: integer(),
    /** Grows with each change: whoever read an older one stores nothing. */
    version: integer().notNull(),
    toldAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.keyId, t.name] }),
    index("otlp_sessions_held")
      .on(t.heldAt)
      .where(sql`held_at IS NOT NULL`),
    index("otlp_sessions_told").on(t.toldAt),
  ],
);

/** How many records came over OTLP, by sender, scope and name, and what became of them. */
export const otlpRecords = sqliteTable(
  "otlp_records",
  {
    keyId: text().notNull(),
    program: text().notNull(),
    scope: text().notNull(),
    signal: text().notNull(),
    /** Of an event, a span or a metric; "" for all others of a scope. */
    name: text().notNull(),
    /** `taken`, `kept_by_name` or `dropped`. */
    fate: text().notNull(),
    records: integer().notNull(),
    firstAt: integer().notNull(),
    lastAt: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.keyId, t.program, t.scope, t.signal, t.name, t.fate] }),
    index("otlp_records_last").on(t.lastAt),
  ],
);
