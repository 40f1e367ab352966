import { and, desc, eq, gte, inArray, lte, ne, or, sql } from "drizzle-orm";
import type { Directive } from "@/lib/contracts/directive";
import type { InstanceReport, SentDirective } from "@/lib/core/agents/containment";
import { DEFAULT_HOLD_LEVEL } from "@/lib/core/base/hold-levels";
import { SentinelError } from "@/lib/errors";
import type { Db, Statement } from "../client";
import { agentInstances, agents, directives } from "../schema";

export type Agent = typeof agents.$inferSelect;
export type Instance = typeof agentInstances.$inferSelect;
export type DirectiveRow = typeof directives.$inferSelect;

export async function findAgent(db: Db, id: string): Promise<Agent | null> {
  return (await db.query.agents.findFirst({ where: eq(agents.id, id) })) ?? null;
}

/** Throws not_found. */
export async function getAgent(db: Db, id: string): Promise<Agent> {
  const agent = await findAgent(db, id);
  if (!agent) throw new SentinelError("not_found", { detail: "No agent has this ID" });
  return agent;
}

export async function listAgents(db: Db, ids: readonly string[]): Promise<Agent[]> {
  if (ids.length === 0) return [];
  return db
    .select()
    .from(agents)
    .where(sql`${agents.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}

export async function listAgentsInStates(db: Db, states: Agent["state"][]): Promise<Agent[]> {
  return db.select().from(agents).where(inArray(agents.state, states));
}

/** Agents of an incident that are in a state. */
export async function listAgentsInIncident(db: Db, incidentId: string, state: Agent["state"]): Promise<Agent[]> {
  return db
    .select()
    .from(agents)
    .where(and(eq(agents.incidentId, incidentId), eq(agents.state, state)));
}

/** Agents heard of since `since` that were not retired: the live population. */
export async function listLiveAgents(db: Db, since: number): Promise<Agent[]> {
  return db
    .select()
    .from(agents)
    .where(and(gte(agents.lastSeenAt, since), sql`${agents.retiredAt} IS NULL`));
}

/** The same, their ids alone, who was heard of last at the end. */
export async function listLiveIds(db: Db, since: number): Promise<string[]> {
  const where = and(gte(agents.lastSeenAt, since), sql`${agents.retiredAt} IS NULL`);
  const rows = await db.select({ id: agents.id }).from(agents).where(where).orderBy(agents.lastSeenAt);
  return rows.map(({ id }) => id);
}

/** Healthy agents of the same type, of another key or known since `trustedSince` (epoch ms): the ids, who reported most first. */
export async function listHealthyPeers(db: Db, agent: Agent, trustedSince: number, limit: number): Promise<string[]> {
  const trusted = or(ne(agents.keyId, agent.keyId ?? ""), lte(agents.firstSeenAt, trustedSince));
  const rows = await db
    .select({ id: agents.id })
    .from(agents)
    .where(and(eq(agents.type, agent.type), ne(agents.id, agent.id), eq(agents.state, "healthy"), trusted))
    .orderBy(desc(agents.eventCount))
    .limit(limit);
  return rows.map(({ id }) => id);
}

/**
 * Agents that appeared on an instance of a held agent after it was held, and are not held themselves: the same process under
 * a new id. Only of the same key, on an instance that was the held agent's alone, and not where another prompt shows that it
 * is another agent; what Sentinel itself started as its successor is none. Each is found until it was put under the hold once.
 */
export async function listContinuations(db: Db): Promise<{ id: string; continues: string; instanceId: string }[]> {
  const heldStates = sql`('quarantined', 'healing', 'exhausted')`;
  return db.all(sql`
    SELECT n.id AS id, h.id AS continues, min(ni.instance_id) AS instanceId
    FROM agents h
    JOIN directives d ON d.agent_id = h.id AND d.version = h.directive_version AND d.status IN ('quarantined', 'retired')
    JOIN agent_instances hi ON hi.agent_id = h.id
    JOIN agent_instances ni ON ni.instance_id = hi.instance_id AND ni.agent_id <> h.id
    JOIN agents n ON n.id = ni.agent_id
    WHERE h.state IN ${heldStates} AND n.state NOT IN ${heldStates} AND n.continues IS NULL AND n.retired_at IS NULL
      AND n.key_id IS h.key_id
      AND n.first_seen_at >= coalesce((SELECT opened_at FROM incidents WHERE id = h.incident_id), h.state_since)
      AND (n.prompt_hash IS NULL OR h.prompt_hash IS NULL OR n.prompt_hash = h.prompt_hash OR h.prompt_dynamic)
      AND n.id NOT IN (SELECT successor FROM directives WHERE agent_id = h.id AND successor IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM agent_instances o WHERE o.instance_id = hi.instance_id AND o.agent_id <> h.id
        AND o.first_seen_at < n.first_seen_at)
    GROUP BY n.id`);
}

export async function listInstances(db: Db, agentIds: readonly string[]): Promise<Instance[]> {
  if (agentIds.length === 0) return [];
  return db
    .select()
    .from(agentInstances)
    .where(sql`${agentInstances.agentId} IN (SELECT value FROM json_each(${JSON.stringify(agentIds)}))`);
}

type Reporting = Pick<Instance, "instanceId" | "lastSeenAt" | "appliedVersion" | "enforcedVersion">;

/** What an instance says of the directive in force. `liveSince`: one that was heard since then is live. */
export function instanceReport(
  instance: Reporting,
  directive: Pick<DirectiveRow, "status" | "createdAt"> | null,
  liveSince: number,
): InstanceReport {
  return {
    id: instance.instanceId,
    live: instance.lastSeenAt >= liveSince,
    appliedVersion: instance.appliedVersion,
    enforcedVersion: instance.enforcedVersion,
    // Each answer to its reports told it.
    lost: directive !== null && directive.status !== "run" && instance.lastSeenAt > directive.createdAt,
  };
}

/** A directive as its containment is judged. */
export const sentDirective = (
  agent: Pick<Agent, "enforcement">,
  directive: Pick<DirectiveRow, "version" | "createdAt" | "breachedAt">,
): SentDirective => ({
  version: directive.version,
  sentAt: directive.createdAt,
  enforcement: agent.enforcement,
  breached: directive.breachedAt !== null,
});

export async function findDirective(db: Db, agentId: string, version?: number): Promise<DirectiveRow | null> {
  const rows = await db
    .select()
    .from(directives)
    .where(and(eq(directives.agentId, agentId), version === undefined ? undefined : eq(directives.version, version)))
    .orderBy(desc(directives.version))
    .limit(1);
  return rows[0] ?? null;
}

/** Every directive of an agent, the first one first. */
export const listDirectivesOf = (db: Db, agentId: string): Promise<DirectiveRow[]> =>
  db.select().from(directives).where(eq(directives.agentId, agentId)).orderBy(directives.version);

/** The directives in force of these agents, by agent id. Agents that never got one are not in it. */
export async function listDirectives(db: Db, list: readonly Agent[]): Promise<Map<string, DirectiveRow>> {
  const ids = list.filter((agent) => agent.directiveVersion > 0).map((agent) => agent.id);
  if (ids.length === 0) return new Map();
  const rows = await db
    .select({ directive: directives })
    .from(directives)
    .innerJoin(agents, and(eq(agents.id, directives.agentId), eq(agents.directiveVersion, directives.version)))
    .where(sql`${directives.agentId} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
  return new Map(rows.map(({ directive }) => [directive.agentId, directive]));
}

/** When the instances of each of these directives' agents confirmed it, by agent and instance. */
export async function listConfirmed(
  db: Db,
  list: readonly DirectiveRow[],
): Promise<Map<string, Map<string, { at: number; receivedAt: number }>>> {
  const byAgent = new Map<string, Map<string, { at: number; receivedAt: number }>>();
  const versions = new Map(list.map((directive) => [directive.agentId, directive.version]));
  for (const row of await listInstances(db, [...versions.keys()])) {
    const { agentId, instanceId, enforcedVersion, enforcedAt, enforcedEventAt } = row;
    if (enforcedVersion === null || enforcedAt === null || enforcedVersion < versions.get(agentId)!) continue;
    const mine = byAgent.get(agentId) ?? new Map<string, { at: number; receivedAt: number }>();
    byAgent.set(agentId, mine.set(instanceId, { at: enforcedEventAt ?? enforcedAt, receivedAt: enforcedAt }));
  }
  return byAgent;
}

/** The directive as an agent gets it. An agent that never got one may run freely: version 0. */
export function directiveView(
  agentId: string,
  row: DirectiveRow | null | undefined,
  leaseSeconds: number,
  { budgets, tree_budgets }: Pick<Directive, "budgets" | "tree_budgets"> = { budgets: [], tree_budgets: [] },
): Directive {
  if (!row) return { agent_id: agentId, ...FREE, lease_seconds: leaseSeconds, budgets, tree_budgets };
  return {
    agent_id: row.agentId,
    version: row.version,
    hash: row.hash,
    status: row.status,
    level: row.status === "quarantined" ? (row.level ?? DEFAULT_HOLD_LEVEL) : null,
    hand_over_to: row.handOverTo,
    prompt: row.rollbackTo === null ? null : { rollback_to: row.rollbackTo },
    revoked_tools: row.revokedTools,
    autonomy: row.autonomy,
    memory_epoch: row.memoryEpoch,
    successor: row.successor,
    reason: row.reason,
    lease_seconds: leaseSeconds,
    budgets,
    tree_budgets,
  };
}

const FREE = {
  version: 0,
  hash: "0",
  status: "run" as const,
  level: null,
  hand_over_to: null,
  prompt: null,
  revoked_tools: [],
  autonomy: { level: "full" as const, max_model_calls: null, max_tool_calls: null, temperature: null },
  memory_epoch: 0,
  successor: null,
  reason: "",
};

/** Notes that an agent worked against a directive that it had confirmed: the confirmation counts no more. */
export const markBreached = (
  { agentId, version }: Pick<DirectiveRow, "agentId" | "version">,
  now: number,
): Statement => ({
  sql: "UPDATE directives SET breached_at = ?, enforced_at = NULL WHERE agent_id = ? AND version = ?",
  args: [now, agentId, version],
});

/** Stretches in which agents were on hold for an incident, in order; `to` is null for a hold that stands. Times in epoch ms. */
export async function listHoldsOf(
  db: Db,
  agentIds: readonly string[],
  incidentId: string,
): Promise<{ agent: string; from: number; to: number | null }[]> {
  if (agentIds.length === 0) return [];
  const rows = await db
    .select({
      agent: directives.agentId,
      status: directives.status,
      at: directives.createdAt,
      incidentId: directives.incidentId,
    })
    .from(directives)
    .where(inArray(directives.agentId, [...agentIds]))
    .orderBy(directives.agentId, directives.version);
  const holds: { agent: string; from: number; to: number | null }[] = [];
  for (const { agent, status, at, incidentId: of } of rows) {
    const open = holds.find((hold) => hold.agent === agent && hold.to === null);
    if (status === "quarantined" && of === incidentId) {
      if (!open) holds.push({ agent, from: at, to: null });
    } else if (open && status === "run") open.to = at;
  }
  return holds;
}
