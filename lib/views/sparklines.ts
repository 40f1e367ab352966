import { sql } from "drizzle-orm";
import type { Db } from "@/lib/db/client";

/** Values in a sparkline: about as many as a card has room for. */
const VALUES = 24;
/** How far back among an agent's events they are looked for: heartbeats and tool calls lie between. */
const LOOK_BACK = 72;
/** What a card shows: the first that the agent reports. */
const MAIN_METRICS = ["latency_ms", "token_count", "cost"] as const;

export interface Sparkline {
  metric: string;
  values: number[];
}

/**
 * The last values of each agent's main metric, oldest first, from its model calls and whole runs. Agents without any are
 * not in it. One query a metric, and a further metric is asked for only those that lack the ones before.
 */
export async function listSparklines(db: Db, agentIds: readonly string[]): Promise<Map<string, Sparkline>> {
  const found = new Map<string, Sparkline>();
  let left = agentIds;
  for (const metric of MAIN_METRICS) {
    if (left.length === 0) break;
    const rows = await db.all<{ id: string; series: string }>(lastValues(left, metric));
    for (const { id, series } of rows) {
      const values = (JSON.parse(series) as number[]).toReversed();
      if (values.length > 0) found.set(id, { metric, values });
    }
    left = left.filter((id) => !found.has(id));
  }
  return found;
}

/** One index walk an agent; the inner limit bounds what an agent that only sends heartbeats can cost. */
const lastValues = (agentIds: readonly string[], metric: (typeof MAIN_METRICS)[number]) => sql`
  SELECT a.value AS id, (
    SELECT json_group_array(v) FROM (
      SELECT json_extract(e.body, ${`$.${metric}`}) AS v
      FROM (SELECT seq FROM agent_events WHERE agent_id = a.value ORDER BY seq DESC LIMIT ${LOOK_BACK}) w
      CROSS JOIN agent_events e ON e.seq = w.seq
      WHERE (e.kind = 'model_call' OR (e.kind = 'run_end' AND e.run_id IS NULL)) AND v IS NOT NULL
      LIMIT ${VALUES})
  ) AS series
  FROM json_each(${JSON.stringify(agentIds)}) a`;
