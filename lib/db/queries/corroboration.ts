import { and, eq, gte, ne, notExists, or, sql } from "drizzle-orm";
import type { Db } from "../client";
import { actionRuns, agents, incidents, incidentSubjects } from "../schema";
import type { Agent } from "./agents";
import type { Incident } from "./incidents";

/* What other agents' trouble says: of a shared cause, or of what an action is thought to have cured. */

/** An agent whose trouble vouches for a shared cause. */
export interface CorroboratingAgent {
  agentId: string;
  keyId: string | null;
}

/**
 * Whose trouble speaks for each open external incident, by its id: those who are in it and not back in band, and those who are held
 * for what may be the same cause.
 */
export async function listCorroboratingAgents(
  db: Db,
  incidents: readonly Incident[],
): Promise<Map<string, CorroboratingAgent[]>> {
  const found = new Map<string, CorroboratingAgent[]>(incidents.map(({ id }) => [id, []]));
  if (incidents.length === 0) return found;
  const rows = await db.all<CorroboratingAgent & { external: string }>(sql`
    SELECT e.id AS external, a.id AS agentId, a.key_id AS keyId
    FROM incidents e JOIN agents a ON a.incident_id = e.id AND a.state = 'suspected'
    WHERE e.id IN (SELECT value FROM json_each(${JSON.stringify(incidents.map(({ id }) => id))}))
    UNION
    SELECT e.id, a.id, a.key_id
    FROM incidents e JOIN incidents own ON own.cause_key = e.cause_key AND own.kind = 'agent' AND own.closed_at IS NULL
      JOIN agents a ON a.incident_id = own.id AND a.state = 'quarantined'
    WHERE e.id IN (SELECT value FROM json_each(${JSON.stringify(incidents.map(({ id }) => id))}))`);
  for (const { external, agentId, keyId } of rows) found.get(external)?.push({ agentId, keyId });
  return found;
}

/**
 * Agents of the same type or provider that fell ill in the same way since a moment (epoch ms), and that nothing was done to. `own` is the
 * incident that the agent belongs to now.
 */
export async function listUntouchedPeers(db: Db, agent: Agent, incidentId: string, since: number) {
  const group = or(eq(agents.type, agent.type), ...(agent.provider ? [eq(agents.provider, agent.provider)] : []));
  const touched = db.select({ id: actionRuns.id }).from(actionRuns).where(eq(actionRuns.incidentId, incidents.id));
  const sameIllness = sql`EXISTS (SELECT 1 FROM anomalies theirs JOIN anomalies mine ON mine.type = theirs.type
    WHERE theirs.incident_id = ${incidents.id} AND theirs.agent_id = ${agents.id} AND theirs.verdict <> 'watch'
      AND mine.incident_id = ${incidentId} AND mine.verdict <> 'watch')`;
  return db
    .select({
      watch: incidentSubjects.watch,
      incidentId: incidents.id,
      closedAt: incidents.closedAt,
      own: agents.incidentId,
      keyId: agents.keyId,
    })
    .from(incidentSubjects)
    .innerJoin(incidents, eq(incidents.id, incidentSubjects.incidentId))
    .innerJoin(agents, eq(agents.id, incidentSubjects.subjectId))
    .where(and(ne(agents.id, agent.id), group, gte(incidents.openedAt, since), notExists(touched), sameIllness));
}
