import { and, eq, gte, inArray, isNull, sql } from "drizzle-orm";
import type { Db } from "../client";
import { agents, directives, streamEvents } from "../schema";

/** Agents of one type that share a key. */
export interface AgentGroup {
  type: string;
  keyId: string | null;
  live: number;
  held: number;
  /** At work, and nothing is suspected of them. */
  healthy: number;
}

/** As `isHealthyAtWork` of `lib/core/agents/limits.ts`. */
export const healthyAtWork = sql`${agents.state} IN ('healthy', 'learning') AND ${agents.liveness} = 'live' AND NOT ${agents.paused}`;

/** How many agents of each type and key are held, among those that are, or that reported since `liveSince` (epoch ms). */
export async function countHeld(db: Db, liveSince: number): Promise<AgentGroup[]> {
  const held = sql`${agents.state} IN ('quarantined', 'healing', 'exhausted')`;
  return db
    .select({
      type: agents.type,
      keyId: agents.keyId,
      live: sql<number>`count(*)`,
      held: sql<number>`sum(${held})`,
      healthy: sql<number>`sum(${healthyAtWork})`,
    })
    .from(agents)
    .where(and(sql`(${agents.lastSeenAt} >= ${liveSince} OR ${held})`, isNull(agents.retiredAt)))
    .groupBy(agents.type, agents.keyId);
}

/** Automatic holds since a moment (epoch ms), by the key of the agent. */
export async function countAutomaticHolds(db: Db, since: number): Promise<Map<string | null, number>> {
  const rows = await db
    .select({ keyId: agents.keyId, n: sql<number>`count(*)` })
    .from(streamEvents)
    .leftJoin(agents, eq(agents.id, streamEvents.agentId))
    .where(
      and(
        eq(streamEvents.type, "agent.quarantined"),
        gte(streamEvents.at, since),
        sql`json_extract(${streamEvents.data}, '$.auto')`,
      ),
    )
    .groupBy(agents.keyId);
  return new Map(rows.map(({ keyId, n }) => [keyId, n]));
}

/** Quarantines and pauses in force that have not been seen enforced, with their agents. */
export const listUnenforcedHolds = (db: Db) =>
  db
    .select({ agent: agents, directive: directives })
    .from(directives)
    .innerJoin(agents, and(eq(agents.id, directives.agentId), eq(agents.directiveVersion, directives.version)))
    .where(and(isNull(directives.enforcedAt), inArray(directives.status, ["quarantined", "paused"])));
