import { sql } from "drizzle-orm";
import type { Db, Statement } from "../client";

/** The directive in force of an agent that a hook has to obey. */
export interface HookDirective {
  agentId: string;
  version: number;
  hash: string;
  status: string;
  /** JSON. */
  revokedTools: string;
  reason: string;
  incidentId: string | null;
}

const COLUMNS = sql.raw(
  `d.agent_id AS agentId, d.version AS version, d.hash AS hash, d.status AS status, d.revoked_tools AS revokedTools,
   d.reason AS reason, d.incident_id AS incidentId`,
);

/** The place of the newest directive in the order in which they were issued; 0 when there is none. */
export async function newestDirective(db: Db): Promise<number> {
  const [row] = await db.all<{ at: number | null }>(sql`SELECT max(rowid) AS at FROM directives`);
  return row?.at ?? 0;
}

/** Directives that were issued after a place in that order, the oldest first. */
export const listDirectivesAfter = (db: Db, after: number): Promise<HookDirective[]> =>
  db.all(sql`SELECT ${COLUMNS} FROM directives d WHERE d.rowid > ${after} ORDER BY d.rowid`);

/** Directives in force that forbid something. */
export const listRestricting = (db: Db): Promise<HookDirective[]> =>
  db.all(sql`SELECT ${COLUMNS} FROM agents a JOIN directives d ON d.agent_id = a.id AND d.version = a.directive_version
             WHERE a.directive_version > 0 AND (d.status <> 'run' OR d.revoked_tools <> '[]')`);

/** A session or a seat of a key, and the agent that it belongs to. */
export interface Belongs {
  keyId: string;
  name: string;
  agentId: string;
  type: string;
}

const BELONGS = sql.raw(
  `s.key_id AS keyId, s.name AS name, s.agent_id AS agentId, coalesce(a.type, s.agent_type) AS type`,
);

/** Whose these sessions of a key are, as far as anybody told of them. */
export const listBelongs = (db: Db, keyId: string, names: readonly string[]): Promise<Belongs[]> =>
  db.all(sql`SELECT ${BELONGS} FROM otlp_sessions s LEFT JOIN agents a ON a.id = s.agent_id
             WHERE s.key_id = ${keyId} AND s.name IN (SELECT value FROM json_each(${JSON.stringify(names)}))`);

/** Seats of all keys that still live. They sort between `seat:` and `seat;`. */
export const listSeats = (db: Db, limit: number): Promise<Belongs[]> =>
  db.all(sql`SELECT ${BELONGS} FROM ingest_keys k
             JOIN otlp_sessions s ON s.key_id = k.id AND s.name >= 'seat:' AND s.name < 'seat;'
             LEFT JOIN agents a ON a.id = s.agent_id
             WHERE k.revoked_at IS NULL ORDER BY s.told_at DESC LIMIT ${limit}`);

/** Notes whose seats of a key these are now. */
export const saveSeats = (keyId: string, seats: readonly Omit<Belongs, "keyId">[], now: number): Statement => ({
  sql: `INSERT INTO otlp_sessions (key_id, name, agent_id, agent_type, ledger, version, told_at)
        SELECT ?1, e.value->>0, e.value->>1, e.value->>2, '{"series":{}}', 1, ?3 FROM json_each(?2) e WHERE true
        ON CONFLICT (key_id, name) DO UPDATE SET agent_id = excluded.agent_id, agent_type = excluded.agent_type, told_at = excluded.told_at`,
  args: [keyId, JSON.stringify(seats.map(({ name, agentId, type }) => [name, agentId, type])), now],
});
