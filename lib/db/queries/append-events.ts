import { and, eq } from "drizzle-orm";
import type { AgentEvent } from "@/lib/contracts/event";
import type { EventKind } from "@/lib/core/base/vocabulary";
import type { Db, Statement } from "../client";
import { ingestRequests } from "../schema";

export interface NewEvent {
  /** Its place in the request. */
  index: number;
  agentId: string;
  agentType: string | null;
  shard: number;
  kind: EventKind;
  /** When its sender says that it happened; null: it stated no time. */
  saidAt: number | null;
  /** When it is taken to have happened. */
  at: number;
  instanceId: string | null;
  runId: string | null;
  dedupe: string | null;
  /** What it proves of a directive that was issued. */
  acknowledged: { version: number; hash: string; enforced: boolean } | null;
  late: boolean;
  restamped: boolean;
  body: Partial<AgentEvent>;
}

/**
 * Rows travel as two arguments, one statement for a whole batch, whatever its size: the columns as JSON, and the bodies'
 * texts one behind the other, cut out by byte, since JSON within JSON would be written, read and unescaped once more.
 */
const EVENT_ROWS = `SELECT e.value->>0, e.value->>1, e.value->>2, e.value->>3, ?3, e.value->>4, e.value->>5, e.value->>6, e.value->>7, e.value->>8,
  CAST(substr(?2, e.value->>9, e.value->>10) AS TEXT) FROM json_each(?1) e`;
const EVENT_COLUMNS = "shard, agent_id, kind, at, received_at, instance_id, run_id, dedupe, late, restamped, body";

/** The rows of a batch as they are bound. */
export type EventRows = [columns: string, bodies: Buffer];

/** Writes the rows of a batch. A thousand of them take longer than others should wait: `pause` is awaited before each. */
export async function eventRows(events: readonly NewEvent[], pause: () => Promise<void>): Promise<EventRows> {
  const bodies: string[] = [];
  const columns: string[] = [];
  // SQL counts from one.
  let from = 1;
  for (const e of events) {
    await pause();
    const body = bodyOf(e.body);
    const bytes = Buffer.byteLength(body);
    bodies.push(body);
    columns.push(JSON.stringify([e.shard, e.agentId, e.kind, e.at, e.instanceId, e.runId, e.dedupe, +e.late, +e.restamped, from, bytes])); // prettier-ignore
    from += bytes;
  }
  return [`[${columns.join(",")}]`, Buffer.from(bodies.join(""))];
}

/** What has a column of its own is not said again. */
const bodyOf = (event: Partial<AgentEvent>): string =>
  JSON.stringify({ ...event, agent_id: undefined, timestamp: undefined, kind: undefined });

/** Appends events in order; those whose dedupe is known are left out. `rowsAffected` counts the new ones. */
export function appendEvents(rows: EventRows, now: number): Statement {
  return {
    sql: `INSERT INTO agent_events (${EVENT_COLUMNS}) ${EVENT_ROWS} WHERE true ON CONFLICT (dedupe) DO NOTHING`,
    args: [...rows, now],
  };
}

/** The same, once for an idempotency key: a second time nothing is appended and the first answer stands. */
export function idempotentAppend(
  rows: EventRows,
  request: { keyId: string; idempotencyKey: string; digest: string; events: number },
  now: number,
): Statement[] {
  return [
    {
      sql: `INSERT INTO agent_events (${EVENT_COLUMNS}) ${EVENT_ROWS}
            WHERE NOT EXISTS (SELECT 1 FROM ingest_requests WHERE key_id = ?4 AND idempotency_key = ?5) ON CONFLICT (dedupe) DO NOTHING`,
      args: [...rows, now, request.keyId, request.idempotencyKey],
    },
    {
      sql: `INSERT INTO ingest_requests (key_id, idempotency_key, digest, answer, at)
            VALUES (?1, ?2, ?3, json_object('accepted', changes(), 'duplicates', ?4 - changes()), ?5) ON CONFLICT DO NOTHING`,
      args: [request.keyId, request.idempotencyKey, request.digest, request.events, now],
    },
  ];
}

export async function findIngestAnswer(db: Db, keyId: string, idempotencyKey: string) {
  const where = and(eq(ingestRequests.keyId, keyId), eq(ingestRequests.idempotencyKey, idempotencyKey));
  return (await db.query.ingestRequests.findFirst({ where })) ?? null;
}
