import { and, asc, desc, eq, gt, gte, lt, sql } from "drizzle-orm";
import type { EventKind } from "@/lib/core/base/vocabulary";
import type { Db } from "../client";
import { agentEvents } from "../schema";

/** The newest event there is; 0 when there is none. */
export async function newestSeq(db: Db): Promise<number> {
  const [row] = await db.all<{ seq: number | null }>(sql`SELECT max(seq) AS seq FROM agent_events`);
  return row?.seq ?? 0;
}

/** An event as the sweep reads it. */
export type StoredEvent = Pick<
  typeof agentEvents.$inferSelect,
  "seq" | "agentId" | "kind" | "at" | "receivedAt" | "runId" | "late" | "body"
>;

/** The last events of an agent before a moment, epoch ms, in the order of their times. */
export async function listEventsBefore(db: Db, agentId: string, before: number, limit: number) {
  const rows = await db
    .select()
    .from(agentEvents)
    .where(and(eq(agentEvents.agentId, agentId), lt(agentEvents.at, before)))
    // By arrival: what lies longest back is never read.
    .orderBy(desc(agentEvents.seq))
    .limit(limit);
  return rows.toSorted((a, b) => a.at - b.at || a.seq - b.seq);
}

/** The first events of an agent from one moment to before another, epoch ms, that arrived after `seq`, in the order of their times. */
export async function listEventsBetween(
  db: Db,
  agentId: string,
  { from, to, seq, limit }: { from: number; to: number; seq: number; limit: number },
) {
  const rows = await db
    .select()
    .from(agentEvents)
    .where(
      and(
        eq(agentEvents.agentId, agentId),
        gt(agentEvents.seq, seq),
        gte(agentEvents.at, from),
        lt(agentEvents.at, to),
      ),
    )
    .orderBy(asc(agentEvents.seq))
    .limit(limit);
  return rows.toSorted((a, b) => a.at - b.at || a.seq - b.seq);
}

/** What stands before an event's body, as JSON values in a row: to build texts in the database costs a third of what row objects do. */
const HEAD = `seq || ',' || shard || ',' || json_quote(agent_id) || ',"' || kind || '",' || at || ',' || received_at || ',' || late`;
const HEAD_SIZE = 7;

/** Events as they lie in the table, one behind the other. */
export interface EventPage {
  byShard: Map<number, StoredEvent[]>;
  /** Every event of these shards after the page's beginning and up to here is in it. */
  upTo: number;
  /** Whether there are more behind it. */
  full: boolean;
}

/**
 * What these shards have not judged yet, in the order of arrival: at most `limit` events after `after`, up to `newest`. Two
 * texts for the whole page, since each row that crosses from the database costs as much as reading it.
 */
export async function readPage(
  db: Db,
  shards: readonly number[],
  { after, newest, limit }: { after: number; newest: number; limit: number },
): Promise<EventPage> {
  const page: EventPage = {
    byShard: new Map(shards.map((id) => [id, []])),
    upTo: Math.max(after, newest),
    full: false,
  };
  if (newest <= after) return page;
  const { rows } = await db.$client.execute({
    sql: `SELECT group_concat(head, ','), group_concat(body, ',') FROM (
            SELECT ${HEAD} AS head, body FROM agent_events
            WHERE seq > ? AND seq <= ? AND shard IN (SELECT value FROM json_each(?)) ORDER BY seq LIMIT ?)`,
    args: [after, newest, JSON.stringify(shards), limit],
  });
  const list = (column: number) => JSON.parse(`[${(rows[0]?.[column] as string | null) ?? ""}]`) as unknown[];
  const [heads, bodies] = [list(0), list(1) as StoredEvent["body"][]];
  const count = bodies.length;
  if (heads.length !== HEAD_SIZE * count) throw new Error("Events and their bodies do not go together");
  let last = after;
  bodies.forEach((body, i) => {
    const [seq, shard, agentId, kind, at, receivedAt, late] = heads.slice(i * HEAD_SIZE, (i + 1) * HEAD_SIZE) as Head;
    // What aggregates is not bound to an order by SQL's letter, only by SQLite's custom.
    if (seq <= last) throw new Error("Events were not read in order");
    last = seq;
    page.byShard
      .get(shard)!
      .push({ seq, agentId, kind, at, receivedAt, runId: body.run_id ?? null, late: late === 1, body });
  });
  if (count < limit) return page;
  return { ...page, upTo: last, full: true };
}

type Head = [
  seq: number,
  shard: number,
  agentId: string,
  kind: EventKind,
  at: number,
  receivedAt: number,
  late: number,
];
