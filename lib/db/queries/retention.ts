import { LONGEST_WINDOW_MS } from "@/lib/core/budgets/windows";
import type { Db, Statement } from "../client";
import { write } from "../client";

/** What is kept for how long, in ms. */
export interface Retention {
  rawMs: number;
  rollupMs: number;
  contentMs: number;
}

/** Answers to retried requests: nobody retries the same request days later. */
const IDEMPOTENCY_MS = 2 * 24 * 60 * 60_000;

/** A session of which nobody told for so long has ended: exporters and collectors try again for minutes. */
const OTLP_SESSION_MS = 4 * 60 * 60_000;
/** The same where counters told: their whole sum would count anew (see SINCE_MAX_MS of lib/ingest/otlp/ledger.ts). */
const OTLP_COUNTERS_MS = 25 * 60 * 60_000;
/** Whose seat a coding agent's is: a new session is held by what is known of its seat, before it has told who it is. */
const SEAT_MS = 90 * 24 * 60 * 60_000;

/** Minutes of services' requests: as far as the longest chart goes back. */
const SPAN_ROLLUPS_MS = 7 * 24 * 60 * 60_000;
/** Nobody sends the same spans again after so long: those older than ten minutes are not counted at all. */
const SPAN_BATCHES_MS = 60 * 60_000;

/** Clicks in Slack: a request that is sent again is refused by its time after five minutes. */
const SLACK_CLICKS_MS = 60 * 60_000;

/** What runs have used, after they were last heard of. */
const RUN_WINDOWS_MS = 2 * 24 * 60 * 60_000;

/**
 * Rows deleted at a time: a few ms of the one writer. What belongs to an incident (its anomalies, its timeline, what was
 * tried) is kept, and so are the directives and changes of each agent: they are few, and they are the record.
 */
const CHUNK = 1_000;

/** One kind of rows that end by age: deletes the oldest chunk of those that are past it. */
type Expiry = (now: number, keep: Retention) => Statement;

export const EXPIRIES: Record<string, Expiry> = {
  /** Only what was judged and is in the rollups may go. Sequences follow arrival, so the oldest are the first. */
  events: (now, { rawMs }) => ({
    sql: `DELETE FROM agent_events WHERE seq IN (
            SELECT e.seq FROM agent_events e JOIN shards s ON s.id = e.shard
            WHERE e.received_at < ?1 AND e.seq <= s.cursor
              AND e.seq <= (SELECT json_extract(value, '$') FROM settings WHERE key = 'rollup')
            ORDER BY e.received_at LIMIT ${CHUNK})`,
    args: [now - rawMs],
  }),
  content: (now, { contentMs }) => ({
    sql: `DELETE FROM agent_content WHERE seq IN (SELECT seq FROM agent_content WHERE received_at < ?1 ORDER BY received_at LIMIT ${CHUNK})`,
    args: [now - contentMs],
  }),
  /** Lines that were pushed: an investigation reads minutes or hours back, not weeks. */
  logs: (now, { rawMs }) => ({
    sql: `DELETE FROM log_lines WHERE rowid IN (SELECT rowid FROM log_lines WHERE received_at < ?1 ORDER BY received_at LIMIT ${CHUNK})`,
    args: [now - rawMs],
  }),
  /** A chart goes back a week. */
  span_rollups: (now) => ({
    sql: `DELETE FROM span_rollups WHERE rowid IN (SELECT rowid FROM span_rollups WHERE at < ?1 ORDER BY at LIMIT ${CHUNK})`,
    args: [now - SPAN_ROLLUPS_MS],
  }),
  span_batches: (now) => ({
    sql: `DELETE FROM span_batches WHERE rowid IN (SELECT rowid FROM span_batches WHERE at < ?1 LIMIT ${CHUNK})`,
    args: [now - SPAN_BATCHES_MS],
  }),
  /** Of changes that are looked back at for days; the changes themselves stay. */
  diffs: (now, { rawMs }) => ({
    sql: `DELETE FROM change_diffs WHERE rowid IN (SELECT rowid FROM change_diffs WHERE created_at < ?1 ORDER BY created_at LIMIT ${CHUNK})`,
    args: [now - rawMs],
  }),
  rollups: (now, { rollupMs }) => ({
    sql: `DELETE FROM rollups WHERE rowid IN (SELECT rowid FROM rollups WHERE hour < ?1 ORDER BY hour LIMIT ${CHUNK})`,
    args: [Math.floor((now - rollupMs) / 3_600_000)],
  }),
  runs: (now, { rollupMs }) => ({
    sql: `DELETE FROM runs WHERE rowid IN (SELECT rowid FROM runs WHERE started_at < ?1 AND last_at < ?1 ORDER BY started_at LIMIT ${CHUNK})`,
    args: [now - rollupMs],
  }),
  /** A window that is looked at for the first time is filled from these: the longest one has to be there whole. */
  spend: (now, { rollupMs }) => ({
    sql: `DELETE FROM spend WHERE rowid IN (SELECT rowid FROM spend WHERE quarter < ?1 ORDER BY quarter LIMIT ${CHUNK})`,
    args: [now - Math.max(rollupMs, LONGEST_WINDOW_MS)],
  }),
  spend_windows: (now, { rollupMs }) => ({
    sql: `DELETE FROM spend_windows WHERE rowid IN (SELECT rowid FROM spend_windows WHERE updated_at < ?1 ORDER BY updated_at LIMIT ${CHUNK})`,
    args: [now - Math.max(rollupMs, LONGEST_WINDOW_MS)],
  }),
  /** A run that goes on after so long is filled anew from what is known of it. A span, since older windows of days are many and stay. */
  run_windows: (now) => ({
    sql: `DELETE FROM spend_windows WHERE rowid IN (
            SELECT rowid FROM spend_windows WHERE updated_at < ?1 AND updated_at >= ?2 AND window_kind = 'run' LIMIT ${CHUNK})`,
    args: [now - RUN_WINDOWS_MS, now - 2 * RUN_WINDOWS_MS],
  }),
  /** Few: one for each time that a budget warned. */
  budget_states: (now, { rollupMs }) => ({
    sql: `DELETE FROM budget_states WHERE rowid IN (
            SELECT rowid FROM budget_states WHERE updated_at < ?1 AND standing IN ('open', 'ended') LIMIT ${CHUNK})`,
    args: [now - Math.max(rollupMs, LONGEST_WINDOW_MS)],
  }),
  requests: (now) => ({
    sql: `DELETE FROM ingest_requests WHERE rowid IN (SELECT rowid FROM ingest_requests WHERE at < ?1 ORDER BY at LIMIT ${CHUNK})`,
    args: [now - IDEMPOTENCY_MS],
  }),
  otlp_sessions: (now) => ({
    sql: `DELETE FROM otlp_sessions WHERE rowid IN (
            SELECT rowid FROM otlp_sessions WHERE told_at < ?1 AND (told_at < ?2 OR json_extract(ledger, '$.series') = '{}')
              AND (name NOT LIKE 'seat:%' OR told_at < ?3)
            ORDER BY told_at LIMIT ${CHUNK})`,
    args: [now - OTLP_SESSION_MS, now - OTLP_COUNTERS_MS, now - SEAT_MS],
  }),
  otlp_records: (now, { rollupMs }) => ({
    sql: `DELETE FROM otlp_records WHERE rowid IN (SELECT rowid FROM otlp_records WHERE last_at < ?1 LIMIT ${CHUNK})`,
    args: [now - rollupMs],
  }),
  instances: (now, { rawMs }) => ({
    sql: `DELETE FROM agent_instances WHERE rowid IN (SELECT rowid FROM agent_instances WHERE last_seen_at < ?1 LIMIT ${CHUNK})`,
    args: [now - rawMs],
  }),
  /** Watched and done with: no incident came of them. */
  anomalies: (now, { rollupMs }) => ({
    sql: `DELETE FROM anomalies WHERE rowid IN (SELECT rowid FROM anomalies WHERE incident_id IS NULL AND at < ?1 LIMIT ${CHUNK})`,
    args: [now - rollupMs],
  }),
  notifications: (now, { rollupMs }) => ({
    sql: `DELETE FROM notifications WHERE rowid IN (SELECT rowid FROM notifications WHERE created_at < ?1 ORDER BY created_at LIMIT ${CHUNK})`,
    args: [now - rollupMs],
  }),
  slack_messages: (now, { rollupMs }) => ({
    sql: `DELETE FROM slack_messages WHERE rowid IN (SELECT rowid FROM slack_messages WHERE created_at < ?1 ORDER BY created_at LIMIT ${CHUNK})`,
    args: [now - rollupMs],
  }),
  slack_clicks: (now) => ({
    sql: `DELETE FROM slack_clicks WHERE rowid IN (SELECT rowid FROM slack_clicks WHERE at < ?1 ORDER BY at LIMIT ${CHUNK})`,
    args: [now - SLACK_CLICKS_MS],
  }),
  /** The look at the oldest of them is bounded, not only the delete: they have no index by time. */
  history: (now, { rollupMs }) => ({
    sql: `DELETE FROM stream_events WHERE at < ?1 AND seq IN (
            SELECT seq FROM stream_events WHERE incident_id IS NULL ORDER BY seq LIMIT ${CHUNK})`,
    args: [now - rollupMs],
  }),
};

/** Deletes one chunk; true when there may be more. */
export async function expire(
  db: Db,
  expiry: Expiry,
  now: number,
  keep: Retention,
): Promise<{ deleted: number; more: boolean }> {
  const [result] = await write(db, [expiry(now, keep)]);
  return { deleted: result!.rowsAffected, more: result!.rowsAffected === CHUNK };
}

/** Takes or prolongs a named lease; false while another owner holds it. */
export async function holdLease(
  db: Db,
  lease: { name: string; owner: string; until: number },
  now: number,
): Promise<boolean> {
  const [result] = await write(db, [
    {
      sql: `INSERT INTO leases (name, owner, until) VALUES (?1, ?2, ?3)
            ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
            WHERE leases.until < ?4 OR leases.owner = excluded.owner`,
      args: [lease.name, lease.owner, lease.until, now],
    },
  ]);
  return result!.rowsAffected === 1;
}

export async function leaveLease(db: Db, name: string, owner: string): Promise<void> {
  await write(db, [{ sql: "DELETE FROM leases WHERE name = ? AND owner = ?", args: [name, owner] }]);
}

/**
 * Gives up to `pages` free pages of a local file back to the file system; returns how many were free before. A server
 * looks after its own files. The pragma yields one empty row a page, which the driver's other calls stop at after the
 * first (and then cannot commit): only a script runs it to its end. It is one synchronous call, so that no transaction of
 * this process can be under way.
 */
export async function vacuum(db: Db, pages: number): Promise<number> {
  const client = db.$client;
  if (client.protocol !== "file") return 0;
  const { rows } = await client.execute("PRAGMA freelist_count");
  const free = Number(rows[0]?.[0] ?? 0);
  if (free > 0) await client.executeMultiple(`PRAGMA incremental_vacuum(${Math.trunc(pages)})`);
  return free;
}
