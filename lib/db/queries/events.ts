import { and, asc, desc, eq, gt, gte, lt, sql } from "drizzle-orm";
import type { AgentEvent } from "@/lib/contracts/event";
import type { EventKind } from "@/lib/core/base/vocabulary";
import type { Db, Statement } from "../client";
import { agentEvents, ingestRequests } from "../schema";

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

function rowsOf(events: readonly NewEvent[]): [columns: string, bodies: Buffer] {
  const bodies: string[] = [];
  // SQL counts from one.
  let from = 1;
  const columns = events.map((e) => {
    const body = bodyOf(e.body);
    const bytes = Buffer.byteLength(body);
    const at = from;
    bodies.push(body);
    from += bytes;
    return [e.shard, e.agentId, e.kind, e.at, e.instanceId, e.runId, e.dedupe, +e.late, +e.restamped, at, bytes];
  });
  return [JSON.stringify(columns), Buffer.from(bodies.join(""))];
}

/** What has a column of its own is not said again. */
const bodyOf = (event: Partial<AgentEvent>): string =>
  JSON.stringify({ ...event, agent_id: undefined, timestamp: undefined, kind: undefined });

/** Appends events in order; those whose dedupe is known are left out. `rowsAffected` counts the new ones. */
export function appendEvents(events: readonly NewEvent[], now: number): Statement {
  return {
    sql: `INSERT INTO agent_events (${EVENT_COLUMNS}) ${EVENT_ROWS} WHERE true ON CONFLICT (dedupe) DO NOTHING`,
    args: [...rowsOf(events), now],
  };
}

/** The same, once for an idempotency key: a second time nothing is appended and the first answer stands. */
export function idempotentAppend(
  events: readonly NewEvent[],
  request: { keyId: string; idempotencyKey: string; digest: string },
  now: number,
): Statement[] {
  return [
    {
      sql: `INSERT INTO agent_events (${EVENT_COLUMNS}) ${EVENT_ROWS}
            WHERE NOT EXISTS (SELECT 1 FROM ingest_requests WHERE key_id = ?4 AND idempotency_key = ?5) ON CONFLICT (dedupe) DO NOTHING`,
      args: [...rowsOf(events), now, request.keyId, request.idempotencyKey],
    },
    {
      sql: `INSERT INTO ingest_requests (key_id, idempotency_key, digest, answer, at)
            VALUES (?1, ?2, ?3, json_object('accepted', changes(), 'duplicates', ?4 - changes()), ?5) ON CONFLICT DO NOTHING`,
      args: [request.keyId, request.idempotencyKey, request.digest, events.length, now],
    },
  ];
}

export async function findIngestAnswer(db: Db, keyId: string, idempotencyKey: string) {
  const where = and(eq(ingestRequests.keyId, keyId), eq(ingestRequests.idempotencyKey, idempotencyKey));
  return (await db.query.ingestRequests.findFirst({ where })) ?? null;
}

/**
 * Registers unknown agents, their types and instances, and notes what the newest event of each says of it. Identity
 * (prompt, model, tools) is not touched here: the sweep compares it with what was, and writes it.
 */
export function touchAgents(
  events: readonly NewEvent[],
  newcomers: readonly string[],
  keyId: string,
  now: number,
  maxLateMs: number,
): Statement[] {
  const agents = new Map<string, unknown[]>();
  const instances = new Map<string, unknown[]>();
  for (const { agentId, agentType, instanceId, body, saidAt, at, acknowledged } of events) {
    const before = agents.get(agentId);
    const lateness = saidAt === null ? null : now - saidAt;
    agents.set(agentId, [
      agentId,
      agentType ?? before?.[1] ?? null,
      body.mcp_servers ? JSON.stringify(body.mcp_servers) : (before?.[2] ?? null),
      body.environment ?? before?.[3] ?? null,
      body.version ?? before?.[4] ?? null,
      body.sdk_version ?? before?.[5] ?? null,
      body.provider ?? before?.[6] ?? null,
      lowest(lateness, before?.[7]),
    ]);
    if (!instanceId) continue;
    // Names hold no control characters, so this is one pair's alone.
    const key = `${agentId}\n${instanceId}`;
    const seen = instances.get(key);
    const newest = acknowledged !== null && acknowledged.version >= ((seen?.[2] as number | null | undefined) ?? 0);
    const confirms = acknowledged?.enforced === true && acknowledged.version > ((seen?.[4] as number | null | undefined) ?? 0); // prettier-ignore
    instances.set(key, [
      agentId,
      instanceId,
      newest ? acknowledged.version : (seen?.[2] ?? null),
      newest ? acknowledged.hash : (seen?.[3] ?? null),
      confirms ? acknowledged.version : (seen?.[4] ?? null),
      confirms ? at : (seen?.[5] ?? null),
      lowest(lateness, seen?.[6]),
    ]);
  }
  return [
    { sql: UPSERT_AGENTS, args: [JSON.stringify([...agents.values()]), now, keyId, maxLateMs] },
    ...(newcomers.length > 0 ? [underItsKeysHold(newcomers, keyId, now)] : []),
    typesOf([...agents.keys()], now),
    ...(instances.size > 0
      ? [{ sql: UPSERT_INSTANCES, args: [JSON.stringify([...instances.values()]), now, maxLateMs] }]
      : []),
  ];
}

/** Makes the types of these agents known: those that they have, not whatever their hosts call them. */
export const typesOf = (ids: readonly string[], now: number): Statement => ({
  sql: `INSERT INTO agent_types (type, created_at)
        SELECT DISTINCT type, ?2 FROM agents WHERE id IN (SELECT value FROM json_each(?1)) ON CONFLICT DO NOTHING`,
  args: [JSON.stringify(ids), now],
});

/**
 * Newcomers of a key that has an agent on hold, of a type that nobody knew before: they are treated like the held one until a
 * person accepts their type, so that a new type is no way out of a hold. Comes before `typesOf`.
 */
export const underItsKeysHold = (ids: readonly string[], keyId: string, now: number): Statement => ({
  sql: `UPDATE agents SET downgrade = json_object('type', agents.type, 'at', ?3, 'keyId', ?2), type = held.type
        FROM (SELECT type FROM agents WHERE key_id = ?2 AND state IN ('quarantined', 'exhausted') AND retired_at IS NULL
              ORDER BY state_since DESC LIMIT 1) AS held
        WHERE agents.id IN (SELECT value FROM json_each(?1)) AND agents.type <> held.type
          AND agents.type NOT IN (SELECT type FROM agent_types)`,
  args: [JSON.stringify(ids), keyId, now],
});

/** The type of agents that never said theirs. */
export const UNTYPED = "unknown";

const lowest = (a: number | null, b: unknown): number | null => (typeof b === "number" ? Math.min(a ?? b, b) : a);

/**
 * Assignments that note when a row was heard, and the silence that ends by it: one of at least ?max, of whoever was on time
 * before (see lateness.ts).
 */
export const markSeenAgain = (table: "agents" | "agent_instances", max: string) => {
  const wasAway = `excluded.last_seen_at - ${table}.last_seen_at >= ${max} AND coalesce(${table}.lateness_ms, 0) <= ${max}`;
  return `away_from = iif(${wasAway}, ${table}.last_seen_at, ${table}.away_from),
    away_until = iif(${wasAway}, excluded.last_seen_at, ${table}.away_until),
    lateness_ms = coalesce(excluded.lateness_ms, ${table}.lateness_ms),
    last_seen_at = max(${table}.last_seen_at, excluded.last_seen_at)`;
};

const UPSERT_AGENTS = `
  INSERT INTO agents (id, type, mcp_servers, environment, version, sdk_version, provider, lateness_ms, key_id, state_since, first_seen_at, last_seen_at)
  SELECT e.value->>0, coalesce(e.value->>1, '${UNTYPED}'), coalesce(e.value->>2, '[]'), e.value->>3, e.value->>4, e.value->>5, e.value->>6, e.value->>7, ?3, ?2, ?2, ?2
  FROM json_each(?1) e WHERE true
  ON CONFLICT (id) DO UPDATE SET
    type = CASE WHEN agents.type = '${UNTYPED}' AND coalesce((SELECT mode FROM agent_types WHERE type = '${UNTYPED}'), 'observe') = 'observe'
      THEN excluded.type ELSE agents.type END,
    mcp_servers = CASE WHEN excluded.mcp_servers = '[]' THEN agents.mcp_servers ELSE excluded.mcp_servers END,
    environment = coalesce(excluded.environment, agents.environment),
    version = coalesce(excluded.version, agents.version),
    sdk_version = coalesce(excluded.sdk_version, agents.sdk_version),
    provider = coalesce(excluded.provider, agents.provider),
    ${markSeenAgain("agents", "?4")}`;

const UPSERT_INSTANCES = `
  INSERT INTO agent_instances (agent_id, instance_id, first_seen_at, last_seen_at, applied_version, applied_hash, applied_at, enforced_version, enforced_at, enforced_event_at, lateness_ms)
  SELECT e.value->>0, e.value->>1, ?2, ?2, e.value->>2, e.value->>3, iif(e.value->>2 IS NULL, NULL, ?2), e.value->>4, iif(e.value->>4 IS NULL, NULL, ?2), e.value->>5, e.value->>6
  FROM json_each(?1) e WHERE true
  ON CONFLICT (agent_id, instance_id) DO UPDATE SET
    applied_at = iif(excluded.applied_version > coalesce(agent_instances.applied_version, -1), excluded.applied_at, agent_instances.applied_at),
    applied_hash = iif(excluded.applied_version >= coalesce(agent_instances.applied_version, -1), excluded.applied_hash, agent_instances.applied_hash),
    applied_version = max(coalesce(agent_instances.applied_version, excluded.applied_version), coalesce(excluded.applied_version, agent_instances.applied_version)),
    enforced_at = iif(excluded.enforced_version > coalesce(agent_instances.enforced_version, -1), excluded.enforced_at, agent_instances.enforced_at),
    enforced_event_at = iif(excluded.enforced_version > coalesce(agent_instances.enforced_version, -1), excluded.enforced_event_at, agent_instances.enforced_event_at),
    enforced_version = max(coalesce(agent_instances.enforced_version, excluded.enforced_version), coalesce(excluded.enforced_version, agent_instances.enforced_version)),
    ${markSeenAgain("agent_instances", "?3")}`;

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
