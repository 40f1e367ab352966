import { and, count, eq, gte, isNull, ne, or, sql, type SQL } from "drizzle-orm";
import type { z } from "zod";
import type { AgentCard, AgentsAnswer, AgentsQuery } from "@/lib/contracts/agents";
import { modeAt } from "@/lib/core/base/act-hours";
import { containment } from "@/lib/core/agents/containment";
import type { AgentState } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { agentInstances, agents, agentTypes, approvals, directives, incidents, proposals } from "@/lib/db/schema";
import { type Agent, type DirectiveRow, type Instance, instanceReport, sentDirective } from "@/lib/db/queries/agents";
import { grouped } from "@/lib/core/base/grouped";
import { lookAlikes } from "@/lib/db/queries/look-alikes";
import { listSparklines } from "./sparklines";

/** What a view of agents needs to know besides the tables; times in ms. */
export interface ViewContext {
  now: number;
  /** An instance not heard of for so long is not live. */
  instanceLiveMs: number;
  /** A clock further off than this, either way, is shown. */
  maxClockSkewMs: number;
  /** A directive not held by every live instance after so long is not confirmed. */
  ackTimeoutMs: number;
}

/** What needs a person comes first. */
const ATTENTION: Record<AgentState, number> = {
  exhausted: 0,
  quarantined: 1,
  healing: 2,
  probation: 3,
  suspected: 4,
  learning: 5,
  healthy: 6,
};
const attention = sql.join([
  sql`CASE ${agents.state}`,
  ...Object.entries(ATTENTION).map(([state, rank]) => sql` WHEN ${state} THEN ${rank}`),
  sql` END`,
]);

/** The grid: agents in service that match, those that need attention first, in a handful of statements however many they are. */
export async function listAgentCards(
  db: Db,
  { offset = 0, ...query }: z.output<typeof AgentsQuery> & { offset?: number },
  context: ViewContext,
): Promise<AgentsAnswer> {
  const where = and(isNull(agents.retiredAt), matches(query));
  const [cards, [total], types] = await Promise.all([
    listCards(db, where, context, query.limit, offset),
    db.select({ n: count() }).from(agents).where(where),
    listTypes(db),
  ]);
  return { agents: cards, total: total?.n ?? 0, types };
}

/** One card, of a retired agent too. */
export async function findCard(db: Db, id: string, context: ViewContext): Promise<AgentCard | null> {
  const [card] = await listCards(db, eq(agents.id, id), context, 1);
  return card ?? null;
}

/** Types that have agents in service, with how they are treated. */
function listTypes(db: Db) {
  return db
    .select({
      type: agents.type,
      mode: sql<AgentCard["mode"]>`coalesce(${agentTypes.mode}, 'observe')`,
      count: count(),
    })
    .from(agents)
    .leftJoin(agentTypes, eq(agentTypes.type, agents.type))
    .where(isNull(agents.retiredAt))
    .groupBy(agents.type)
    .orderBy(agents.type);
}

function matches({ q, state, type }: z.output<typeof AgentsQuery>): SQL | undefined {
  const has = (column: SQL | typeof agents.id | typeof agents.type | typeof agents.model) =>
    sql`instr(lower(${column}), lower(${q})) > 0`;
  return and(
    q ? sql`(${has(agents.id)} OR ${has(agents.type)} OR ${has(agents.model)})` : undefined,
    type ? eq(agents.type, type) : undefined,
    state ? inState(state) : undefined,
  );
}

function inState(state: NonNullable<z.output<typeof AgentsQuery>["state"]>): SQL {
  switch (state) {
    case "paused":
      return eq(agents.paused, true);
    case "silent":
    case "stuck":
      return eq(agents.liveness, state);
    case "not_judged":
      return ne(agents.blindSpots, []);
    case "learning":
    case "healthy":
    case "suspected":
    case "quarantined":
    case "healing":
    case "probation":
    case "exhausted":
      return eq(agents.state, state);
  }
}

/** Only what a card shows: at a thousand agents most of the time goes into moving columns. */
const CARD_COLUMNS = {
  id: agents.id,
  type: agents.type,
  state: agents.state,
  stateSince: agents.stateSince,
  liveness: agents.liveness,
  paused: agents.paused,
  blindSpots: agents.blindSpots,
  enforcement: agents.enforcement,
  downgrade: agents.downgrade,
  continues: agents.continues,
  model: agents.model,
  provider: agents.provider,
  mcpServers: agents.mcpServers,
  environment: agents.environment,
  lastSeenAt: agents.lastSeenAt,
};
const DIRECTIVE_COLUMNS = {
  version: directives.version,
  status: directives.status,
  rollbackTo: directives.rollbackTo,
  revokedTools: directives.revokedTools,
  autonomy: directives.autonomy,
  createdAt: directives.createdAt,
  breachedAt: directives.breachedAt,
};
const INSTANCE_COLUMNS = {
  agentId: agentInstances.agentId,
  instanceId: agentInstances.instanceId,
  lastSeenAt: agentInstances.lastSeenAt,
  appliedVersion: agentInstances.appliedVersion,
  enforcedVersion: agentInstances.enforcedVersion,
};
type Carded = Pick<Agent, "state" | "enforcement">;
type Sent = Pick<DirectiveRow, keyof typeof DIRECTIVE_COLUMNS>;
type Reporting = Pick<Instance, keyof typeof INSTANCE_COLUMNS>;

async function listCards(
  db: Db,
  where: SQL | undefined,
  context: ViewContext,
  limit: number,
  offset = 0,
): Promise<AgentCard[]> {
  const rows = await db
    .select({
      agent: CARD_COLUMNS,
      mode: { mode: agentTypes.mode, actHours: agentTypes.actHours },
      directive: DIRECTIVE_COLUMNS,
      incident: {
        id: incidents.id,
        title: incidents.title,
        severity: incidents.severity,
        diagnosis: incidents.diagnosis,
        state: incidents.state,
      },
    })
    .from(agents)
    .leftJoin(agentTypes, eq(agentTypes.type, agents.type))
    .leftJoin(directives, and(eq(directives.agentId, agents.id), eq(directives.version, agents.directiveVersion)))
    .leftJoin(incidents, eq(incidents.id, agents.incidentId))
    .where(where)
    .orderBy(attention, agents.id)
    .limit(limit)
    .offset(offset);
  const ids = rows.map(({ agent }) => agent.id);
  const [sparklines, instances, pending, lookAlike, lookAlikeType] = await Promise.all([
    listSparklines(db, ids),
    listReporting(db, ids, context.now - context.instanceLiveMs),
    listPending(db, ids),
    lookAlikes(db, "agents"),
    lookAlikes(db, "agent_types"),
  ]);
  return rows.map(({ agent, mode, directive, incident }) => ({
    id: agent.id,
    looks_like: lookAlike(agent.id),
    type: agent.type,
    type_looks_like: lookAlikeType(agent.type),
    mode: mode === null ? "observe" : modeAt(mode, context.now),
    state: agent.state,
    state_since: agent.stateSince,
    liveness: agent.liveness,
    paused: agent.paused,
    blind_spots: agent.blindSpots,
    enforcement: agent.enforcement,
    downgrade: agent.downgrade && {
      type: agent.downgrade.type ?? null,
      enforcement: agent.downgrade.enforcement ?? null,
      at: agent.downgrade.at,
    },
    continues: agent.continues,
    model: agent.model,
    provider: agent.provider,
    mcp_servers: agent.mcpServers,
    environment: agent.environment,
    last_seen_at: agent.lastSeenAt,
    incident,
    containment: containmentOf(agent, directive, instances.get(agent.id) ?? [], context),
    approval: pending.get(agent.id) ?? null,
    can_heal_now: canHealNow(agent.state, incident?.state ?? null),
    sparkline: sparklines.get(agent.id) ?? null,
  }));
}

/** Contained, and nothing happens any more unless a person starts it: after a rejection, or when the ladder is used up. */
export const canHealNow = (agent: string, incident: string | null): boolean =>
  (agent === "quarantined" || agent === "exhausted") && (incident === "rejected" || incident === "escalated");

/** How far the directive in force got. One that only lets the agent run asks for nothing, so there is nothing to confirm. */
export function containmentOf(
  agent: Carded,
  directive: Sent | null,
  instances: readonly Reporting[],
  { now, instanceLiveMs, ackTimeoutMs }: ViewContext,
): AgentCard["containment"] {
  const reports = instances.map((instance) => instanceReport(instance, directive, now - instanceLiveMs));
  const asks = directive !== null && asksForSomething(agent, directive);
  const sent = asks ? sentDirective(agent, directive) : { version: 0, sentAt: 0, enforcement: agent.enforcement };
  return containment(sent, reports, now, ackTimeoutMs);
}

const asksForSomething = (agent: Carded, directive: Sent): boolean =>
  directive.status !== "run" ||
  directive.rollbackTo !== null ||
  directive.revokedTools.length > 0 ||
  directive.autonomy.level !== "full" ||
  agent.state === "healing" ||
  agent.state === "probation";

/** Instances that are live, and of agents on hold those that were heard since they were told. */
async function listReporting(db: Db, agentIds: readonly string[], since: number): Promise<Map<string, Reporting[]>> {
  const told = sql`EXISTS (SELECT 1 FROM ${agents} JOIN ${directives} ON ${directives.agentId} = ${agents.id}
    AND ${directives.version} = ${agents.directiveVersion} WHERE ${agents.id} = ${agentInstances.agentId}
    AND ${directives.status} <> 'run' AND ${directives.createdAt} < ${agentInstances.lastSeenAt})`;
  const rows = await db
    .select(INSTANCE_COLUMNS)
    .from(agentInstances)
    .where(and(among(agentInstances.agentId, agentIds), or(gte(agentInstances.lastSeenAt, since), told)));
  return grouped(rows, (row) => row.agentId);
}

/** The decision each agent waits for; the newest, should an agent have several. */
async function listPending(db: Db, agentIds: readonly string[]): Promise<Map<string, AgentCard["approval"]>> {
  const rows = await db
    .select({ approval: approvals, action: proposals.action, risk: proposals.risk, severity: proposals.severity })
    .from(approvals)
    .innerJoin(proposals, eq(proposals.id, approvals.proposalId))
    .where(and(eq(approvals.state, "pending"), among(approvals.subjectId, agentIds)))
    .orderBy(approvals.requestedAt);
  return new Map(
    rows.map(({ approval, action, risk, severity }) => [
      approval.subjectId,
      {
        id: approval.id,
        digest: approval.digest,
        action,
        risk,
        severity,
        requested_at: approval.requestedAt,
        expires_at: approval.expiresAt,
      },
    ]),
  );
}

/** A list of any length as one parameter. */
const among = (column: typeof agentInstances.agentId | typeof approvals.subjectId, values: readonly string[]): SQL =>
  sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
