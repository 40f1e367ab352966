/**
 * How many parts the agents are dealt into; several processes may sweep different ones at once. It is part of what is
 * stored (each event carries its shard), so changing it needs a migration.
 */
export const SHARDS = 4;

/** The shard of an agent: FNV-1a over its id (Fowler, Noll & Vo 1991), stable across processes and versions. */
export function shardOf(agentId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < agentId.length; i++) hash = Math.imul(hash ^ agentId.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SHARDS;
}
