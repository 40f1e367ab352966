import { sql } from "drizzle-orm";
import type { Db } from "../client";

/** Tool calls of an agent since a time, per tool: how many, how many failed, how large, and the usual share before. */
export async function toolEvidence(db: Db, agentId: string, since: number, before: number) {
  return db.all<{
    tool: string;
    calls: number;
    failed: number;
    bytes: number | null;
    usual_calls: number;
    usual_failed: number;
    usual_bytes: number | null;
    side_effect: string | null;
  }>(sql`
    SELECT body->>'tool' AS tool,
      sum(at >= ${since}) AS calls,
      sum(at >= ${since} AND (body->'success') = 'false') AS failed,
      avg(iif(at >= ${since}, body->>'result_bytes', NULL)) AS bytes,
      sum(at < ${since}) AS usual_calls,
      sum(at < ${since} AND (body->'success') = 'false') AS usual_failed,
      avg(iif(at < ${since}, body->>'result_bytes', NULL)) AS usual_bytes,
      max(body->>'side_effect') AS side_effect
    FROM (SELECT at, body FROM agent_events WHERE agent_id = ${agentId} AND kind = 'tool_call' AND at >= ${before} ORDER BY seq DESC LIMIT 2000)
    WHERE body->>'tool' IS NOT NULL GROUP BY 1`);
}

/** When the runs began in which an incident's anomalies showed: what is wrong with a run is often wrong from its first call. */
export async function onsetOfRuns(db: Db, incidentId: string, onsetAt: number): Promise<number> {
  const [row] = await db.all<{ at: number | null }>(sql`
    SELECT min(runs.started_at) AS at FROM anomalies JOIN runs ON runs.agent_id = anomalies.agent_id AND runs.run_id = anomalies.run_id
    WHERE anomalies.incident_id = ${incidentId} AND anomalies.verdict <> 'watch'`);
  return Math.min(row?.at ?? onsetAt, onsetAt);
}

/** A call that has been open for longer than this when it was last told of has not come back, in ms. */
const OPEN_MS = 2_000;

/** Tools of which a call is open for long, by the last heartbeat that said so since a time. */
export async function openTools(db: Db, agentId: string, since: number): Promise<string[]> {
  const [row] = await db.all<{ tools: string | null }>(sql`
    SELECT body->>'$.attributes.open_tools' AS tools FROM agent_events
    WHERE agent_id = ${agentId} AND kind = 'heartbeat' AND at >= ${since} AND (body->>'$.attributes.open_tool_ms') >= ${OPEN_MS}
    ORDER BY seq DESC LIMIT 1`);
  return row?.tools ? row.tools.split(",") : [];
}
