import { sql } from "drizzle-orm";
import type { EventKind } from "@/lib/core/base/vocabulary";
import { type Db, type Statement } from "../client";
import { commit } from "../commit";
import { FIELDS_SQL, fieldsOf, READINGS, stepOf } from "./readings";

const HOUR = 60 * 60_000;
/** Events read at a time: some ten ms of the event loop. */
const PAGE = 2_000;
/** Events a commit: most go into rows that others of the same hour go into too, so larger commits write less. */
const EVENTS = 10 * PAGE;
/** The row of `settings` that says up to where events are in the rollups. */
const CURSOR = "rollup";

interface Total {
  count: number;
  sum: number;
  min: number;
  max: number;
}

/**
 * Adds the next events, in the order of arrival, to the hourly rollups of their own time. Totals and cursor are one commit
 * which only the holder of the old cursor wins: every event is added once, late ones too, whoever runs it and however
 * often. Returns how many were taken in, 0 when there are none, and null when another process was faster.
 */
export async function rollUp(db: Db): Promise<number | null> {
  const before = await loadRollupCursor(db);
  const totals = new Map<string, Total>();
  let cursor = before;
  let events = 0;
  while (events < EVENTS) {
    const page = await listPage(db, cursor);
    for (const event of page) add(totals, event);
    events += page.length;
    cursor = page.at(-1)?.[0] ?? cursor;
    if (page.length < PAGE) break;
    // Between two pages requests get their turn.
    await new Promise((done) => setImmediate(done));
  }
  if (events === 0) return 0;
  const won = await commit(db, { claims: [advance(before, cursor)], writes: totals.size > 0 ? [upsert(totals)] : [] });
  return won ? events : null;
}

/** The last event that is in the rollups. */
export async function loadRollupCursor(db: Db): Promise<number> {
  const [row] = await db.all<{ cursor: number }>(
    sql`SELECT json_extract(value, '$') AS cursor FROM settings WHERE key = ${CURSOR}`,
  );
  return row?.cursor ?? 0;
}

type Event = [seq: number, agentId: string, kind: EventKind, at: number, runId: string | null, fields: unknown[]];

async function listPage(db: Db, after: number): Promise<Event[]> {
  const [packed] = await db.all<{ rows: string }>(sql`
    SELECT json_group_array(json_array(seq, agent_id, kind, at, run_id, ${sql.raw(FIELDS_SQL)})) AS rows
    FROM (SELECT * FROM agent_events WHERE seq > ${after} ORDER BY seq LIMIT ${PAGE})`);
  return JSON.parse(packed!.rows) as Event[];
}

function add(totals: Map<string, Total>, [, agentId, kind, at, runId, fields]: Event): void {
  const of = stepOf(kind, runId);
  if (of === null) return;
  const f = fieldsOf(fields);
  for (const [metric, reading] of Object.entries(READINGS)) {
    const value = reading.of === of ? reading.value(f) : null;
    if (value === null) continue;
    const key = JSON.stringify([agentId, Math.floor(at / HOUR), metric]);
    const total = totals.get(key);
    if (!total) totals.set(key, { count: 1, sum: value, min: value, max: value });
    else {
      total.count++;
      total.sum += value;
      if (value < total.min) total.min = value;
      if (value > total.max) total.max = value;
    }
  }
}

/** Lost if the cursor has moved since it was read. */
const advance = (before: number, cursor: number): Statement => ({
  sql: `INSERT INTO settings (key, value, updated_at) VALUES (?1, ?3, 0)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE json_extract(settings.value, '$') = ?2`,
  args: [CURSOR, before, JSON.stringify(cursor)],
});

const upsert = (totals: Map<string, Total>): Statement => ({
  sql: `INSERT INTO rollups (agent_id, hour, metric, count, sum, min, max)
        SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 FROM json_each(?) WHERE true
        ON CONFLICT (agent_id, hour, metric) DO UPDATE SET count = count + excluded.count, sum = sum + excluded.sum,
          min = min(min, excluded.min), max = max(max, excluded.max)`,
  args: [
    JSON.stringify(
      [...totals].map(([key, { count, sum, min, max }]) => [...(JSON.parse(key) as unknown[]), count, sum, min, max]),
    ),
  ],
});
