import { sql } from "drizzle-orm";
import type { Db } from "../client";

/** Of an agent's runs begun since a time: how many have ended, and how many of them a cap on calls ended. */
export async function countRunEnds(
  db: Db,
  agentId: string,
  since: number,
): Promise<{ ended: number; limited: number }> {
  const [row] = await db.all<{ ended: number; limited: number | null }>(sql`
    SELECT count(*) AS ended, sum(outcome = 'limited') AS limited FROM runs
    WHERE agent_id = ${agentId} AND started_at >= ${since} AND ended_at IS NOT NULL`);
  return { ended: row?.ended ?? 0, limited: row?.limited ?? 0 };
}
