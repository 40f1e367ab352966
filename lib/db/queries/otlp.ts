import { and, desc, eq, isNull, lte, sql } from "drizzle-orm";
import { type Db, type Statement } from "../client";
import { CLEAR_GUARDS, guard } from "../commit";
import { ingestKeys, otlpRecords, otlpSessions } from "../schema";
import type { KeyRow } from "./keys";

export type OtlpSessionRow = typeof otlpSessions.$inferSelect;
export type OtlpRecordsRow = typeof otlpRecords.$inferSelect;

/** A key's sessions of these names, and what those are other names of. */
export const listOtlpSessions = (db: Db, keyId: string, names: readonly string[]): Promise<OtlpSessionRow[]> =>
  db
    .select()
    .from(otlpSessions)
    .where(
      and(
        eq(otlpSessions.keyId, keyId),
        sql`${otlpSessions.name} IN (
          SELECT value FROM json_each(${JSON.stringify(names)})
          UNION SELECT alias FROM otlp_sessions
          WHERE key_id = ${keyId} AND alias IS NOT NULL AND name IN (SELECT value FROM json_each(${JSON.stringify(names)})))`,
      ),
    );

/** Sessions whose counters have waited since before this, of keys that still live. */
export const listHeldOtlpSessions = (
  db: Db,
  before: number,
  limit: number,
): Promise<{ session: OtlpSessionRow; key: KeyRow }[]> =>
  db
    .select({ session: otlpSessions, key: ingestKeys })
    .from(otlpSessions)
    .innerJoin(ingestKeys, and(eq(ingestKeys.id, otlpSessions.keyId), isNull(ingestKeys.revokedAt)))
    .where(lte(otlpSessions.heldAt, before))
    .orderBy(otlpSessions.heldAt)
    .limit(limit);

/** What stands in a row besides its key, its version and its time. */
export type OtlpSession = Omit<OtlpSessionRow, "keyId" | "toldAt">;

/**
 * Stores sessions as they are now: `version` is that of the row that was read, 0 for a new one. Where one was changed meanwhile the
 * whole transaction fails by its guard (`isClaimLost`): whoever reads it anew and tries again loses nothing.
 */
export function saveOtlpSessions(keyId: string, sessions: readonly OtlpSession[], now: number): Statement[] {
  if (sessions.length === 0) return [];
  const rows = sessions.map((s) => [
    s.name,
    s.agentId,
    s.agentType,
    s.runId,
    s.alias,
    JSON.stringify(s.ledger),
    s.heldAt,
    s.callsAt,
    s.version + 1,
  ]);
  return [
    {
      sql: `INSERT INTO otlp_sessions (key_id, name, agent_id, agent_type, run_id, alias, ledger, held_at, calls_at, version, told_at)
            SELECT ?1, e.value->>0, e.value->>1, e.value->>2, e.value->>3, e.value->>4, e.value->>5, e.value->>6, e.value->>7, e.value->>8, ?3
            FROM json_each(?2) e WHERE true
            ON CONFLICT (key_id, name) DO UPDATE SET
              run_id = excluded.run_id, alias = excluded.alias, ledger = excluded.ledger, held_at = excluded.held_at,
              calls_at = excluded.calls_at, version = excluded.version, told_at = excluded.told_at
            WHERE otlp_sessions.version = excluded.version - 1`,
      args: [keyId, JSON.stringify(rows), now],
    },
    guard(sessions.length),
    CLEAR_GUARDS,
  ];
}

export interface OtlpCount {
  program: string;
  scope: string;
  signal: string;
  name: string;
  fate: string;
  records: number;
}

/** Kinds of records that are told apart of one key: a sender that makes up names cannot fill the table with them. */
const KINDS_MAX = 1_000;

/** Adds to the counts of a key's records. Beyond the most kinds of a key, new ones go into one row without names. */
export const countOtlpRecords = (keyId: string, counts: readonly OtlpCount[], now: number): Statement => ({
  sql: `INSERT INTO otlp_records (key_id, program, scope, signal, name, fate, records, first_at, last_at)
        SELECT ?1, iif(k.known, c.program, ''), iif(k.known, c.scope, ''), c.signal, iif(k.known, c.name, ''), c.fate, sum(c.records), ?3, ?3
        FROM (SELECT e.value->>0 AS program, e.value->>1 AS scope, e.value->>2 AS signal, e.value->>3 AS name, e.value->>4 AS fate,
                e.value->>5 AS records FROM json_each(?2) e) c
        JOIN (SELECT count(*) < ${KINDS_MAX} AS known FROM otlp_records WHERE key_id = ?1) k
        WHERE true GROUP BY 2, 3, 4, 5, 6
        ON CONFLICT (key_id, program, scope, signal, name, fate) DO UPDATE SET
          records = otlp_records.records + excluded.records, last_at = excluded.last_at`,
  args: [keyId, JSON.stringify(counts.map((c) => [c.program, c.scope, c.signal, c.name, c.fate, c.records])), now],
});

/** What a screen shows without paging. */
const SHOWN = 200;

/** What came over OTLP, the latest first, with the names of the keys. */
export const listOtlpRecords = (db: Db): Promise<{ counts: OtlpRecordsRow; key: string | null }[]> =>
  db
    .select({ counts: otlpRecords, key: ingestKeys.name })
    .from(otlpRecords)
    .leftJoin(ingestKeys, eq(ingestKeys.id, otlpRecords.keyId))
    .orderBy(desc(otlpRecords.lastAt), desc(otlpRecords.records))
    .limit(SHOWN);

export interface OtlpAgent {
  agentId: string;
  labels: Readonly<Record<string, string>>;
  /** Labels where it has none of that name. */
  otherwise: Readonly<Record<string, string>>;
  /** A hook asks before it acts, so that it can be held. */
  held: boolean;
}

/**
 * Labels of agents that report over OTLP. Nobody there obeys a directive: unless a hook or something else of an agent's said
 * otherwise, it is observed only. `keyId`: an agent of another key stays as it is.
 */
export const labelOtlpAgents = (keyId: string, agents: readonly OtlpAgent[]): Statement => ({
  sql: `UPDATE agents SET enforcement = iif(e.value->>2, 1, coalesce(enforcement, 0)), labels = json_patch(json_patch(e.value->3, labels), e.value->1)
        FROM json_each(?2) e
        WHERE agents.id = e.value->>0 AND agents.key_id = ?1
          AND (agents.enforcement IS NULL OR (e.value->>2 AND NOT agents.enforcement) OR json_patch(json_patch(e.value->3, agents.labels), e.value->1) <> agents.labels)`,
  args: [
    keyId,
    JSON.stringify(agents.map(({ agentId, labels, held, otherwise }) => [agentId, labels, held, otherwise])),
  ],
});
