import { and, eq, gte, ne, notExists, or, sql } from "drizzle-orm";
import { SHARED_CAUSE } from "@/lib/core/agents/fleet";
import { judgeProbation } from "@/lib/core/agents/probation";
import type { Db } from "@/lib/db/client";
import type { Agent } from "@/lib/db/queries/agents";
import type { AgentRun } from "@/lib/db/queries/healing";
import { actionRuns, agents, incidents, incidentSubjects } from "@/lib/db/schema";

/** Peers that fell ill at most this long before the action are of the same time, in ms. */
const WINDOW_MS = 10 * 60_000;
/** One peer that got well at the same time is a coincidence. */
const MIN_PEERS = 2;

/**
 * Of the untouched agents of the same type or provider that were ill in the same way when the action began: how many are back in band.
 * If most recovered untouched, the action is not what helped. Peers that are held, and so say nothing, do not count;
 * null when there are none that do.
 */
export async function peersOf(db: Db, agent: Agent, run: AgentRun): Promise<{ ill: number; recovered: number } | null> {
  const group = or(eq(agents.type, agent.type), ...(agent.provider ? [eq(agents.provider, agent.provider)] : []));
  const touched = db.select({ id: actionRuns.id }).from(actionRuns).where(eq(actionRuns.incidentId, incidents.id));
  const sameIllness = sql`EXISTS (SELECT 1 FROM anomalies theirs JOIN anomalies mine ON mine.type = theirs.type
    WHERE theirs.incident_id = ${incidents.id} AND theirs.agent_id = ${agents.id} AND theirs.verdict <> 'watch'
      AND mine.incident_id = ${run.incidentId} AND mine.verdict <> 'watch')`;
  const rows = await db
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
    .where(
      and(
        ne(agents.id, agent.id),
        group,
        gte(incidents.openedAt, run.startedAt - WINDOW_MS),
        notExists(touched),
        sameIllness,
      ),
    );
  const ill = rows
    .filter((row) => row.closedAt === null || row.closedAt >= run.startedAt)
    .map((row) => ({ ...row, released: row.own !== row.incidentId }))
    .filter((row) => row.watch !== null || row.released);
  // What one other key's agents report must not decide whether a cure counts.
  const parties = new Set([agent.keyId, ...ill.map((row) => row.keyId)]).size;
  const counted = parties >= SHARED_CAUSE.minKeys ? ill : ill.filter((row) => row.keyId === agent.keyId);
  if (counted.length < MIN_PEERS) return null;
  const recovered = counted.filter(
    (row) => row.released || (row.watch !== null && judgeProbation(row.watch).kind === "recovered"),
  );
  return { ill: counted.length, recovered: recovered.length };
}
