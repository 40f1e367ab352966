import type { Heard } from "@/lib/core/detection/lateness";
import type { DirectiveStatus } from "@/lib/core/base/vocabulary";
import type { Db } from "../client";

/** What is known of whoever sends an event, and of the directive version that it says it applied. */
export interface Source {
  known: boolean;
  /** Name of the key that introduced the agent; null: it is new, or the key was revoked. */
  owner: string | null;
  /** The newest directive version that was ever issued to the agent; 0: none. */
  issuedVersion: number;
  /** Of the version asked for: null where it was never issued. */
  hash: string | null;
  status: DirectiveStatus | null;
  agent: Heard | null;
  instance: Heard | null;
}

/** The sender of an event: agent, instance and the directive version it states; both may be unknown. */
export type Sender = readonly [agentId: string, instanceId: string | null, version: number | null];

/** What is known of each of these senders, in their order; one statement for a whole request. */
export async function listSources(db: Db, senders: readonly Sender[]): Promise<Source[]> {
  if (senders.length === 0) return [];
  const { rows } = await db.$client.execute({
    sql: `SELECT a.id IS NOT NULL, coalesce(a.directive_version, 0), d.hash, d.status,
            a.last_seen_at, a.away_from, a.away_until, a.lateness_ms, i.last_seen_at, i.away_from, i.away_until, i.lateness_ms, k.name
          FROM json_each(?) s
          LEFT JOIN agents a ON a.id = s.value->>0
          LEFT JOIN ingest_keys k ON k.id = a.key_id AND k.revoked_at IS NULL
          LEFT JOIN agent_instances i ON i.agent_id = a.id AND i.instance_id = s.value->>1
          LEFT JOIN directives d ON d.agent_id = a.id AND d.version = s.value->>2
          ORDER BY s.key`,
    args: [JSON.stringify(senders)],
  });
  const heard = (from: number, row: ArrayLike<unknown>): Heard | null =>
    row[from] === null
      ? null
      : {
          lastSeenAt: row[from] as number,
          awayFrom: row[from + 1] as number | null,
          awayUntil: row[from + 2] as number | null,
          latenessMs: row[from + 3] as number | null,
        };
  return rows.map((row) => ({
    known: row[0] === 1,
    owner: row[12] as string | null,
    issuedVersion: row[1] as number,
    hash: row[2] as string | null,
    status: row[3] as DirectiveStatus | null,
    agent: heard(4, row),
    instance: heard(8, row),
  }));
}
