import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { CONTENT_KINDS, EVENT_KINDS } from "@/lib/core/base/vocabulary";
import type { AgentEvent } from "@/lib/contracts/event";

/** What agents reported, as they reported it, in the order of arrival. `body` leaves out what is unknown. */
export const agentEvents = sqliteTable(
  "agent_events",
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    shard: integer().notNull(),
    agentId: text().notNull(),
    kind: text({ enum: EVENT_KINDS }).notNull(),
    at: integer().notNull(),
    receivedAt: integer().notNull(),
    instanceId: text(),
    runId: text(),
    /** agent + instance + time + sequence, when a sequence was given. */
    dedupe: text(),
    /** Older than the window: stored, not judged. */
    late: integer({ mode: "boolean" }).notNull().default(false),
    /** The clock was off by more than the limit; `at` is the time of arrival. */
    restamped: integer({ mode: "boolean" }).notNull().default(false),
    body: text({ mode: "json" }).$type<Partial<AgentEvent>>().notNull(),
  },
  (t) => [
    index("agent_events_agent").on(t.agentId, t.seq),
    index("agent_events_received").on(t.receivedAt),
    uniqueIndex("agent_events_dedupe").on(t.dedupe),
  ],
);

/** Prompts, tool arguments and outputs, redacted and cut, of keys that may have them kept. Untrusted text; read by people only. */
export const agentContent = sqliteTable(
  "agent_content",
  {
    seq: integer().primaryKey({ autoIncrement: true }),
    keyId: text().notNull(),
    agentId: text().notNull(),
    runId: text(),
    /** Names the record that it came with: what is sent again is kept once. */
    record: text().notNull(),
    kind: text({ enum: CONTENT_KINDS }).notNull(),
    /** The tool or the model; null: neither was named. */
    name: text(),
    at: integer().notNull(),
    receivedAt: integer().notNull(),
    text: text().notNull(),
    /** More was sent than is kept. */
    cut: integer({ mode: "boolean" }).notNull(),
  },
  (t) => [
    uniqueIndex("agent_content_record").on(t.keyId, t.record, t.kind),
    index("agent_content_agent").on(t.agentId, t.seq),
    index("agent_content_received").on(t.receivedAt),
  ],
);

/** The answers to requests that carried an Idempotency-Key, so that a retry gets the same one. */
export const ingestRequests = sqliteTable(
  "ingest_requests",
  {
    keyId: text().notNull(),
    idempotencyKey: text().notNull(),
    digest: text().notNull(),
    answer: text({ mode: "json" }).$type<{ accepted: number; duplicates: number }>().notNull(),
    at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.keyId, t.idempotencyKey] }), index("ingest_requests_at").on(t.at)],
);

/** One task execution. Totals accumulate while it runs; null is unknown. */
export const runs = sqliteTable(
  "runs",
  {
    agentId: text().notNull(),
    runId: text().notNull(),
    parentRunId: text(),
    rootRunId: text(),
    taskId: text(),
    startedAt: integer().notNull(),
    lastAt: integer().notNull(),
    endedAt: integer(),
    outcome: text(),
    score: real(),
    label: text(),
    modelCalls: integer().notNull().default(0),
    toolCalls: integer().notNull().default(0),
    errors: integer().notNull().default(0),
    /** Tool calls that were cut off, so that nobody knows whether they took effect. */
    unknownOutcomes: integer().notNull().default(0),
    tokens: real(),
    cost: real(),
    /** Levels below its root: 0 of a root. */
    depth: integer(),
  },
  (t) => [
    primaryKey({ columns: [t.agentId, t.runId] }),
    index("runs_agent").on(t.agentId, t.startedAt),
    index("runs_started").on(t.startedAt),
    index("runs_root").on(t.rootRunId),
    // Few: what goes on now.
    index("runs_open")
      .on(t.lastAt)
      .where(sql`ended_at IS NULL`),
  ],
);

/** Hourly numbers that outlive the raw events. */
export const rollups = sqliteTable(
  "rollups",
  {
    agentId: text().notNull(),
    hour: integer().notNull(),
    metric: text().notNull(),
    count: integer().notNull(),
    sum: real().notNull(),
    min: real().notNull(),
    max: real().notNull(),
  },
  (t) => [primaryKey({ columns: [t.agentId, t.hour, t.metric] }), index("rollups_hour").on(t.hour)],
);
