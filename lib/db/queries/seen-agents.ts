import type { Statement } from "../client";
import type { NewEvent } from "./append-events";

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
